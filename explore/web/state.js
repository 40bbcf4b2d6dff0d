// The address of a page is its state. What a person chooses goes there, and the page is drawn from it.

/** What a filter has for one field. @typedef {{not: boolean, null: boolean, texts: string[], range: ?{low: ?number, high: ?number, below: boolean}}} Term */

const escape = v => v === '' ? '""' : v === 'null' ? '\\null' : v.replace(/[\\,;!:"]/g, '\\$&');

/** Splits a text at a sign without \ before it. */
function cut(text, sign) {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') parts[parts.length - 1] += text[i] + (text[++i] ?? '');
    else if (text[i] === sign) parts.push('');
    else parts[parts.length - 1] += text[i];
  }
  return parts;
}

const bound = text => text === '' ? null : Number(text);

/**
 * Reads a filter as the server does: a map from fields to terms.
 * @param {string} text
 * @param {(field: string) => boolean} numeric
 */
export function parseFilter(text, numeric) {
  const filter = new Map();
  for (const part of cut(text, ';').filter(Boolean)) {
    const at = part.indexOf(':');
    const field = part.slice(0, at);
    let rest = part.slice(at + 1);
    const term = { not: rest[0] === '!', null: false, texts: [], range: null };
    if (term.not) rest = rest.slice(1);
    for (const p of cut(rest, ',')) {
      const range = numeric(field) && p.match(/^(.*)\.\.(<?)(.*)$/);
      if (p === 'null') term.null = true;
      else if (range) term.range = { low: bound(range[1]), high: bound(range[3]), below: range[2] === '<' };
      else term.texts.push(p === '""' ? '' : p.replace(/\\(.)/g, '$1'));
    }
    filter.set(field, term);
  }
  return filter;
}

/** Returns a range as a filter has it. */
export const rangeText = r => `${r.low ?? ''}..${r.below && r.high != null ? '<' : ''}${r.high ?? ''}`;

/** Returns a filter as an address has it. */
export function filterText(filter) {
  return [...filter].map(([field, t]) => `${field}:${t.not ? '!' : ''}` +
    [...t.texts.map(escape), ...t.null ? ['null'] : [], ...t.range ? [rangeText(t.range)] : []].join(',')).join(';');
}

/** Reports whether a term selects nothing, so that it is not in the filter. */
export const empty = t => !t.null && !t.texts.length && !t.range;

/** Returns the query of this page's address. */
export const query = () => new URLSearchParams(location.search);

/** Returns the address of this page with other values; null and '' remove one. */
export function address(changes) {
  const q = query();
  for (const [key, value] of Object.entries(changes)) {
    if (value == null || value === '') q.delete(key);
    else q.set(key, value);
  }
  const text = q.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%3B', ';');
  return location.pathname + (text ? '?' + text : '');
}

let changed = () => {};

/** Calls a function now, and after each change of the address. */
export function follow(draw) {
  changed = draw;
  addEventListener('popstate', () => draw());
  draw();
}

/**
 * Changes the address and draws the page.
 * @param {Object<string, ?string|number>} changes
 * @param {boolean} [quiet] whether Back leads to the page before, not to the one with the old values
 */
export function go(changes, quiet = false) {
  const to = address(changes);
  if (to === location.pathname + location.search) return;
  history[quiet ? 'replaceState' : 'pushState'](null, '', to);
  changed();
}
