// The way of an annotator: landing, consent, instructions, pages, end.

import { Api, Refused, passing } from "./api.js";
import { device } from "./device.js";
import { Disk } from "./disk.js";
import { byId, h, prose, say } from "./dom.js";
import { Queue } from "./queue.js";
import { onlyTab } from "./tab.js";
import { speak, texts } from "./texts.js";
import { work } from "./work.js";

const LEVELS = /** @type {const} */ (["answers", "events", "full"]);
const BEAT = 20000; // ms

const api = new Api();
const study = decodeURIComponent(location.pathname.split("/").filter(Boolean).pop() ?? "");
const store = "abtool-collect " + study;

/** @type {any} */
let visit;
/** The clock of the server as the fastest beat saw it. @type {{offset: number | null, delay: number | null}} */
const clock = { offset: null, delay: null };
let page = "";

/** Shows a screen of text. @param {string} title @param {...(Node | string | null | false)} children */
function screen(title, ...children) {
  byId("top").replaceChildren(visit?.study ? h("span", { class: "name" }, visit.study.title) : "");
  byId("foot").replaceChildren(visit?.study?.contact ? h("p", {}, texts.contact(visit.study.contact)) : "");
  byId("main").className = "text";
  byId("main").replaceChildren(h("h1", {}, title), .../** @type {Node[]} */ (children.filter(Boolean)));
  document.title = visit?.study ? `${title} – ${visit.study.title}` : title;
  scrollTo(0, 0);
  byId("main").focus({ preventScroll: true });
}

/** Shows a screen with a button, and waits for it. @param {string} title @param {string} label @param {...(Node | string | null | false)} children */
const step = (title, label, ...children) => new Promise(resolve => {
  screen(title, ...children, h("p", { class: "next" }, h("button", { class: "main", type: "button", onclick: resolve }, label)));
});

/** Shows an error, and lets the annotator try again. @param {any} e */
function fail(e) {
  api.oops(String(e?.stack ?? e));
  const code = e instanceof Refused ? e.code : "script";
  screen(texts.problem, h("p", {}, texts.codes[code] ?? texts.problemText), h("p", {}, h("code", {}, code)),
    h("p", { class: "next" }, h("button", { class: "main", type: "button", onclick: () => location.reload() }, texts.again)));
}

/** Shows a line on top of the page, or removes it. @param {string} text */
function notice(text) {
  let line = document.getElementById("notice");
  if (!text) return line?.remove();
  if (line?.textContent === text) return;
  line ??= byId("top").insertAdjacentElement("afterend", h("p", { id: "notice", role: "status" }));
  line.textContent = text;
}

const waiting = () => notice(texts.connecting);

/** @param {string} path @param {any} body */
async function post(path, body) {
  const answer = await api.insist(path, body, waiting);
  notice("");
  return answer;
}

/** Begins or resumes the visit. @param {Record<string, string>} params */
async function begin(params) {
  const { platform = "link", ...rest } = params;
  visit = await api.insist("visit", { platform, params: rest, device: device() }, waiting);
  api.token = visit.token;
  remember({ token: visit.token });
}

/** @param {object} more what a reload of this tab has to know */
function remember(more) {
  try {
    sessionStorage.setItem(store, JSON.stringify({ ...recall(), ...more }));
  } catch { /* refused by the browser: a reload begins a new visit */ }
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(store) ?? "{}");
  } catch {
    return {};
  }
}

async function start() {
  await speak(navigator.language);
  const given = Object.fromEntries(new URLSearchParams(location.search));
  const kept = recall();
  const params = Object.keys(given).length > 0 ? given : kept.params ?? {};
  if (JSON.stringify(params) === JSON.stringify(kept.params)) api.token = kept.token ?? "";
  remember({ params, token: api.token });
  history.replaceState(null, "", location.pathname);
  await onlyTab(study, () => /** @type {Promise<void>} */ (step(texts.otherTab, texts.takeOver)), () => {
    lost = true;
    queue?.halt();
    screen(texts.takenOver);
  });
  screen(texts.loading);
  api.renew = async () => { api.token = ""; await begin(params); };
  await begin(params);
  notice("");
  await speak(visit.study?.language ?? navigator.language);
  if (visit.state === "consent") await landing();
  else if (visit.state === "work") await assignments(false);
  else if (visit.state === "done") await finish(null, null);
  else if (visit.state === "preview") screen(visit.study.title, h("p", { class: "boxed" }, texts.preview), prose(visit.study.texts.landing), prose(visit.study.texts.instructions));
  else if (visit.state === "full") screen(texts.noMore);
  else screen(visit.study?.title ?? texts.problem, h("p", {}, visit.reason ?? texts.noMore));
}
let lost = false;
/** @type {Queue | null} */
let queue = null;

async function landing() {
  const { study: s, levels } = visit;
  const most = /** @type {"full"} */ (levels.allows);
  await step(s.title, texts.next, prose(s.texts.landing),
    h("h2", {}, texts.duration), h("p", {}, texts.about(s.pages, s.minutes)),
    h("h2", {}, texts.recorded), h("p", {}, texts.records[most], " ", texts.nothingElse), h("p", {}, texts.voluntary));
  await consent();
}

async function consent() {
  const { consent: c, levels } = visit;
  const offered = LEVELS.slice(LEVELS.indexOf(levels.needs), LEVELS.indexOf(levels.allows) + 1).reverse();
  const choice = (/** @type {typeof LEVELS[number]} */ l, /** @type {number} */ i) => h("label", {},
    h("input", { type: "radio", name: "level", value: l, checked: i === 0 }), h("span", {}, h("strong", {}, texts.levels[l]), h("br"), texts.records[l]));
  const form = h("form", {}, h("fieldset", { hidden: offered.length < 2 }, h("legend", {}, texts.level), ...offered.map(choice)));
  const agreed = await new Promise(resolve => screen(texts.consent, prose(c.html, "prose boxed"), form,
    h("p", { class: "next" },
      h("button", { class: "main", type: "button", onclick: () => resolve(true) }, texts.agree),
      h("button", { type: "button", onclick: () => resolve(false) }, texts.disagree))));
  const level = String(new FormData(form).get("level") ?? offered[0]);
  try {
    const answer = await post("consent", { version: c.version, sha256: c.sha256, agreed, level });
    if (!agreed) return screen(visit.study.title, h("p", {}, texts.noConsent));
    Object.assign(visit, answer);
  } catch (e) {
    if (!(e instanceof Refused) || e.code !== "consent_changed") throw e;
    visit.consent = e.body.consent;
    notice(texts.changed);
    return consent();
  }
  await assignments(true);
}

/** Shows the instructions, and returns for how long they were visible, in ms. */
async function instructions() {
  let visible = 0, since = document.hidden ? 0 : performance.now();
  const change = () => {
    if (since) visible += performance.now() - since;
    since = document.hidden ? 0 : performance.now();
  };
  document.addEventListener("visibilitychange", change);
  await step(texts.instructions, texts.begin, prose(visit.study.texts.instructions));
  document.removeEventListener("visibilitychange", change);
  change();
  return Math.round(visible);
}

/** Works through assignments. @param {boolean} instruct */
async function assignments(instruct) {
  const disk = await Disk.open();
  for (;;) {
    const lease = await post("lease", instruct ? { read_ms: await instructions() } : {});
    instruct = false;
    if (!lease.assignment) return screen(texts.noMore, codeOf(visit.participation));
    const q = queue = new Queue(api, disk);
    q.changed = () => tell(q);
    await q.resume(lease.assignment);
    const stop = beats();
    const left = await work(api, q, visit.study, lease, visit.arm, p => { page = p; tell(q); });
    if (lost) return;
    page = "";
    if (left) {
      stop();
      return await leave(q, lease.assignment, left);
    }
    const next = await finish(q, lease);
    stop();
    if (!next) return;
  }
}

/** Says what waits to be sent, or cannot be. @param {Queue} q */
function tell(q) {
  const late = q.pages > (q.trouble ? 0 : 1);
  const lines = [
    q.trouble && (q.trouble instanceof Refused ? texts.serverBusy : texts.offline),
    late && texts.waiting(q.pages) + ".",
    q.refused.length > 0 && texts.refused(q.refused.join(", ")),
    !q.disk.durable && texts.memory,
  ];
  notice(lines.filter(Boolean).join(" "));
}

/** Sends beats until it is stopped, and one when the page is left. */
function beats() {
  const beat = async (/** @type {boolean} */ leaving) => {
    const sent = performance.timeOrigin + performance.now();
    try {
      const { body } = await api.send("POST", "beat",
        { token: api.token, sent, monotonic: performance.now(), page, leaving, ...clock }, { keepalive: leaving });
      const back = performance.timeOrigin + performance.now();
      const delay = (back - sent - (body.sent - body.received)) / 2;
      if (clock.delay === null || delay < clock.delay) Object.assign(clock, { delay, offset: (body.received - sent + body.sent - back) / 2 });
    } catch { /* the next one will do */ }
  };
  const end = new AbortController();
  const timer = setInterval(() => beat(false), BEAT);
  addEventListener("pagehide", () => beat(true), { signal: end.signal });
  beat(false).then(() => beat(false)); // the second one tells what the first one found
  return () => {
    clearInterval(timer);
    end.abort();
  };
}

/** @param {string | null} participation */
const codeOf = participation => participation ? h("div", {}, h("h2", {}, texts.participation),
  h("p", { class: "code" }, participation), h("p", { class: "soft" }, texts.participationWhy)) : null;

/**
 * Waits until everything is stored, and shows the code. Returns whether the annotator wants another assignment.
 * @param {Queue | null} q @param {import("./work.js").Lease | null} lease
 */
async function finish(q, lease) {
  screen(texts.thanks, h("p", {}, texts.sending));
  await q?.empty();
  let answer;
  try {
    answer = await post("finish", {});
  } catch (e) {
    if (!(e instanceof Refused) || e.code !== "incomplete" || !q || !lease || q.refused.length > 0) throw e;
    for (const draft of q.drafts.values()) {
      if (e.body.open?.includes(draft.page)) await q.draft({ ...draft, done: false });
    }
    await step(texts.incomplete, texts.goOn);
    return true;
  }
  await q?.close();
  const copied = h("span", { role: "status" });
  const copy = h("button", { type: "button", onclick: async () => {
    await navigator.clipboard.writeText(answer.code);
    copied.textContent = texts.copied;
  } }, texts.copy);
  return await new Promise(resolve => {
    screen(texts.thanks, prose(visit.study.texts.end ?? ""),
      answer.code && h("h2", {}, texts.code), answer.code && h("p", { class: "code" }, answer.code, " ", copy, " ", copied),
      codeOf(answer.participation), answer.more
        ? h("p", { class: "next" }, h("button", { class: "main", type: "button", onclick: () => resolve(true) }, texts.another))
        : h("p", {}, texts.canClose));
    if (!answer.more) resolve(false);
  });
}

/** @param {Queue} q @param {string} assignment @param {{what: string, delete?: boolean}} message */
async function leave(q, assignment, message) {
  screen(texts.stopTitle, h("p", {}, texts.stopping));
  /** @type {any} */
  const answer = await new Promise(resolve => {
    q.left = resolve;
    q.leave(assignment, message);
  });
  await q.close();
  screen(texts.thanks, h("p", {}, message.delete ? texts.deleted : texts.stopped),
    message.delete ? null : codeOf(answer?.participation ?? visit.participation), h("p", {}, texts.canClose));
}

addEventListener("beforeunload", e => { if (!lost && queue && queue.items.length > 0) e.preventDefault(); });
addEventListener("error", e => api.oops(`${e.message} ${e.filename}:${e.lineno}`));
addEventListener("unhandledrejection", e => api.oops(String(e.reason?.stack ?? e.reason)));
start().catch(fail);
