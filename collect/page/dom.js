// Makes elements.

/** Returns a new element. Properties are attributes, if they are not false or missing; those that begin with "on" are listeners. */
export function h(tag, properties = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.filter(c => c || c === 0));
  return e;
}

/** Returns a paragraph. */
export const p = (text, name) => h("p", { class: name }, text);

/** Returns a button. What is done with it is recorded under the name of a target. */
export const button = (text, onclick, name, target) =>
  h("button", { type: "button", class: name, "data-target": target && "button:" + target, onclick }, text);

/** Returns the buttons of a screen. */
export const next = (...buttons) => h("p", { class: "next" }, ...buttons);

/** Returns a block of text that the server made from Markdown. */
export function prose(html, name = "prose") {
  const e = h("div", { class: name });
  e.innerHTML = html;
  for (const a of e.querySelectorAll("a")) Object.assign(a, { target: "_blank", rel: "noopener noreferrer" });
  return e;
}

/** Returns an element by its id. */
export const byId = id => document.getElementById(id);

/** Says something to people who use a screen reader. */
export function say(text) { byId("status").textContent = text; }

/** Fills the page. */
export function fill(name, title, top, main, foot) {
  const body = byId("main");
  byId("top").replaceChildren(...top.filter(Boolean));
  byId("foot").replaceChildren(...foot.filter(Boolean));
  body.className = name;
  body.replaceChildren(...main.filter(Boolean));
  document.title = title;
  scrollTo(0, 0);
  body.focus({ preventScroll: true });
}

/** Shows a dialog, which leaves the page when it is closed. */
export function dialog(label, closed, ...children) {
  const d = h("dialog", { "aria-label": label, onclose: () => { d.remove(); closed(); } }, ...children);
  document.body.append(d);
  d.showModal();
  return d;
}
