// The way of an annotator: landing, consent, instructions, pages, end.

import { Api, Refused } from "./api.js";
import { device } from "./device.js";
import { Disk } from "./disk.js";
import { button, byId, fill, h, next, p, prose } from "./dom.js";
import { Queue } from "./queue.js";
import { onlyTab } from "./tab.js";
import { speak, texts } from "./texts.js";
import { work } from "./work.js";

const LEVELS = ["full", "events", "answers"];
const BEAT = 20000; // ms
const NARROW = 1028; // px; a frame has to have so much room

const api = new Api();
const name = decodeURIComponent(location.pathname.split("/").filter(Boolean).pop() ?? "");
const store = "abtool-collect " + name;
let visit = {}, study; // as the server answers
let queue, page = ""; // at work
let take = false; // from another tab or device
let lost = false; // to one

/** Shows a screen of text. */
const screen = (title, ...children) => fill("text", study && study.title !== title ? `${title} – ${study.title}` : title,
  [study && h("span", { class: "name" }, study.title)], [h("h1", {}, title), ...children], [study?.contact && p(texts.contact(study.contact))]);

/** Shows a screen with a button, and waits for it. */
const step = (title, label, ...children) => new Promise(resolve => screen(title, ...children, next(button(label, resolve, "main"))));

const platform = () => import("./platform.js");

/** Returns what shows the way back to the platform, if there is one. */
const backOf = async way => way && (await platform()).back(way);

/** Waits until the study is to go on here, though it is open elsewhere. */
const ask = where => step(texts.elsewhere, texts.takeOver, p(where));

/** Asks again for a consent whose text has changed. Shows other errors, and lets the annotator try again. */
function fail(e) {
  if (e.code === "consent_changed") {
    visit.consent = e.body.consent;
    notice(texts.changed);
    return consent().catch(fail);
  }
  api.oops(String(e?.stack ?? e));
  const code = e instanceof Refused ? e.code : "script", why = texts.codes[code];
  if (why) screen(texts.noEntry, p(why));
  else screen(texts.problem, p(texts.problemText), h("p", {}, h("code", {}, code)), next(button(texts.again, () => location.reload(), "main")));
  backOf(e.body?.back).then(way => way && byId("main").append(way));
}

/** Shows a line at the bottom of the window, or removes it. */
function notice(text) {
  let line = byId("notice");
  if (!text) return line?.remove();
  if (line?.textContent === text) return;
  if (!line) byId("top").after(line = h("p", { id: "notice", role: "status" }));
  line.textContent = text;
}

async function post(path, body) {
  const answer = await api.insist(path, body, () => notice(texts.connecting));
  notice("");
  return answer;
}

/** What a reload of this tab has to know. */
function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(store) ?? "{}");
  } catch {
    return {};
  }
}
function remember(what) {
  try {
    sessionStorage.setItem(store, JSON.stringify(what));
  } catch { /* refused by the browser: a reload begins a new visit */ }
}

/** Begins or resumes the visit. */
async function begin(params) {
  visit = await post("visit", { params, device: device() });
  study = visit.study;
  api.token = visit.token;
  remember({ params, token: visit.token });
}

async function start() {
  await speak(document.documentElement.lang);
  const given = Object.fromEntries(new URLSearchParams(location.search)), kept = recall();
  const params = Object.keys(given).length > 0 ? given : kept.params ?? {};
  if (JSON.stringify(params) === JSON.stringify(kept.params)) api.token = kept.token;
  remember({ params, token: api.token });
  history.replaceState(null, "", location.pathname);
  const narrow = parent !== self && innerWidth < NARROW;
  if (!narrow) take = await onlyTab(name, () => ask(texts.otherTab), lose);
  screen(texts.loading);
  api.renew = async () => { api.token = ""; await begin(params); };
  await begin(params);
  if (narrow && ["consent", "work"].includes(visit.state)) {
    api.renew = null;
    await (await platform()).elsewhere(api, params, screen);
    visit.state = "done";
  }
  switch (visit.state) {
    case "consent": return await landing();
    case "work": return await assignments(false);
    case "done": return await finish(!narrow);
    case "preview": return screen(study.title, p(texts.preview, "boxed"), ...await (await platform()).preview(api, study, visit.sample));
    default: screen(study.title, p(visit.state === "refused" ? texts.noPart : texts.noMore), await backOf(visit.back));
  }
}

/** Ends here what goes on elsewhere. */
function lose() {
  if (lost) return;
  lost = true;
  queue?.halt();
  screen(texts.elsewhere, p(texts.takenOver));
}

async function landing() {
  await step(study.title, texts.next, p(texts.about(study.pages, study.minutes), "soft"), prose(study.texts.landing),
    h("h2", {}, texts.recorded), p(`${texts.records[visit.levels.allows]} ${texts.nothingElse}`), p(texts.voluntary));
  await consent();
}

/** Asks for consent. */
async function consent() {
  const { consent: { version, sha256, html }, levels } = visit;
  const offered = LEVELS.slice(LEVELS.indexOf(levels.allows), LEVELS.indexOf(levels.needs) + 1);
  const form = h("form", {}, h("fieldset", { hidden: offered.length < 2 }, h("legend", {}, texts.level), ...offered.map((l, i) => h("label", {},
    h("input", { type: "radio", name: "level", value: l, checked: i === 0 }), h("span", {}, h("strong", {}, texts.levels[l]), h("br"), texts.records[l])))));
  const agreed = await new Promise(resolve => screen(texts.consent, prose(html, "prose boxed"), form,
    next(button(texts.agree, () => resolve(true), "main"), button(texts.disagree, () => resolve(false)))));
  Object.assign(visit, await post("consent", { version, sha256, agreed, level: new FormData(form).get("level") }));
  if (agreed) await assignments(true);
  else screen(study.title, p(texts.noConsent), await backOf(visit.back) ?? p(texts.canClose));
}

/** Shows the participation code and the instructions, and returns for how long they were visible, in ms. */
async function instructions() {
  let visible = 0, since = performance.now();
  const change = () => {
    if (document.hidden) visible += performance.now() - since;
    since = performance.now();
  };
  document.addEventListener("visibilitychange", change);
  await step(texts.instructions, texts.begin, codeOf(visit.participation), prose(study.texts.instructions));
  document.removeEventListener("visibilitychange", change);
  return Math.round(visible + performance.now() - since);
}

/** Leases an assignment, after a question if another device is at it. */
async function obtain(body) {
  try {
    return await post("lease", { ...body, take });
  } catch (e) {
    if (e.code !== "elsewhere") throw e;
    await ask(texts.otherDevice);
    take = true;
    return await obtain(body);
  }
}

/** Works through assignments. */
async function assignments(instruct) {
  const disk = await Disk.open();
  for (let more = true; more;) {
    const lease = await obtain(instruct ? { read_ms: await instructions() } : {});
    instruct = false;
    if (!lease.assignment) return screen(texts.noMore, codeOf(visit.participation), await backOf(lease.back));
    queue = new Queue(api, disk);
    queue.changed = tell;
    await queue.resume(lease.assignment);
    if (queue.wish) return await leave(lease.assignment, queue.wish); // of a former page
    const stop = beats();
    const left = await work(api, queue, study, lease, of => { page = of; tell(); });
    page = "";
    more = !left && await finish();
    stop();
    if (left) await leave(lease.assignment, left);
  }
}

/** Says what waits to be sent, or cannot be. */
function tell() {
  const { trouble, pages, refused, disk } = queue;
  notice([
    trouble && (trouble instanceof Refused ? texts.serverBusy : texts.offline),
    pages > (trouble ? 0 : 1) && texts.waiting(pages),
    refused.length > 0 && texts.refused(refused.join(", ")),
    !disk.durable && texts.memory,
  ].filter(Boolean).join(" "));
}

const best = { offset: null, delay: null }; // of the clock of the server, as the fastest beat saw it

/** Sends beats until it is stopped, and one when the page is left. */
function beats() {
  const now = () => performance.timeOrigin + performance.now();
  const beat = async leaving => {
    const sent = now();
    try {
      const { body } = await api.send("POST", "beat", { token: api.token, sent, monotonic: performance.now(), page, leaving, ...best }, { keepalive: leaving });
      if (body.taken) lose();
      const back = now(), delay = (back - sent - (body.sent - body.received)) / 2;
      if (best.delay === null || delay < best.delay) Object.assign(best, { delay, offset: (body.received - sent + body.sent - back) / 2 });
    } catch { /* the next one will do */ }
  };
  const end = new AbortController(), timer = setInterval(beat, BEAT, false);
  addEventListener("pagehide", () => beat(true), { signal: end.signal });
  document.addEventListener("visibilitychange", () => document.hidden || beat(false), { signal: end.signal });
  beat(false).then(() => beat(false)); // the second one tells what the first one found
  return () => { clearInterval(timer); end.abort(); };
}

const codeOf = code => code && h("div", {}, h("h2", {}, texts.participation), p(code, "code"), p(texts.participationWhy, "soft"));

/**
 * Waits until everything is stored, and shows the code. Before says that it was all done before this visit. Reports
 * whether there is more to do, and the annotator wants it.
 */
async function finish(before) {
  screen(texts.thanks, p(texts.sending));
  await queue?.empty();
  let answer;
  try {
    answer = await post("finish", {});
  } catch (e) {
    if (e.code !== "incomplete" || !queue || queue.refused.length > 0) throw e;
    for (const draft of queue.drafts.values()) if (e.body.open?.includes(draft.page)) await queue.draft({ ...draft, done: false });
    await step(texts.incomplete, texts.goOn);
    return true;
  }
  await queue?.close();
  const { code, participation, more } = answer, way = await backOf(answer.back), copied = h("span", { role: "status" });
  const copy = button(texts.copy, async () => {
    await navigator.clipboard.writeText(code);
    copied.textContent = texts.copied;
  });
  return await new Promise(resolve => {
    screen(texts.thanks, before ? p(texts.before) : prose(study.texts.end ?? ""), way ?? h("div", {}, h("h2", {}, texts.code), h("p", { class: "code" }, code, " ", copy, " ", copied)),
      codeOf(participation), more ? next(button(texts.another, () => resolve(true), "main")) : !way && p(texts.canClose));
    if (!more) resolve(false);
  });
}

async function leave(assignment, message) {
  screen(texts.stop, p(texts.stopping));
  if (!queue.wish) await queue.leave(assignment, message);
  const answer = await queue.gone;
  api.renew = null; // a late request must not begin a new visit, nor may a reload
  if (message.delete) remember({});
  await queue.close();
  screen(texts.thanks, p(!message.delete ? texts.stopped : answer.partly ? texts.deletedPart : texts.deleted), !message.delete && codeOf(answer.participation),
    await backOf(answer.back) ?? p(texts.canClose));
}

addEventListener("beforeunload", e => { if (!lost && queue?.items.length > 0) e.preventDefault(); });
addEventListener("error", e => api.oops(`${e.message} ${e.filename}:${e.lineno}`));
addEventListener("unhandledrejection", e => api.oops(String(e.reason?.stack ?? e.reason)));
start().catch(fail);
