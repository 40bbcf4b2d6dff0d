// Elements of a page. Text from a store becomes text nodes, never HTML.

/**
 * Returns an element with attributes and children. A value of false or null is left out; a function is a listener.
 * @param {string} name tag, or svg:tag
 * @param {Object<string, any>} [attributes]
 * @param {...any} children nodes, texts and numbers, and lists of them; null and false are left out
 */
export function el(name, attributes = {}, ...children) {
  const svg = name.startsWith('svg:');
  const e = svg ? document.createElementNS('http://www.w3.org/2000/svg', name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (typeof value === 'function') e.addEventListener(key, value);
    else if (key === 'style') Object.assign(e.style, value);
    else e.setAttribute(key, value === true ? '' : value);
  }
  e.append(...children.flat(3).filter(c => c != null && c !== false).map(c => c instanceof Node ? c : String(c)));
  return e;
}

/** Returns the element with an id. @param {string} id */
export const byId = id => document.getElementById(id);

/** Replaces the children of an element. */
export function fill(e, ...children) {
  e.replaceChildren(...children.flat(3).filter(c => c != null && c !== false));
}

/** Returns a number with its thousands grouped, as the pages of the server do. @param {number} n */
export const grouped = n => n == null ? '–' : Math.round(n).toLocaleString('en-US');
