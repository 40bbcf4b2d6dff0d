// The page of SQL: an editor with completions, the result as a table, a chart or images.

import { byId, el, fill, grouped } from '/web/dom.js';
import { get, Problem } from '/web/api.js';
import { follow, go, query } from '/web/state.js';
import { plot } from '/web/plot.js';

const root = byId('sql'), text = byId('query'), complete = byId('complete');
const sets = root.dataset.sets.split(' ');
let result = null, page = 0, shown = 'table', running = null, ran = null;

const catalog = await get('/api/catalog');
const keywords = ('SELECT FROM WHERE GROUP BY ORDER BY LIMIT JOIN LEFT JOIN USING ON AS AND OR NOT NULL IS IN CASE WHEN THEN ELSE END WITH FILTER HAVING DISTINCT UNION ALL DESC ASC COUNT OVER ' +
  'PARTITION BY QUALIFY UNNEST BETWEEN LIKE DESCRIBE SUMMARIZE PIVOT MEDIAN AVG SUM MIN MAX ROUND QUANTILE_CONT').split(' ');
const words = new Map();
for (const k of keywords) words.set(k, { kind: '', doc: '' });
for (const v of catalog.views) for (const c of v.columns) words.set(c.name, { kind: 'column', doc: c.doc + (c.unit ? ` (${c.unit})` : '') });
for (const m of catalog.macros) words.set(m.name, { kind: 'macro', doc: `${m.name}(${m.args}): ${m.doc}` });
for (const v of catalog.views) words.set(v.name, { kind: 'table', doc: v.row });

// Completions.

let choices = [], chosen = 0;
const before = () => text.value.slice(0, text.selectionStart).match(/[A-Za-z_]\w*$/)?.[0] ?? '';

function propose() {
  const word = before(), low = word.toLowerCase();
  choices = word.length < 2 ? [] : [...words.keys()].filter(w => w.toLowerCase().startsWith(low) && w.toLowerCase() !== low)
    .sort((a, b) => rank(b, word) - rank(a, word) || a.length - b.length).slice(0, 8);
  chosen = 0;
  drawChoices();
}

// Columns of the tables that the query names come first.
function rank(w, word) {
  const x = words.get(w), mine = catalog.views.some(v => text.value.includes(v.name) && v.columns.some(c => c.name === w));
  return (mine ? 4 : 0) + (x.kind === 'table' ? 2 : x.kind ? 1 : 0) + (!x.kind && word === word.toUpperCase() ? 5 : 0);
}

function drawChoices() {
  complete.hidden = !choices.length;
  fill(complete, choices.map((w, i) => el('li', { role: 'option', 'aria-selected': String(i === chosen), pointerdown: e => { e.preventDefault(); take(i); } },
    el('span', {}, w), el('span', { class: 'note' }, words.get(w).kind), i === chosen && words.get(w).doc ? el('span', { class: 'doc' }, words.get(w).doc) : null)));
}

function take(i) {
  const word = before(), at = text.selectionStart;
  text.setRangeText(choices[i], at - word.length, at, 'end');
  choices = [];
  drawChoices();
  text.focus();
}

text.addEventListener('input', () => { propose(); grow(); });
text.addEventListener('blur', () => { choices = []; drawChoices(); });
text.addEventListener('keydown', e => {
  if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); run(); return; }
  if (!choices.length) return;
  if (e.key === 'ArrowDown' || e.key === 'ArrowUp') chosen = (chosen + (e.key === 'ArrowDown' ? 1 : choices.length - 1)) % choices.length;
  else if (e.key === 'Tab' || e.key === 'Enter') { e.preventDefault(); take(chosen); return; }
  else if (e.key === 'Escape') choices = [];
  else return;
  e.preventDefault();
  drawChoices();
});
const grow = () => { text.rows = Math.max(5, Math.min(24, text.value.split('\n').length + 1)); };

// Running.

byId('run').addEventListener('click', () => run());
byId('stop').addEventListener('click', () => running?.abort());

function run() {
  const q = text.value.trim();
  ran = null;
  if (q === (query().get('q') ?? '')) execute(q);
  else go({ q, show: null });
}

async function execute(q) {
  running?.abort();
  const mine = running = new AbortController();
  ran = q;
  byId('problem').hidden = true;
  byId('stop').hidden = false;
  fill(byId('state'), 'running…');
  try {
    const answer = await get('/api/sql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ q }), signal: mine.signal });
    if (mine !== running) return;
    result = answer;
    page = 0;
    fill(byId('state'), answer.reads ? `${answer.cut ? 'first ' : ''}${grouped(answer.n)} ${answer.n === 1 ? 'row' : 'rows'}, ${answer.ms} ms` : `done, ${answer.ms} ms`);
    byId('after').hidden = false;
    byId('csv').href = '/export?' + new URLSearchParams({ format: 'csv', q });
    byId('json').href = '/export?' + new URLSearchParams({ format: 'json', q });
    show();
  } catch (e) {
    if (e.name === 'AbortError') { if (mine === running) fill(byId('state'), 'stopped'); return; }
    if (!(e instanceof Problem)) throw e;
    result = null;
    fill(byId('state'));
    fill(byId('result'));
    byId('views').hidden = byId('after').hidden = true;
    explain(e);
  } finally {
    if (mine === running) byId('stop').hidden = true;
    root.dataset.ran = q;
  }
}

function explain(e) {
  const box = byId('problem');
  box.hidden = false;
  fill(box, el('p', {}, e.message),
    e.line ? el('pre', {}, `line ${e.line}: ${e.code ?? ''}\n${' '.repeat(`line ${e.line}: `.length + (e.mark ?? 0))}^`) : null,
    e.hint ? el('p', { class: 'note' }, e.hint) : null);
  if (e.line) { // the caret goes to the mistake
    const lines = text.value.split('\n'), line = lines[e.line - 1] ?? '', at = Math.max(0, line.indexOf((e.code ?? '').replace(/^\.\.\./, '').trim().slice(0, 20)));
    const start = lines.slice(0, e.line - 1).reduce((n, l) => n + l.length + 1, 0) + Math.min(line.length, at + (e.mark ?? 0) - ((e.code ?? '').length - (e.code ?? '').trimStart().length));
    text.focus();
    text.setSelectionRange(start, start);
  }
}

// The result.

const column = name => result.columns.findIndex(c => c.name === name);

/** The data set whose showings a result has, by its column seq and the tables that the query names. */
function setOf() {
  if (column('seq') < 0) return null;
  const named = sets.filter(s => ran.includes(s + '_'));
  return named.length === 1 ? named[0] : sets.length === 1 ? sets[0] : null;
}

function show() {
  const views = byId('views'), set = setOf();
  const kinds = ['table', ...result.n > 1 && result.columns.some(c => c.number) ? ['chart'] : []];
  shown = kinds.includes(query().get('show')) ? query().get('show') : 'table';
  views.hidden = !result.columns.length;
  fill(views, kinds.map(k => el('button', { type: 'button', 'aria-pressed': String(k === shown), click: () => { go({ show: k === 'table' ? null : k }, true); show(); } }, k)),
    set ? el('a', { class: 'as', href: `/i/${set}?` + new URLSearchParams({ q: ran.replace(/;\s*$/, ''), of: 'Rows of a query' }) }, 'as images') : null);
  if (!result.columns.length) return fill(byId('result'));
  if (shown === 'chart') return fill(byId('result'), plot(result, query(), go));
  const size = 100, from = page * size, to = Math.min(result.n, from + size), pages = Math.ceil(result.n / size);
  const cellText = v => v === null ? el('span', { class: 'null' }, 'null') : typeof v === 'number' && !Number.isInteger(v) ? String(Number(v.toPrecision(8))) : String(v);
  fill(byId('result'),
    el('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Result' }, el('table', { class: 'data' },
      el('thead', {}, el('tr', {}, result.columns.map(c => el('th', { scope: 'col', class: c.number ? 'number' : null }, c.name, el('span', { class: 'kind' }, c.type))))),
      el('tbody', {}, Array.from({ length: to - from }, (_, i) => el('tr', {}, result.columns.map((c, k) => el('td', { class: c.number ? 'number' : null }, cellText(result.data[k][from + i])))))))),
    pages > 1 ? el('nav', { class: 'pages' }, el('button', { type: 'button', class: 'plain', disabled: page === 0, click: () => { page--; show(); } }, '‹ Previous'),
      `${grouped(from + 1)}–${grouped(to)} of ${grouped(result.n)}`, el('button', { type: 'button', class: 'plain', disabled: page + 1 >= pages, click: () => { page++; show(); } }, 'Next ›')) : null,
    result.cut ? el('p', { class: 'note' }, `The page shows the first ${grouped(result.n)} rows. CSV and JSON have all of them.`) : null);
}

byId('copy').addEventListener('click', async e => {
  await navigator.clipboard.writeText(root.dataset.shell + "'" + ran.replaceAll("'", "'\\''") + "'");
  fill(e.target, 'Copied');
  setTimeout(() => fill(e.target, 'Copy as abtool sql'), 1500);
});

// The list beside the editor.

function put(q) {
  text.value = q;
  grow();
  run();
}

function list() {
  const find = byId('find').value.toLowerCase(), has = s => s.toLowerCase().includes(find);
  const part = (title, items, open) => items.length ? el('details', { open: open || find !== '' }, el('summary', {}, title, ' ', el('span', { class: 'note' }, items.length)), items) : null;
  const groups = Map.groupBy(catalog.cookbook.filter(q => has(q.title)), q => q.group);
  fill(byId('catalog'),
    [...groups].map(([group, qs], i) => part(group, qs.map(q => el('button', { type: 'button', class: 'question', click: () => put(q.sql) }, q.title)), i === 0)),
    part('Tables', catalog.views.filter(v => has(v.name) || v.columns.some(c => has(c.name))).map(v => el('details', { class: 'view' }, el('summary', { title: v.row }, el('code', {}, v.name)),
      el('p', { class: 'note' }, v.row, '. ', el('button', { type: 'button', class: 'question', click: () => put(v.example) }, 'Example')),
      el('ul', {}, v.columns.map(c => el('li', { title: c.doc }, el('code', {}, c.name), c.unit ? el('span', { class: 'note' }, ' ' + c.unit) : null))))), true),
    part('Macros', catalog.macros.filter(m => has(m.name) || has(m.doc)).map(m => el('p', { class: 'macro', title: m.doc }, el('code', {}, `${m.name}(${m.args})`), el('span', { class: 'note' }, ' ' + (m.unit ?? '')))), false));
}
byId('find').addEventListener('input', list);
list();

follow(() => {
  const q = query().get('q') ?? '';
  if (q === ran) return;
  text.value = q;
  grow();
  if (q) execute(q);
  else { ran = ''; fill(byId('result')); byId('views').hidden = byId('after').hidden = true; fill(byId('state')); text.focus(); }
});
