// Some traces of both sides, next to each other.

import { el, fill } from '/web/dom.js';
import { get, Problem } from '/web/api.js';
import { cell, outcome, rowsOf } from '/web/cell.js';
import { draw } from '/web/thumb.js';

const { set, images } = document.getElementById('compare').dataset;
const q = new URLSearchParams(location.search);
q.set('n', 8);
for (const place of document.querySelectorAll('[data-side]')) {
  get(`/api/compare/${set}/${place.dataset.side}?${q}`).then(answer => {
    const marks = new Map(answer.marks.map(m => [m.seq, m]));
    const cells = rowsOf(answer).map(row => {
      const [right, title] = set === 'imagenet' ? outcome(row) : [`${row.icons} of ${row.classes ?? '?'}`, 'icons placed, of classes present'];
      const c = cell(set, row, { left: row.image_id, right, title, linked: true, images: images != null, width: 320 });
      c.href = `${answer.base}/s/${set}/${row.seq}`;
      if (marks.has(row.seq)) draw(c.querySelector('svg'), marks.get(row.seq), { path: true, clicks: true, boxes: true, icons: true });
      return c;
    });
    fill(place, cells.length ? el('div', { class: 'cells' }, cells) : el('p', { class: 'note' }, 'No showing matches the filter.'));
    place.dataset.ready = 'yes';
  }).catch(e => {
    if (!(e instanceof Problem)) throw e;
    fill(place, el('p', { class: 'warning' }, e.message));
  });
}
