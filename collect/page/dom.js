// Makes elements.

/**
 * Returns a new element. Properties are set as attributes; those that begin with "on" are listeners.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | null | false | undefined)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (value === true) e.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) e.setAttribute(name, String(value));
  }
  e.append(...children.filter(c => c !== null && c !== false && c !== undefined));
  return e;
}

/** Returns a block of text that the server made from Markdown. @param {string} html @param {string} [name] */
export function prose(html, name = "prose") {
  const e = h("div", { class: name });
  e.innerHTML = html;
  for (const a of e.querySelectorAll("a")) {
    a.target = "_blank";
    a.rel = "noopener noreferrer";
  }
  return e;
}

/** Returns an element by its id. @param {string} id */
export const byId = id => /** @type {HTMLElement} */ (document.getElementById(id));

/** Says something to people who use a screen reader. @param {string} text */
export function say(text) { byId("status").textContent = text; }
