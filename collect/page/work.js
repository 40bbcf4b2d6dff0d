// Shows the pages of an assignment, one after the other.

import { Api } from "./api.js";
import { browse } from "./browse.js";
import { byId, h, prose, say } from "./dom.js";
import { Images } from "./images.js";
import { Queue } from "./queue.js";
import { Recorder } from "./recorder.js";
import { stopDialog } from "./stop.js";
import { tag } from "./tag.js";
import { texts } from "./texts.js";

/** @typedef {{key: string, width: number, height: number}} Slot */
/** @typedef {{page: string, number: number, attempts: number, submitted: boolean, class: any, slots: Slot[]}} Page */
/** @typedef {{name: string, icons: {name: string, key?: string}[]}} Superclass */
/** @typedef {{assignment: string, record: import("./recorder.js").Record, task: "browse" | "tag", pages: Page[],
 *    superclasses?: Superclass[], placing?: "drag" | "both"}} Lease */
/** @typedef {{name: string, pointer: import("./mark.js").PointerArm, reveal: "always" | "hover", instruction: string, magnifier: "none" | "drag"}} Arm */
/**
 * @typedef {object} Context what an interface gets
 * @property {Lease} lease
 * @property {Arm} arm
 * @property {Recorder} recorder
 * @property {{show: ReturnType<Images["shower"]>, url: (key: string) => string}} images
 * @property {any} draft what keep was called with before a reload, or null
 * @property {AbortSignal} signal of the end of the page
 * @property {(state: any) => void} keep keeps the state of the answer
 */
/**
 * @typedef {object} Screen what an interface gives
 * @property {string} title
 * @property {(Node | string | false | undefined)[]} head
 * @property {HTMLElement} body
 * @property {Node} foot stands next to the submit button
 * @property {HTMLElement[]} slots the images
 * @property {() => any} answer
 * @property {() => string} refusal why the page cannot be submitted yet, or an empty string
 */

/**
 * Works through a lease; returns how the annotator left, or null when all pages are done.
 * @param {Api} api @param {Queue} queue @param {any} study @param {Lease} lease @param {Arm} arm
 * @param {(page: string) => void} current is told of the page that is shown
 * @returns {Promise<null | {what: string, delete?: boolean}>}
 */
export async function work(api, queue, study, lease, arm, current) {
  const images = new Images(api);
  const keys = (/** @type {Page} */ p) => p.slots.map(s => s.key);
  const open = lease.pages.filter(p => !p.submitted && !queue.drafts.get(p.page)?.done);
  for (const page of open) {
    const ahead = open.slice(open.indexOf(page) + 1).flatMap(keys);
    current(page.page);
    const left = await show(api, queue, study, lease, arm, page, images, () => images.fetch(ahead));
    if (left) return left;
    images.release(keys(page));
  }
  return null;
}

/**
 * Shows a page until it is submitted, or left.
 * @param {Api} api @param {Queue} queue @param {any} study @param {Lease} lease @param {Arm} arm @param {Page} page
 * @param {Images} images @param {() => void} loaded called when the images of the page are there
 */
async function show(api, queue, study, lease, arm, page, images, loaded) {
  const before = queue.drafts.get(page.page);
  const attempt = Math.max(page.attempts, before?.attempt ?? 0) + 1;
  /** @type {import("./disk.js").Draft} */
  const draft = { page: page.page, assignment: lease.assignment, attempt, done: false, answer: before?.answer ?? null };
  await queue.draft(draft);
  const recorder = new Recorder(queue, { assignment: lease.assignment, page: page.page, attempt }, lease.record);
  const end = new AbortController();
  let pending = page.slots.length;
  const shower = images.shower(recorder, end.signal);
  const screen = (lease.task === "tag" ? tag : browse)(page, {
    lease, arm, recorder, draft: draft.answer, signal: end.signal,
    images: {
      show: (image, key, slot, shown) => shower(image, key, slot, failed => {
        shown(failed);
        if (--pending === 0) loaded();
      }),
      url: key => api.image(key),
    },
    keep: state => {
      draft.answer = state;
      setTimeout(() => { if (!end.signal.aborted) queue.draft(draft); });
    },
  });

  const result = await new Promise(resolve => {
    const refusal = h("p", { class: "refusal", role: "alert" });
    const remark = h("textarea", { rows: "2", maxlength: "1000", "aria-label": texts.remarkLabel });
    const submit = h("button", { class: "main", type: "button", "data-target": "button:submit", onclick: () => {
      refusal.textContent = screen.refusal();
      if (refusal.textContent) return;
      if (remark.value.trim()) recorder.push("notes", recorder.us(), "remark", remark.value.trim());
      resolve(null);
    } }, texts.submit);
    const number = texts.page(page.number + 1, lease.pages.length);
    document.title = `${number} – ${study.title}`;
    header(study, number, page.number / lease.pages.length, recorder);
    byId("main").className = lease.task;
    byId("main").replaceChildren(
      h("div", { class: "head" }, h("h1", {}, screen.title), .../** @type {Node[]} */ (screen.head)),
      screen.body,
      h("div", { class: "end" }, screen.foot, refusal, submit,
        h("details", {}, h("summary", { "data-target": "button:remark" }, texts.remark), remark)));
    footer(lease.record.level, study, async () => {
      const what = await stopDialog();
      if (what) resolve(what);
    });
    scrollTo(0, 0);
    byId("main").focus({ preventScroll: true });
    say(number);
    recorder.show(screen.slots, attempt > 1);
  });

  const events = recorder.end();
  end.abort();
  if (result) return result;
  draft.answer = screen.answer();
  await queue.submit(draft, events);
  say(texts.submitted);
  return null;
}

/** @param {any} study @param {string} number @param {number} share @param {Recorder} recorder */
function header(study, number, share, recorder) {
  const bar = h("progress", { value: share, max: "1", "aria-hidden": "true" });
  byId("top").replaceChildren(
    h("span", { class: "name" }, study.title),
    h("span", { class: "where" }, number, bar),
    h("button", { type: "button", class: "plain", "data-target": "button:instructions", onclick: (/** @type {MouseEvent} */ e) => {
      recorder.push("notes", recorder.us(e.timeStamp), "link", "instructions");
      const dialog = h("dialog", { "aria-label": texts.instructions, onclose: () => dialog.remove() }, prose(study.texts.instructions),
        h("button", { type: "button", class: "main", onclick: () => dialog.close() }, texts.close));
      document.body.append(dialog);
      dialog.showModal();
    } }, texts.instructions));
}

/** @param {"full" | "events" | "answers"} level @param {any} study @param {() => void} stop */
function footer(level, study, stop) {
  byId("foot").replaceChildren(h("p", {}, texts.quiet[level], " ",
    h("button", { type: "button", class: "link", "data-target": "button:stop", onclick: stop }, texts.stop), "."),
  study.contact ? h("p", {}, texts.contact(study.contact)) : "");
}
