// Fills in what takes a moment: statistics, the timeline, and some showings at random.

import { el, fill } from '/web/dom.js';
import { get } from '/web/api.js';
import { cell, mark, outcome, rowsOf } from '/web/cell.js';

async function strip(place) {
  const set = place.dataset.random;
  const answer = await get(`/api/random/${set}?n=12`);
  const rows = rowsOf(answer).filter(r => r.n_samples > 0).slice(0, 8);
  if (!rows.length) return;
  const sign = r => set === 'imagenet' ? outcome(r) : ['', ''];
  const cells = el('div', { class: 'cells' }, rows.map(r => cell(set, r, { left: r.image_id, right: sign(r)[0], title: sign(r)[1], linked: 'showing' in place.dataset, images: 'images' in place.dataset, width: 320 })));
  fill(place, el('header', { class: 'bar' }, el('h3', {}, 'Some at random'), el('button', { type: 'button', class: 'plain', click: () => strip(place) }, 'Others')), cells);
  await mark(place, set, rows.map(r => r.seq), { path: true, clicks: true, boxes: true, icons: true });
  place.dataset.marked = rows.length;
}

const strips = root => Promise.all([...root.querySelectorAll('[data-random]')].map(strip));

for (const place of document.querySelectorAll('[data-part]')) {
  const response = await fetch(`${location.pathname}?part=${place.dataset.part}`);
  if (response.ok) { // the server's template has escaped it
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    fill(place, [...page.body.children].map(n => document.adoptNode(n)));
  } else for (const wait of place.querySelectorAll('.wait')) wait.textContent = 'The statistics cannot be computed: see the page Statistics.';
  place.setAttribute('aria-busy', 'false');
  await strips(place).catch(() => {});
  document.body.dataset.ready = 'true';
}
