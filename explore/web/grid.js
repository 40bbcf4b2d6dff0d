// The grid: the showings that a filter selects, as images with what was done on them.

import { byId, el, fill, grouped } from '/web/dom.js';
import { excerpt, get, latest, Problem } from '/web/api.js';
import { Facets, termWords } from '/web/facets.js';
import { valueText } from '/web/chart.js';
import { empty, filterText, follow, go, query } from '/web/state.js';
import { draw as drawMarks } from '/web/thumb.js';
import { cell, rowsOf, outcome } from '/web/cell.js';

const root = byId('grid'), { set } = root.dataset, hasImages = 'images' in root.dataset, linked = 'showing' in root.dataset;
const cells = byId('cells');
const sizes = [['S', 240, 'small'], ['M', 96, 'middle'], ['L', 24, 'large']];
const layers = set === 'coco' ? [['p', 'path'], ['i', 'icons'], ['b', 'boxes']] : [['p', 'path'], ['c', 'clicks'], ['b', 'boxes']];

const { fields, reading } = await get('/api/fields/' + set).catch(problem);
const byName = new Map(fields.map(f => [f.name, f]));
const facets = new Facets(byId('facets'), set, fields, reading);
const askRows = latest(), askMarks = latest();
const marks = new Map(); // by seq, of this page
let drawn = ''; // what the cells were drawn from

function problem(e) {
  if (e.name === 'AbortError') return;
  byId('problem').hidden = false;
  fill(byId('problem'), el('p', {}, e.message + (e.hint ? ' ' + e.hint : '')), e.code ? el('pre', {}, excerpt(e)) : null, query().get('q') ? el('a', { href: '/sql?' + new URLSearchParams({ q: query().get('q') }) }, 'Open the query on the page SQL') : null);
  fill(byId('count'), 'Nothing to show');
  fill(byId('of'));
  fill(cells);
  cells.setAttribute('aria-busy', 'false');
  byId('pages').hidden = true;
  if (!(e instanceof Problem)) throw e;
}

const size = () => sizes.find(s => s[0] === query().get('s')) ?? sizes[1];
const overlays = () => query().get('o') ?? layers.map(l => l[0]).join('');

function tools() {
  const sort = query().get('sort') ?? '', down = sort.startsWith('-'), name = down ? sort.slice(1) : sort;
  if (!byId('sort').options.length) {
    byId('sort').append(el('option', { value: '' }, 'as stored'), ...fields.filter(f => f.kind !== 'list').map(f => el('option', { value: f.name }, f.title)));
    byId('sort').addEventListener('change', e => go({ sort: e.target.value, page: null }));
    byId('down').addEventListener('click', () => {
      const s = query().get('sort') ?? '';
      go({ sort: s.startsWith('-') ? s.slice(1) : '-' + s, page: null });
    });
  }
  byId('sort').value = name;
  fill(byId('down'), down ? '↓' : '↑');
  byId('down').setAttribute('aria-label', down ? 'Descending' : 'Ascending');
  fill(byId('sizes'), sizes.map(([key, n, word]) => el('button', { type: 'button', 'aria-pressed': String(size()[0] === key), title: `${word}: ${n} on a page`,
    click: () => go({ s: key === 'M' ? null : key, page: null }, true) }, key)));
  fill(byId('overlays'), layers.map(([key, word]) => el('button', { type: 'button', 'aria-pressed': String(overlays().includes(key)),
    click: () => {
      const o = layers.map(l => l[0]).filter(k => overlays().includes(k) !== (k === key)).join('');
      go({ o: o.length === layers.length ? null : o || '-' }, true);
    } }, word)));
}

function chips() {
  const filter = facets.filter();
  const without = name => { const f = new Map(filter); f.delete(name); return filterText(f); };
  const chip = (text, remove) => el('span', { class: 'chip' }, text, el('button', { type: 'button', 'aria-label': 'Remove: ' + text, click: remove }, '×'));
  const list = [...filter].filter(([name, t]) => byName.has(name) && !empty(t)).map(([name, t]) =>
    chip(termWords(byName.get(name), t), () => go({ f: without(name), page: null })));
  if (query().get('q')) list.unshift(chip(query().get('of') || 'Rows of a query', () => go({ q: null, of: null, page: null })));
  if (list.length > 1) list.push(el('button', { type: 'button', class: 'plain', click: () => go({ f: null, q: null, of: null, page: null }) }, 'Clear all'));
  fill(byId('chips'), list);
}

/** Returns the text below a cell. */
function caption(row) {
  const sorted = (query().get('sort') ?? '').replace(/^-/, '');
  const first = sorted && byName.get(sorted) && sorted !== 'image_id' ? valueText(byName.get(sorted), row[sorted]) : row.image_id;
  if (set === 'coco') return [first, `${row.icons ?? '…'} of ${row.classes ?? '?'}`, 'icons placed, of classes present'];
  return [first, ...outcome(row)];
}

const cellOf = row => {
  const [left, right, title] = caption(row);
  return cell(set, row, { left, right, title, linked, images: hasImages, width: size()[0] === 'L' ? 640 : 320 });
};

async function drawRows() {
  const q = new URLSearchParams({ n: size()[1] });
  for (const key of ['f', 'q', 'sort', 'page']) if (query().get(key)) q.set(key, query().get(key));
  if (q + '' === drawn) return layersOnly();
  cells.setAttribute('aria-busy', 'true');
  const answer = await askRows(`/api/rows/${set}?${q}`);
  drawn = q + '';
  const rows = rowsOf(answer);
  byId('problem').hidden = true;
  fill(byId('count'), `${grouped(answer.n)} ${set === 'coco' ? 'pages' : 'showings'}`);
  fill(byId('of'), answer.n === answer.total ? 'all of them' : `of ${grouped(answer.total)}`);
  cells.dataset.size = size()[0];
  fill(cells, rows.length ? rows.map(cellOf) : el('p', { class: 'nothing' }, 'No showing matches the filter.'));
  cells.setAttribute('aria-busy', 'false');
  cells.dispatchEvent(new CustomEvent('drawn', { detail: answer }));
  pages(answer);
  marks.clear();
  const seqs = rows.map(r => r.seq);
  for (let i = 0; i < seqs.length; i += 48) { // the first ones are there early
    const part = await askMarks(`/api/marks/${set}?seqs=${seqs.slice(i, i + 48)}`);
    for (const m of part.marks) marks.set(String(m.seq), m);
    layersOnly();
  }
  cells.dataset.marked = seqs.length;
}

function layersOnly() {
  const o = overlays();
  for (const c of cells.children) {
    const m = marks.get(c.dataset.seq), svg = c.querySelector('svg');
    if (m && svg) drawMarks(svg, m, { path: o.includes('p'), clicks: o.includes('c'), boxes: o.includes('b'), icons: o.includes('i') });
  }
}

function pages({ page, pages }) {
  const nav = byId('pages');
  nav.hidden = pages < 2;
  const to = n => go({ page: n === 1 ? null : n });
  const button = (text, label, n) => el('button', { type: 'button', class: 'plain', 'aria-label': label, disabled: n < 1 || n > pages || n === page, click: () => { to(n); scrollTo(0, 0); } }, text);
  fill(nav, button('«', 'First page', 1), button('‹ Previous', 'Previous page', page - 1),
    el('label', {}, 'Page ', el('input', { type: 'number', min: 1, max: pages, value: page, id: 'page', change: e => to(Math.max(1, Math.min(pages, Number(e.target.value) || 1))) }), ` of ${grouped(pages)}`),
    button('Next ›', 'Next page', page + 1), button('»', 'Last page', pages));
  nav.dataset.page = page;
  nav.dataset.pages = pages;
}

addEventListener('keydown', e => {
  if (e.target.matches('input, select, textarea') || e.ctrlKey || e.metaKey || e.altKey) return;
  const nav = byId('pages'), page = Number(nav.dataset.page || 1), last = Number(nav.dataset.pages || 1);
  if (e.key === '[' && page > 1) go({ page: page === 2 ? null : page - 1 });
  else if (e.key === ']' && page < last) go({ page: page + 1 });
  else if (e.key === '/') { facets.parts.get('image_id').details.open = true; facets.parts.get('image_id').body.querySelector('input')?.focus(); }
  else if (e.key.startsWith('Arrow')) {
    const list = [...cells.children], at = list.indexOf(document.activeElement);
    if (at < 0 && !cells.contains(document.activeElement) && document.activeElement !== document.body) return;
    const row = list.filter(c => c.offsetTop === list[0].offsetTop).length;
    const next = at < 0 ? 0 : at + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row }[e.key];
    list[next]?.focus();
  } else return;
  e.preventDefault();
});

cells.addEventListener('again', () => { // tags have changed
  drawn = '';
  facets.draw();
  drawRows().catch(problem);
});

byId('show-facets').addEventListener('click', e => {
  const open = byId('facets').classList.toggle('open');
  e.target.setAttribute('aria-expanded', String(open));
});

follow(() => {
  tools();
  chips();
  facets.draw();
  drawRows().catch(problem);
});

if (reading) get(`/api/fields/${set}?wait=1`).then(() => {
  facets.reading.clear();
  facets.draw();
  drawn = '';
  return drawRows();
}).catch(problem);
