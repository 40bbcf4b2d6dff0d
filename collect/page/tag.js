// The interface for tagging: icons are placed on the objects in an image. Places are fractions of it.

import { button, h, say } from "./dom.js";
import { texts } from "./texts.js";

const CLICK = 3; // px; a longer way is a drag
const MILLION = 1e6;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Returns a short form of a name for a small tile. */
function short(name) {
  const words = name.split(/[\s-]+/);
  return words.length > 1 ? words.map(w => w[0]).join("") : name.slice(0, 3);
}

/** Makes the screen of a page. */
export function show(page, { lease, arm, mark, recorder, image: load, url, draft, signal, keep }) {
  const { superclasses: groups, measures } = lease, both = lease.placing !== "drag";
  const all = new Map(groups.flatMap((g, hue) => g.icons.map(i => [i.name, { ...i, hue }])));
  const placed = new Map(draft?.placed);
  let { step = 0, reached = 0 } = draft ?? {};
  let held = null; // the icon that was taken without a drag, and where it is: {icon, at}
  let laying = false; // the key that laid an icon is down, and does not press the button that has the focus

  const face = (name, small) => {
    const { key, hue } = all.get(name) ?? { hue: 0 };
    return key ? h("img", { src: url(key), alt: "", draggable: "false", class: "face" })
      : h("span", { class: `face tile hue${hue % 11}${/\w{10}/.test(name) ? " long" : ""}`, "aria-hidden": "true" }, small ? short(name) : name);
  };

  const [{ key, width, height }] = page.slots, scale = Math.min(measures.height / height, measures.width / width);
  const photo = h("img", { class: "photo", alt: texts.photo, draggable: "false", "data-target": "slot:0",
    width: Math.round(width * scale), height: Math.round(height * scale) });
  const broken = h("p", { class: "broken", hidden: true }, texts.broken);
  const ghost = h("div", { class: "ghost", hidden: true, "aria-hidden": "true" });
  const stage = h("div", { class: "stage" }, photo, broken);
  const contains = h("ul"), panel = h("div", { class: "icons" }), holding = h("p", { class: "held", role: "status" });
  const name = h("h2", { "aria-live": "polite" }), bar = h("progress", { "aria-hidden": "true", max: groups.length });
  const loupe = arm.magnifier === "drag" ? mark.magnify(stage, photo, measures) : null;
  load(photo, key, 0, failed => { broken.hidden = !failed; });

  /** Returns the place of a point of the window, or null if it is not on the image. */
  function inside({ clientX, clientY }) {
    const r = photo.getBoundingClientRect(), x = (clientX - r.x) / r.width, y = (clientY - r.y) / r.height;
    return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
  }
  function put(e, { x, y }) {
    e.style.left = x * 100 + "%";
    e.style.top = y * 100 + "%";
  }
  const save = () => keep({ placed: [...placed], step, reached });

  /** Adds or moves an icon, or removes it if it has no place. */
  function change(t, icon, to, via) {
    const none = { x: 0, y: 0 }, from = placed.get(icon), [a, b] = [from ?? none, to ?? none];
    recorder.push("icons", t, !from ? "add" : to ? "move" : "remove", icon, via, a.x * MILLION, a.y * MILLION, b.x * MILLION, b.y * MILLION);
    if (to) placed.set(icon, to);
    else placed.delete(icon);
    say((to ? texts.put : texts.taken)(icon));
    draw();
    save();
    if (!to && via === "key") panel.firstElementChild.focus(); // the button may be gone
  }

  function draw() {
    const buttons = new Map([...stage.querySelectorAll(".placed")].map(b => [b.icon, b]));
    for (const [icon, b] of buttons) if (!placed.has(icon)) b.remove();
    for (const [icon, place] of placed) {
      if (!buttons.has(icon)) {
        const b = handle(icon, "image", h("button", { class: "placed", type: "button", title: icon, "aria-label": texts.placed(icon) }, face(icon, true)));
        buttons.set(icon, b);
        stage.append(b);
      }
      put(buttons.get(icon), place);
    }
    for (const b of panel.children) {
      b.classList.toggle("used", placed.has(b.icon));
      b.setAttribute("aria-label", placed.has(b.icon) ? texts.isPlaced(b.icon) : b.icon);
    }
    contains.replaceChildren(...(placed.size > 0 ? [...placed.keys()] : [texts.nothing]).map(n => h("li", {}, n)));
  }

  /** Shows the icons of the superclass. */
  function open() {
    name.textContent = texts.group(groups[step].name, step + 1, groups.length);
    bar.value = reached + 1;
    back.disabled = step === 0;
    on.disabled = step === groups.length - 1;
    panel.replaceChildren(...groups[step].icons.map(i => handle(i.name, "panel", h("button", { type: "button", title: i.name }, face(i.name)))));
    draw();
  }
  function turn(by, e, via) {
    if (!groups[step + by]) return;
    const focused = panel.contains(document.activeElement);
    step += by;
    reached = Math.max(reached, step);
    recorder.push("steps", recorder.us(e.timeStamp), step, via);
    open();
    save();
    if (focused) panel.firstElementChild.focus();
  }
  function chevron(by, label, sign, target) {
    const b = button(sign, e => turn(by, e, recorder.click(e).via === "key" ? "key" : "button"), "chevron", target);
    b.ariaLabel = label;
    return b;
  }
  const back = chevron(-1, texts.previous, "‹", "previous"), on = chevron(1, texts.following, "›", "next");

  /** Lets an icon be dragged, clicked and used by keys. */
  function handle(icon, from, b) {
    b.dataset.target = "icon:" + icon;
    b.icon = icon;
    let drag = null; // its first event, its last one, and whether it went far
    let dragged = false; // the click that follows is not one
    /** Ends a drag, by an event of the pointer or without one. */
    const drop = e => {
      if (!drag) return;
      const { first, last, far } = drag, stop = e ?? last;
      drag = null;
      hide();
      b.classList.remove("lifted");
      if (!far) return;
      dragged = true;
      setTimeout(() => { dragged = false; });
      const t = recorder.us(e?.timeStamp), to = e && inside(e), off = e && !to && from === "image";
      const outcome = !e ? "cancelled" : off ? "removed" : !to ? "none" : placed.has(icon) ? "moved" : "placed";
      recorder.push("drags", recorder.us(first.timeStamp), t, icon, from, outcome, first.pageX * 10, first.pageY * 10, stop.pageX * 10, stop.pageY * 10);
      if (to || off) change(t, icon, to, off ? "drag-off" : "drag");
    };
    const listen = (type, f) => b.addEventListener(type, f);
    listen("pointerdown", e => {
      if (e.button !== 0 || !e.isPrimary || held) return;
      b.setPointerCapture(e.pointerId);
      drag = { first: e, last: e, far: false };
    });
    listen("pointermove", e => {
      if (!drag || e.pointerId !== drag.first.pointerId) return;
      drag.last = e;
      if (!drag.far) {
        if (Math.hypot(e.clientX - drag.first.clientX, e.clientY - drag.first.clientY) <= CLICK) return;
        drag.far = true;
        ghost.replaceChildren(face(icon, true));
        b.classList.add("lifted");
      }
      hover(e);
    });
    listen("pointerup", drop);
    listen("pointercancel", () => drop(null));
    listen("lostpointercapture", () => drop(null));
    listen("keydown", e => {
      if (e.key === "Escape" && drag) {
        b.releasePointerCapture(drag.first.pointerId); // or Firefox clicks b when the button goes up
        drop(null);
      }
      if (from !== "image" || held) return;
      if (e.key === "Delete" || e.key === "Backspace") change(recorder.us(e.timeStamp), icon, null, "key");
      else if (e.key.toLowerCase() === "m" && both) hold(icon, true);
    });
    listen("click", e => {
      if (dragged || held || laying) return;
      const { t, via } = recorder.click(e), key = via === "key";
      if (placed.has(icon)) change(t, icon, null, key ? "key" : from === "image" ? "click-icon" : "click-panel");
      else if (both) {
        hold(icon, key);
        e.stopPropagation();
        if (!key) hover(e);
      }
    });
    return b;
  }

  function hide() {
    ghost.hidden = true;
    loupe?.(null);
  }
  /** Moves the ghost, and the loupe, to a point of the window. */
  function hover(e) {
    const at = loupe && inside(e);
    ghost.hidden = false;
    ghost.style.transform = `translate(${e.clientX}px, ${e.clientY}px)`;
    ghost.classList.toggle("sheer", !!at);
    loupe?.(at);
  }

  /** Takes an icon, to place it by a click or by keys. */
  function hold(icon, key) {
    held = { icon, at: key ? placed.get(icon) ?? { x: 0.5, y: 0.5 } : null };
    ghost.replaceChildren(face(icon, true));
    holding.textContent = texts.holding(icon);
    document.documentElement.classList.add("holding");
    aim();
  }
  /** Shows where a held icon would be placed by a key. */
  function aim() {
    if (!held?.at) return;
    const r = photo.getBoundingClientRect();
    hover({ clientX: r.x + held.at.x * r.width, clientY: r.y + held.at.y * r.height });
  }
  function lay() {
    held = null;
    hide();
    holding.textContent = "";
    document.documentElement.classList.remove("holding");
  }

  addEventListener("keydown", e => {
    if (e.target instanceof HTMLTextAreaElement || document.querySelector("dialog[open]") || e.altKey || e.ctrlKey || e.metaKey) return;
    const arrow = ARROWS[e.key], press = e.key === "Enter" || e.key === " ";
    if (!held) return arrow?.[0] && turn(arrow[0], e, "key");
    if (arrow) {
      const by = e.shiftKey ? 0.004 : 0.02, { x, y } = held.at ?? { x: 0.5, y: 0.5 }, within = v => Math.min(1, Math.max(0, v));
      held.at = { x: within(x + arrow[0] * by), y: within(y + arrow[1] * by) };
      aim();
    } else if (press || e.key === "Escape") {
      laying = press;
      if (press && held.at) change(recorder.us(e.timeStamp), held.icon, held.at, "key");
      lay();
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }, { capture: true, signal });
  addEventListener("keyup", () => setTimeout(() => { laying = false; }), { signal });
  addEventListener("pointermove", e => { if (held) hover(e); }, { passive: true, signal });
  addEventListener("scroll", aim, { passive: true, signal });
  addEventListener("click", e => {
    const { t, via } = recorder.click(e), { x, y } = recorder.place(e);
    if (!held || via === "key") return;
    const to = inside({ clientX: x - scrollX, clientY: y - scrollY });
    if (to) change(t, held.icon, to, "click-panel");
    lay();
  }, { signal });
  signal.addEventListener("abort", () => { ghost.remove(); lay(); });
  document.body.append(ghost);
  mark?.follow(arm.pointer, ".photo", signal);
  open();
  return {
    title: texts.askTag,
    head: [h("p", { class: "soft" }, texts.howTag[both ? "both" : "drag"])],
    body: h("div", { class: "tagging" },
      h("div", { class: "upper" }, stage, h("section", { class: "contains" }, h("h2", {}, texts.contains), contains)),
      h("div", { class: "panel", "data-target": "panel" }, back, h("div", { class: "group" }, h("div", { class: "line" }, name, bar), panel), on)),
    foot: holding,
    slots: [photo],
    answer: () => ({ icons: [...placed].map(([icon, at]) => ({ icon, ...at })) }),
    refusal: () => reached < groups.length - 1 ? texts.unseen(groups.length - 1 - reached) : "",
  };
}
