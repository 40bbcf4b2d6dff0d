// Shows the pages of an assignment, one after the other. Types of what is passed on are in types.d.ts.

import { button, dialog, fill, h, p, prose, say } from "./dom.js";
import { Images } from "./images.js";
import { Recorder } from "./recorder.js";
import { stopDialog } from "./stop.js";
import { texts } from "./texts.js";

/** Works through a lease; returns how the annotator left, or null when all pages are done. Current is told of each page. */
export async function work(api, queue, study, lease, current) {
  const { show } = await (lease.task === "tag" ? import("./tag.js") : import("./browse.js"));
  const mark = lease.pages.every(({ arm }) => arm.pointer === "default" && arm.magnifier === "none") ? null : await import("./mark.js");
  for (const [name, value] of Object.entries(lease.measures)) document.documentElement.style.setProperty("--" + name, value);
  const images = new Images(api);
  const keys = page => page.slots.map(s => s.key);
  const open = lease.pages.filter(page => !page.submitted && !queue.drafts.get(page.page)?.done);
  for (const page of open) {
    const ahead = open.slice(open.indexOf(page) + 1).flatMap(keys);
    current(page.page);
    const left = await one(show, mark, queue, study, lease, page, images, () => images.fetch(ahead));
    if (left) return left;
    images.release(keys(page));
  }
  return null;
}

/** Shows a page until it is submitted, or left. Loaded is called when its images are there. */
async function one(show, mark, queue, study, lease, page, images, loaded) {
  const { assignment, record, pages } = lease;
  const before = queue.drafts.get(page.page);
  const attempt = Math.max(page.attempts, before?.attempt ?? 0) + 1;
  const draft = { page: page.page, assignment, attempt, done: false, answer: before?.answer ?? null };
  await queue.draft(draft);
  const end = new AbortController();
  const recorder = new Recorder(queue, { assignment, page: page.page, attempt }, record, end.signal);
  let pending = page.slots.length;
  const screen = show(page, {
    lease, arm: page.arm, mark, recorder, draft: draft.answer, signal: end.signal,
    image: images.loader(recorder, end.signal, () => { if (--pending === 0) loaded(); }),
    url: key => images.url(key),
    keep: state => {
      draft.answer = state;
      setTimeout(() => { if (!end.signal.aborted) queue.draft(draft); });
    },
  });

  const left = await new Promise(resolve => {
    const refusal = h("p", { class: "refusal", role: "alert" });
    const remark = h("textarea", { rows: "2", maxlength: "1000", "aria-label": texts.remarkLabel });
    const submit = () => {
      refusal.textContent = screen.refusal();
      if (refusal.textContent) return;
      if (remark.value.trim()) recorder.push("notes", recorder.us(), "remark", remark.value.trim());
      resolve(null);
    };
    const instructions = e => {
      recorder.push("notes", recorder.us(e.timeStamp), "link", "instructions");
      const d = dialog(texts.instructions, () => {}, h("h2", {}, texts.instructions), prose(study.texts.instructions), button(texts.close, () => d.close(), "main"));
    };
    const stop = async () => {
      const what = await stopDialog();
      if (what) resolve(what);
    };
    const at = pages.indexOf(page), number = texts.page(at + 1, pages.length);
    fill(lease.task, `${number} – ${study.title}`, [
      h("span", { class: "name" }, study.title),
      h("span", { class: "where" }, number, h("progress", { value: at / pages.length, max: "1", "aria-hidden": "true" })),
      button(texts.instructions, instructions, "plain", "instructions"),
    ], [
      h("div", { class: "head" }, h("h1", {}, screen.title), ...screen.head),
      screen.body,
      h("div", { class: "end" }, screen.foot, refusal, button(texts.submit, submit, "main", "submit"),
        h("details", {}, h("summary", { "data-target": "button:remark" }, texts.remark), remark)),
    ], [
      h("p", {}, texts.quiet[record.level], " ", button(texts.stop, stop, "link", "stop"), "."),
      study.contact && p(texts.contact(study.contact)),
    ]);
    say(number);
    recorder.show(screen.slots, attempt > 1);
  });

  const events = recorder.end();
  end.abort();
  if (left) return left;
  draft.answer = screen.answer();
  await queue.submit(draft, events, screen.slots.filter(i => i.naturalWidth > 0).length);
  say(texts.submitted);
  return null;
}
