// What those read who come from a platform, in English.

export default {
  left: "One step is left",
  redirect: name => `Go back to ${name}, so that your participation is counted there.`,
  form: name => `Submit your work to ${name}, so that you are paid.`,
  go: { redirect: name => `Go back to ${name}`, form: name => `Submit to ${name}` },
  code: name => `If that does not work, give ${name} this code: `,
  soon: seconds => `This happens by itself in ${seconds} seconds. `,
  stay: "Stay here",
  return: name => `Please return or cancel the task on the page of ${name}, so that somebody else can have it.`,
  tab: name => `Go back to the tab with the page of ${name}. It goes on there by itself. You can close this one.`,

  narrow: "Please open the study in a tab",
  narrowWhy: "There is not enough room for the images here. Open the study in a tab of your browser, and leave this page open: when you are done, your work is submitted from here.",
  open: "Open in a tab",
  waiting: "Waiting until the work in the tab is done …",
  ended: "You have stopped",
  otherwise: "If you do not want to take part, return the task on this page.",

  sample: "What a page looks like",
  placeholders: "The grey images stand for those that you will see.",
};
