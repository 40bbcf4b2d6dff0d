// A showing as a cell of a grid.

import { el } from '/web/dom.js';
import { draw } from '/web/thumb.js';
import { get } from '/web/api.js';

/** Returns the rows of an answer in columns as objects. */
export const rowsOf = answer => answer.data[0].map((_, i) => Object.fromEntries(answer.columns.map((c, k) => [c, answer.data[k][i]])));

/**
 * Returns the cell of a row.
 * @param {string} set
 * @param {any} row
 * @param {{left: string, right: string, title: string, linked: boolean, images: boolean, width: number}} o
 */
export function cell(set, row, o) {
  const w = row.width > 0 ? row.width : 4, h = row.height > 0 ? row.height : 3;
  const field = el('svg:rect', { class: 'field', width: w, height: h });
  const img = o.images && row.image_id != null ? el('img', { src: `/img/${set}/${encodeURIComponent(row.image_id)}?w=${o.width}`, alt: '', loading: 'lazy', decoding: 'async',
    error: e => { svg.prepend(field); e.target.remove(); } }) : null;
  const svg = el('svg:svg', { viewBox: `0 0 ${w} ${h}`, 'aria-hidden': 'true' }, img ? null : field);
  return el(o.linked ? 'a' : 'div', { class: 'cell' + (row.hit === true ? ' hit' : row.hit === false ? ' miss' : ''), href: o.linked && `/s/${set}/${row.seq}`, 'data-seq': row.seq,
    tabindex: o.linked ? null : 0, 'aria-label': `Image ${row.image_id}, ${o.title}, annotator ${row.worker_id ?? 'unknown'}` },
  el('span', { class: 'picture' }, img, svg),
  el('span', { class: 'caption' }, el('span', { class: 'text', title: row.image_id }, o.left), el('span', { class: 'state', title: o.title }, o.right)),
  row.tag?.length > 0 && el('span', { class: 'tags' }, row.tag.map(t => el('span', { class: 'tag', title: t }, t))));
}

/** Returns the sign and the words for what became of a showing of ImageNet. */
export function outcome(row) {
  if (row.selected !== true) return row.selected === false ? ['–', 'not selected'] : ['?', 'not known whether selected'];
  return row.hit === true ? ['✓', 'selected, the click is in a box'] : row.hit === false ? ['✗', 'selected, the click is in no box'] : ['•', 'selected'];
}

/** Draws the marks of rows over the cells of an element. */
export async function mark(place, set, seqs, layers) {
  if (!seqs.length) return;
  const { marks } = await get(`/api/marks/${set}?seqs=${seqs}`);
  const by = new Map(marks.map(m => [String(m.seq), m]));
  for (const c of place.querySelectorAll('.cell')) {
    const m = by.get(c.dataset.seq);
    if (m) draw(c.querySelector('svg'), m, layers);
  }
}
