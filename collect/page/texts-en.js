// What the page says in English.

const count = (n, one, many) => n === 1 ? `1 ${one}` : `${n} ${many}`;

const kept = "You can go on; your work is kept here until it can be sent.";
const icons = "Click on a placed icon to remove it. Left and right arrow keys change the group.";

export default {
  loading: "One moment …",
  next: "Continue",
  again: "Try again",
  close: "Close",
  contact: who => `Questions? ${who}`,

  about: (pages, minutes) => `${count(pages, "page", "pages")}, about ${count(minutes, "minute", "minutes")}`,
  recorded: "What is recorded",
  voluntary: "Taking part is voluntary. You can stop on every page, and have what was recorded deleted.",
  records: {
    full: "Your answers, when you gave them, and how the pointer moves over the page.",
    events: "Your answers, when you gave them, clicks, keys that the page uses, and scrolling. Not how the pointer moves.",
    answers: "Your answers and when you gave them.",
  },
  nothingElse: "Nothing from other pages or programs, and nothing that you type elsewhere.",

  consent: "Your agreement",
  level: "What may be recorded?",
  levels: { full: "Everything", events: "Without the movement of the pointer", answers: "Only my answers" },
  agree: "I agree",
  disagree: "I do not agree",
  changed: "The text has changed in the meantime. Please read it again.",
  noConsent: "You did not agree, so nothing was recorded. You can close this page.",

  instructions: "What to do",
  begin: "Begin",
  goOn: "Go on",

  page: (n, of) => `Page ${n} of ${of}`,
  quiet: { full: "This page records how the pointer moves.", events: "This page records clicks and scrolling.", answers: "This page records your answers." },
  stop: "Stop or delete",
  submit: "Submit this page",
  submitted: "Submitted.",
  remark: "Something wrong with this page? Leave a remark",
  remarkLabel: "Remark (optional)",

  ask: name => ["Select all images that contain ", name, "."],
  askObject: name => ["Select all images that contain ", name, ". Click on the object itself."],
  photographs: "Photographs only: no drawings, paintings or renderings.",
  also: "Also called: ",
  moreAt: host => `${host} (opens a new tab)`,
  images: "Images",
  image: (n, of) => `Image ${n} of ${of}`,
  broken: "This image could not be loaded",
  selected: n => count(n, "image selected", "images selected"),

  askTag: "Place an icon on each kind of object that you see in the image.",
  howTag: {
    drag: `Drag an icon onto the object. ${icons}`,
    both: `Drag an icon onto the object, or click on the icon and then on the object. ${icons}`,
  },
  photo: "The image",
  group: (name, n, of) => `${name}, group ${n} of ${of}`,
  previous: "Previous group",
  following: "Next group",
  contains: "Image contains",
  nothing: "nothing yet",
  placed: name => `${name}, on the image; press to remove, or M to move`,
  isPlaced: name => `${name}, placed`,
  holding: name => `${name}: click where it is, or move it with the arrow keys and press Enter. Escape lays it back.`,
  put: name => `${name} placed.`,
  taken: name => `${name} removed.`,
  unseen: n => `Look through all groups first: ${count(n, "group is", "groups are")} left.`,

  waiting: n => `${count(n, "page waits", "pages wait")} to be sent.`,
  offline: `No connection. ${kept}`,
  serverBusy: `The server does not answer. ${kept}`,
  refused: codes => `Something could not be stored. Please tell those who run the study: ${codes}.`,
  memory: "This browser keeps nothing when the page is closed, perhaps because it is a private window. Please leave the page open until the end.",
  connecting: "The study does not answer. Trying again …",

  pause: "You can also close this page and come back later with the same link: you then go on where you stopped.",
  stopKeep: "Stop, and keep what I did",
  stopDelete: "Stop, and delete what I did",
  sure: "Delete all that was recorded from you in this study? This cannot be undone.",
  sureYes: "Delete it",
  back: "Back to the page",
  stopped: "You have stopped. What you did is kept.",
  deleted: "You have stopped. What was recorded is deleted.",
  stopping: "Your wish is being sent. Please leave this page open until it has arrived.",

  sending: "The last pages are being sent. Please leave this page open.",
  thanks: "Thank you!",
  code: "Your completion code",
  copy: "Copy",
  copied: "Copied.",
  participation: "Your participation code",
  participationWhy: "Keep it if you may want to have your data deleted later. It does not tell who you are.",
  another: "Do another set of pages",
  incomplete: "Some pages are missing on the server, and have to be done again.",
  noMore: "There is nothing left to do at the moment. Thank you for your interest.",
  canClose: "You can close this page.",

  preview: "This is a preview. Accept the task to begin; nothing is recorded until then.",
  otherTab: "The study is open in another tab or window. Please go on there.",
  takeOver: "Go on here instead",
  takenOver: "The study goes on in another tab or window. You can close this one.",
  problem: "Something went wrong",
  problemText: "Your work so far is kept. Please try again in a moment. If it does not help, tell those who run the study this code:",
  codes: ({
    no_study: "There is no study at this address. Please check the link.",
    no_invitation: "Please open the link that you were given; a part of it is missing.",
    bad_invitation: "This link is not valid. Please check that it is complete.",
    device: "This study needs a mouse or a touchpad. Please open the link on a computer.",
  }),
};
