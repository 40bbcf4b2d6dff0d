// The interface for browsing: a grid of images of which those are selected that contain the class.

import { h, p } from "./dom.js";
import { texts } from "./texts.js";

/** Makes the screen of a page. */
export function show(page, { lease: { measures }, arm, mark, recorder, image: load, draft, signal, keep }) {
  const selected = new Map(draft?.marks); // slot to where the dot stays
  const total = page.slots.length;
  const count = h("p", { class: "count" });
  const keepAll = () => {
    count.textContent = texts.selected(selected.size);
    keep({ marks: [...selected] });
  };

  const slots = page.slots.map((slot, i) => {
    const scale = Math.min(1, measures.width / slot.width, measures.height / slot.height); // not enlarged
    const image = h("img", { alt: "", "data-target": "slot:" + i, draggable: "false", width: Math.round(slot.width * scale), height: Math.round(slot.height * scale) });
    const button = h("button", {
      class: "slot", type: "button", "aria-label": texts.image(i + 1, total), "aria-pressed": String(selected.has(i)),
      onclick: e => {
        if (button.classList.contains("failed")) return;
        const { t, x, y, via } = recorder.click(e);
        const chosen = !selected.has(i);
        recorder.push("choices", t, chosen ? "select" : "deselect", i, x, y, via);
        button.setAttribute("aria-pressed", String(chosen));
        const r = button.getBoundingClientRect();
        const place = chosen && via !== "key" ? { x: (e.clientX - r.x) / r.width, y: (e.clientY - r.y) / r.height } : null;
        chosen ? selected.set(i, place) : selected.delete(i);
        mark?.stay(arm.pointer, button, place);
        keepAll();
      },
    }, image);
    mark?.stay(arm.pointer, button, selected.get(i) ?? null);
    const broken = h("span", { class: "broken", hidden: true }, texts.broken);
    button.append(broken);
    load(image, slot.key, i, failed => {
      broken.hidden = !failed;
      button.classList.toggle("failed", failed);
      button.setAttribute("aria-label", texts.image(i + 1, total) + (failed ? ": " + texts.broken : ""));
    });
    return { button, image };
  });

  const grid = h("div", {
    class: "grid" + (arm.reveal === "hover" ? " reveal" : ""), role: "group", "aria-label": texts.images,
    onkeydown: e => {
      const at = slots.findIndex(s => s.button === e.target);
      const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length, step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[e.key];
      const to = slots[at + step];
      if (at < 0 || !to) return;
      e.preventDefault();
      to.button.focus();
    },
  }, ...slots.map(s => h("div", {}, s.button)));

  const { name, definition, links = [], synonyms = [] } = page.class;
  const words = (arm.instruction === "click-the-object" ? texts.askObject : texts.ask)(name);
  mark?.follow(arm.pointer, ".slot", signal);
  count.textContent = texts.selected(selected.size);
  return {
    title: name,
    head: [
      synonyms.length > 0 && p(texts.also + synonyms.join(", "), "soft"),
      definition && p(definition),
      h("p", { class: "ask" }, words[0], h("strong", {}, words[1]), words[2], " ", h("span", { class: "soft" }, texts.photographs)),
      links.length > 0 && h("p", {}, ...links.flatMap(l => [h("a", {
        href: l, target: "_blank", rel: "noopener noreferrer", "data-target": "link",
        onclick: e => recorder.push("notes", recorder.us(e.timeStamp), "link", l),
      }, texts.moreAt(new URL(l).host)), " "])),
    ],
    body: grid,
    foot: count,
    slots: slots.map(s => s.image),
    answer: () => ({ selected: [...selected.keys()].sort((a, b) => a - b) }),
    refusal: () => "",
  };
}
