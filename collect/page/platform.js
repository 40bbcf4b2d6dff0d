// For those who come from a platform: the way back, a tab in place of a narrow frame, and the preview.

import { button, h, next, p, prose } from "./dom.js";
import { platformTexts } from "./texts.js";

const WAIT = 15; // s, until the way back is taken
const ASK = 5000; // ms, between questions whether the tab is done

const texts = await platformTexts();

/** Returns what shows the way back, which is taken after a while. */
export function back({ kind, platform, url, fields = {}, code }) {
  if (kind === "return" || kind === "tab") return p(texts[kind](platform), "boxed");
  const form = h("form", { method: "post", action: url, hidden: true },
    ...Object.entries(fields).map(([name, value]) => h("input", { type: "hidden", name, value })));
  const go = () => {
    clearTimeout(timer);
    if (kind === "form") form.submit();
    else location.assign(url);
  };
  const timer = setTimeout(go, WAIT * 1000);
  const soon = h("p", { class: "soft" }, texts.soon(WAIT), button(texts.stay, () => {
    clearTimeout(timer);
    soon.remove();
  }, "link"));
  return h("div", { class: "boxed" }, h("h2", {}, texts.left), p(texts[kind](platform)), next(button(texts.go[kind](platform), go, "main")), soon,
    code && h("p", { class: "soft" }, texts.code(platform), h("strong", {}, code)), form);
}

/** Lets the study be opened in a tab, and returns when all is done there. */
export async function elsewhere(api, params, screen) {
  const url = location.pathname + "?" + new URLSearchParams({ ...params, tab: 1 });
  const waiting = h("p", { role: "status" });
  const open = button(texts.open, () => {
    window.open(url, "_blank", "noopener");
    waiting.textContent = texts.waiting;
  }, "main");
  screen(texts.narrow, p(texts.narrowWhy), next(open), waiting, p(texts.otherwise, "soft"));
  for (let state = ""; state !== "refused";) {
    await new Promise(r => setTimeout(r, ASK));
    try {
      ({ body: { state } } = await api.send("GET", "state"));
      if (state === "done") return;
    } catch (e) {
      if (e.status === 401) state = "refused"; // everything was deleted
    }
  }
  screen(texts.ended, p(texts.otherwise));
  return new Promise(() => {});
}

/** Returns what a preview shows: the task, and a page that does nothing. */
export async function preview(api, study, sample) {
  const { show } = await (sample.task === "tag" ? import("./tag.js") : import("./browse.js"));
  const screen = show(sample.pages[0], {
    lease: sample, arm: {}, recorder: null, draft: null, signal: new AbortController().signal,
    image: image => { image.src = new URL("sample.svg", import.meta.url).href; },
    url: key => api.image(key),
    keep: () => {},
  });
  return [prose(study.texts.landing), prose(study.texts.instructions), h("h2", {}, texts.sample), p(texts.placeholders, "soft"),
    h("div", { class: sample.task + " boxed sample", inert: true }, h("div", { class: "head" }, h("h3", {}, screen.title), ...screen.head.filter(Boolean)), screen.body)];
}
