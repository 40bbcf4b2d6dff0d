// The interface for tagging: icons are placed on the objects in an image.

import { h, say } from "./dom.js";
import { follow } from "./mark.js";
import { texts } from "./texts.js";
/** @typedef {import("./work.js").Page} Page */
/** @typedef {import("./work.js").Screen} Screen */
/** @typedef {import("./work.js").Context} Context */

const HEIGHT = 450, WIDEST = 880; // px
const CLICK = 3; // px; a longer way is a drag
const LOUPE = 80, ZOOM = 1.5; // px, and how much larger
const MILLION = 1e6;

/** @typedef {{x: number, y: number}} Point in fractions of the image */

/** Returns a short form of a name for a small tile. @param {string} name */
const short = name => {
  const words = name.split(/[\s-]+/);
  return words.length > 1 ? words.map(w => w[0]).join("") : name.slice(0, 3);
};

/** @param {Page} page @param {Context} context @returns {Screen} */
export function tag(page, { lease, arm, recorder, images, draft, signal, keep }) {
  const groups = lease.superclasses ?? [], both = lease.placing !== "drag";
  const all = new Map(groups.flatMap((g, hue) => g.icons.map(i => [i.name, { ...i, hue }])));
  /** @type {Map<string, Point>} */
  const placed = new Map(draft?.placed ?? []);
  let step = draft?.step ?? 0, reached = draft?.reached ?? 0;
  /** The icon that was taken without a drag. @type {null | {icon: string, at: Point | null, from: Point | null, via: string}} */
  let held = null;

  let laying = false; // the key that laid an icon is down, and does not press the button that has the focus

  const face = (/** @type {string} */ name, small = false) => {
    const { key, hue = 0 } = all.get(name) ?? {};
    return key ? h("img", { src: images.url(key), alt: "", draggable: "false", class: "face" })
      : h("span", { class: `face tile hue${hue % 11}`, "aria-hidden": "true" }, small ? short(name) : name);
  };

  const slot = page.slots[0];
  const scale = Math.min(HEIGHT / slot.height, WIDEST / slot.width);
  const photo = h("img", { class: "photo", alt: texts.photo, draggable: "false", "data-target": "slot:0",
    width: Math.round(slot.width * scale), height: Math.round(slot.height * scale) });
  const broken = h("p", { class: "broken", hidden: true }, texts.broken);
  const loupe = h("div", { class: "loupe", hidden: true });
  const stage = h("div", { class: "stage" }, photo, broken, loupe);
  const contains = h("ul");
  const panel = h("div", { class: "icons" });
  const name = h("h2", { "aria-live": "polite" });
  const bar = h("progress", { "aria-hidden": "true", max: String(groups.length) });
  const holding = h("p", { class: "held" });
  const ghost = h("div", { class: "ghost", hidden: true, "aria-hidden": "true" });

  images.show(photo, slot.key, 0, failed => { broken.hidden = !failed; });

  /** Returns a place on the image, or null outside of it. @param {{clientX: number, clientY: number}} e @returns {Point | null} */
  const inside = e => {
    const r = photo.getBoundingClientRect(), x = (e.clientX - r.x) / r.width, y = (e.clientY - r.y) / r.height;
    return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
  };

  /** Adds, moves or removes an icon. @param {number} t @param {string} icon @param {Point | null} to @param {string} via */
  function change(t, icon, to, via) {
    const from = placed.get(icon) ?? null, none = { x: 0, y: 0 };
    if (!from && !to) return;
    const { x, y } = from ?? none, p = to ?? none;
    recorder.push("icons", t, !from ? "add" : to ? "move" : "remove", icon, via, x * MILLION, y * MILLION, p.x * MILLION, p.y * MILLION);
    to ? placed.set(icon, to) : placed.delete(icon);
    say((to ? texts.put : texts.taken)(icon));
    draw();
    save();
  }
  const save = () => keep({ placed: [...placed], step, reached });

  /** @param {HTMLElement} button @param {Point} p */
  function put(button, p) {
    button.style.left = p.x * 100 + "%";
    button.style.top = p.y * 100 + "%";
  }

  function draw() {
    for (const b of stage.querySelectorAll(".placed")) if (!placed.has(/** @type {any} */ (b).icon)) b.remove();
    for (const [icon, p] of placed) {
      let button = [.../** @type {NodeListOf<any>} */ (stage.querySelectorAll(".placed"))].find(b => b.icon === icon);
      if (!button) {
        stage.append(button = handle(icon, "image", h("button", { class: "placed", type: "button", title: icon, "aria-label": texts.placed(icon) }, face(icon, true))));
      }
      put(button, p);
    }
    for (const b of /** @type {NodeListOf<any>} */ (panel.children)) {
      b.classList.toggle("used", placed.has(b.icon));
      b.setAttribute("aria-label", placed.has(b.icon) ? texts.isPlaced(b.icon) : b.icon);
    }
    contains.replaceChildren(...(placed.size > 0 ? [...placed.keys()] : [texts.nothing]).map(n => h("li", {}, n)));
  }

  function open() {
    name.textContent = texts.group(groups[step].name, step + 1, groups.length);
    bar.value = reached + 1;
    back.disabled = step === 0;
    on.disabled = step === groups.length - 1;
    panel.replaceChildren(...groups[step].icons.map(i => handle(i.name, "panel", h("button", { type: "button", title: i.name }, face(i.name)))));
    draw();
  }
  /** @param {number} by @param {Event} e @param {string} via */
  function turn(by, e, via) {
    const to = step + by;
    if (!groups[to]) return;
    const focused = panel.contains(document.activeElement);
    step = to;
    reached = Math.max(reached, step);
    recorder.push("steps", recorder.us(e.timeStamp), step, via);
    open();
    save();
    if (focused) /** @type {HTMLElement} */ (panel.firstElementChild)?.focus();
  }
  const chevron = (/** @type {number} */ by, /** @type {string} */ label, /** @type {string} */ sign, /** @type {string} */ target) =>
    h("button", { type: "button", class: "chevron", "aria-label": label, "data-target": "button:" + target,
      onclick: (/** @type {MouseEvent} */ e) => turn(by, e, recorder.click(e).via === "key" ? "key" : "button") }, sign);
  const back = chevron(-1, texts.previous, "‹", "previous"), on = chevron(1, texts.following, "›", "next");

  /** Lets an icon be dragged, clicked and used by keys. @param {string} icon @param {"panel" | "image"} from @param {HTMLButtonElement} button */
  function handle(icon, from, button) {
    button.dataset.target = "icon:" + icon;
    Object.assign(button, { icon });
    /** @type {null | {id: number, t: number, x: number, y: number, clientX: number, clientY: number, moved: boolean}} */
    let drag = null;
    let dragged = false; // the click that follows is not one
    /** @param {PointerEvent | null} e of the end; null cancels */
    const finish = e => {
      if (!drag) return;
      const { t, x, y, moved } = drag;
      drag = null;
      ghost.hidden = loupe.hidden = true;
      button.classList.remove("lifted");
      if (!moved) return;
      dragged = true;
      setTimeout(() => { dragged = false; });
      const end = recorder.us(e?.timeStamp), to = e && inside(e);
      const outcome = !e ? "cancelled" : to ? from === "panel" && !placed.has(icon) ? "placed" : "moved" : from === "image" ? "removed" : "none";
      const last = e ?? lastMove;
      recorder.push("drags", t, end, icon, from, outcome, x * 10, y * 10, last.pageX * 10, last.pageY * 10);
      if (outcome === "removed") change(end, icon, null, "drag-off");
      else if (to) change(end, icon, to, "drag");
    };
    /** @type {any} */
    let lastMove = null;
    button.addEventListener("pointerdown", e => {
      if (e.button !== 0 || !e.isPrimary || held) return;
      button.setPointerCapture(e.pointerId);
      drag = { id: e.pointerId, t: recorder.us(e.timeStamp), x: e.pageX, y: e.pageY, clientX: e.clientX, clientY: e.clientY, moved: false };
      lastMove = e;
    });
    button.addEventListener("pointermove", e => {
      if (!drag || e.pointerId !== drag.id) return;
      lastMove = e;
      if (!drag.moved && Math.hypot(e.clientX - drag.clientX, e.clientY - drag.clientY) <= CLICK) return;
      if (!drag.moved) {
        drag.moved = true;
        ghost.replaceChildren(face(icon, true));
        button.classList.add("lifted");
      }
      hover(e);
    });
    button.addEventListener("pointerup", e => finish(e));
    button.addEventListener("pointercancel", () => finish(null));
    button.addEventListener("lostpointercapture", () => finish(null));
    button.addEventListener("keydown", e => {
      if (drag && e.key === "Escape") finish(null);
      if (from !== "image" || held) return;
      if (e.key === "Delete" || e.key === "Backspace") {
        change(recorder.us(e.timeStamp), icon, null, "key");
        /** @type {HTMLElement} */ (panel.firstElementChild)?.focus();
      } else if (e.key.toLowerCase() === "m" && both) hold(icon, "key");
    });
    button.addEventListener("click", e => {
      if (dragged || held || laying) return;
      const { t, via } = recorder.click(e), key = via === "key";
      if (placed.has(icon)) {
        change(t, icon, null, key ? "key" : from === "image" ? "click-icon" : "click-panel");
        if (key) /** @type {HTMLElement} */ (panel.firstElementChild)?.focus();
      } else if (both) {
        hold(icon, key ? "key" : "click-panel");
        e.stopPropagation();
        if (!key) hover(e);
      }
    });
    return button;
  }

  /** Moves the ghost, and the loupe, to the pointer. @param {MouseEvent} e */
  function hover(e) {
    ghost.hidden = false;
    ghost.style.transform = `translate(${e.clientX}px, ${e.clientY}px)`;
    const p = arm.magnifier === "drag" && inside(e);
    loupe.hidden = !p;
    ghost.classList.toggle("sheer", !!p);
    if (!p) return;
    const r = photo.getBoundingClientRect();
    put(loupe, p);
    loupe.style.backgroundImage = `url("${photo.currentSrc}")`;
    loupe.style.backgroundSize = `${r.width * ZOOM}px ${r.height * ZOOM}px`;
    loupe.style.backgroundPosition = `${LOUPE - p.x * r.width * ZOOM}px ${LOUPE - p.y * r.height * ZOOM}px`;
  }

  /** Takes an icon, to place it by a click or by keys. @param {string} icon @param {string} via */
  function hold(icon, via) {
    held = { icon, at: via === "key" ? placed.get(icon) ?? { x: 0.5, y: 0.5 } : null, from: placed.get(icon) ?? null, via };
    ghost.replaceChildren(face(icon, true));
    say(texts.holding(icon));
    holding.textContent = texts.holding(icon);
    document.documentElement.classList.add("holding");
    if (held.at) aim(held.at);
  }
  /** Shows where a held icon would be placed. @param {Point} p */
  function aim(p) {
    const r = photo.getBoundingClientRect();
    hover(/** @type {any} */ ({ clientX: r.x + p.x * r.width, clientY: r.y + p.y * r.height }));
  }
  function lay() {
    held = null;
    ghost.hidden = loupe.hidden = true;
    holding.textContent = "";
    document.documentElement.classList.remove("holding");
  }

  const arrows = /** @type {Record<string, number[]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
  addEventListener("keydown", e => {
    if (e.target instanceof HTMLTextAreaElement || document.querySelector("dialog[open]") || e.altKey || e.ctrlKey || e.metaKey) return;
    const arrow = arrows[e.key];
    if (!held) {
      if (arrow?.[0]) turn(arrow[0], e, "key");
      return;
    }
    const { icon } = held;
    if (arrow) {
      const by = e.shiftKey ? 0.004 : 0.02, clamp = (/** @type {number} */ v) => Math.min(1, Math.max(0, v));
      const at = held.at ?? { x: 0.5, y: 0.5 };
      held.at = { x: clamp(at.x + arrow[0] * by), y: clamp(at.y + arrow[1] * by) };
      aim(held.at);
    } else if (e.key === "Enter" || e.key === " ") {
      laying = true;
      if (held.at) change(recorder.us(e.timeStamp), icon, held.at, "key");
      lay();
    } else if (e.key === "Escape") lay();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }, { capture: true, signal });
  addEventListener("keyup", () => setTimeout(() => { laying = false; }), { signal });
  addEventListener("pointermove", e => { if (held) hover(e); }, { passive: true, signal });
  addEventListener("click", e => {
    if (!held || recorder.click(e).via === "key") return;
    const p = recorder.place(e), to = inside({ clientX: p.x - scrollX, clientY: p.y - scrollY }), { t } = recorder.click(e);
    if (to) change(t, held.icon, to, "click-panel");
    lay();
  }, { signal });
  addEventListener("scroll", () => { if (held?.at) aim(held.at); }, { passive: true, signal });
  signal.addEventListener("abort", () => { ghost.remove(); lay(); });

  document.body.append(ghost);
  follow(arm.pointer, ".photo", signal);
  open();
  return {
    title: texts.askTag,
    head: [h("p", { class: "soft" }, texts.howTag[both ? "both" : "drag"])],
    body: h("div", { class: "tagging" },
      h("div", { class: "upper" }, stage, h("section", { class: "contains" }, h("h2", {}, texts.contains), contains)),
      h("div", { class: "panel", "data-target": "panel" }, back, h("div", { class: "group" }, h("div", { class: "line" }, name, bar), panel), on)),
    foot: holding,
    slots: [photo],
    answer: () => ({ icons: [...placed].map(([icon, p]) => ({ icon, x: p.x, y: p.y })) }),
    refusal: () => reached < groups.length - 1 ? texts.unseen(groups.length - 1 - reached) : "",
  };
}
