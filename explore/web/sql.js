// The page of SQL: an editor with completions, the result as a table, a chart or images.

import { byId, el, fill, grouped } from '/web/dom.js';
import { excerpt, get, Problem } from '/web/api.js';
import { follow, go, query } from '/web/state.js';
import { plot } from '/web/plot.js';
import { number } from '/web/chart.js';

const root = byId('sql'), text = byId('query'), complete = byId('complete');
const sets = root.dataset.sets.split(' ');
let result = null, page = 0, shown = 'table', running = null, ran = null, open = new Map(); // profiles, by column

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

text.addEventListener('input', () => { propose(); grow(); fields(); });
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

// Parameters, which are in the address as p.NAME.

const parts = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$\$[\s\S]*?\$\$|\$([A-Za-z_]\w*)/g;

/** Returns the names of the parameters of a query. */
const named = q => [...new Set([...q.matchAll(parts)].map(m => m[1]).filter(Boolean))];

/** Returns the values of the fields. A field that is empty has none. */
const values = () => Object.fromEntries([...byId('params').querySelectorAll('input')].filter(f => f.value !== '').map(f => [f.name, f.value]));

/** Returns a query with its parameters replaced by what their fields say. */
const filled = q => q.replace(parts, (all, name) => !name || !(name in values()) ? all : literal(values()[name]));
const literal = v => /^(true|false|null|'.*'|[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)$/is.test(v) ? v : `'${v.replaceAll("'", "''")}'`;

function fields(from = values()) {
  const names = named(text.value), place = byId('params');
  if ([...place.querySelectorAll('input')].map(f => f.name).join() !== names.join()) {
    fill(place, names.map(n => el('label', {}, el('code', {}, '$' + n), el('input', { type: 'text', name: n, placeholder: 'number, text or null', autocomplete: 'off', spellcheck: 'false',
      keydown: e => { if (e.key === 'Enter') run(); } }))));
  }
  for (const f of place.querySelectorAll('input')) f.value = from[f.name] ?? '';
  place.hidden = !names.length;
}

const params = q => Object.fromEntries([...q].filter(([k]) => k.startsWith('p.')).map(([k, v]) => [k.slice(2), v]));

// History, which the browser keeps for this store.

const store = 'abtool history of ' + root.dataset.store, mostKept = 50;
const past = () => { try { return JSON.parse(localStorage.getItem(store)) ?? []; } catch { return []; } };

function remember(entry) {
  try { localStorage.setItem(store, JSON.stringify([entry, ...past().filter(e => e.q !== entry.q)].slice(0, mostKept))); } catch { /* the browser keeps nothing */ }
  list();
}

function forget() {
  try { localStorage.removeItem(store); } catch { /* there is none */ }
  list();
}

// Running.

byId('run').addEventListener('click', () => run());
byId('stop').addEventListener('click', () => running?.abort());

/** Returns what the address has of a query with parameters. */
const state = (q, p) => JSON.stringify([q, Object.entries(p).sort()]);

function run() {
  const q = text.value.trim(), changes = { q, show: null };
  for (const key of query().keys()) if (key.startsWith('p.')) changes[key] = null;
  for (const [name, v] of Object.entries(values())) changes['p.' + name] = v;
  ran = null;
  if (state(q, values()) === state(query().get('q') ?? '', params(query()))) execute(q);
  else go(changes);
}

const post = (path, body, signal) => get(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal });

async function execute(q) {
  running?.abort();
  const mine = running = new AbortController();
  ran = q;
  open.clear();
  byId('problem').hidden = true;
  byId('stop').hidden = false;
  fill(byId('state'), 'running…');
  try {
    const answer = await post('/api/sql', { q, params: values() }, mine.signal);
    if (mine !== running) return;
    result = answer;
    page = 0;
    const rows = answer.reads ? `${answer.cut ? 'first ' : ''}${grouped(answer.n)} ${answer.n === 1 ? 'row' : 'rows'}` : 'done';
    fill(byId('state'), `${rows}, ${answer.ms} ms${answer.statements > 1 ? `; the last of ${answer.statements} statements` : ''}`);
    byId('after').hidden = false;
    for (const a of byId('save').querySelectorAll('a'))
      a.href = '/export?' + new URLSearchParams({ format: a.dataset.format, q, ...Object.fromEntries(Object.entries(values()).map(([k, v]) => ['p.' + k, v])) });
    byId('save').hidden = !answer.reads;
    remember({ q, p: values(), rows });
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
    e.line ? el('pre', {}, excerpt(e)) : null,
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

/** The data set whose images a result has, by its column seq or image_id and the tables that the query names. */
function setOf() {
  if (column('seq') < 0 && column('image_id') < 0) return null;
  const those = result.statements > 1 ? [] : sets.filter(s => ran.includes(s + '_'));
  return result.statements > 1 ? null : those.length === 1 ? those[0] : sets.length === 1 ? sets[0] : null;
}

function show() {
  const views = byId('views'), set = setOf();
  const kinds = ['table', ...result.n > 1 && result.columns.some(c => c.number) ? ['chart'] : []];
  shown = kinds.includes(query().get('show')) ? query().get('show') : 'table';
  views.hidden = !result.columns.length;
  fill(views, kinds.map(k => el('button', { type: 'button', 'aria-pressed': String(k === shown), click: () => { go({ show: k === 'table' ? null : k }, true); show(); } }, k)),
    set ? el('a', { class: 'as', href: `/i/${set}?` + new URLSearchParams({ q: filled(ran).replace(/;\s*$/, ''), of: 'Rows of a query' }) }, 'as images') : null);
  if (!result.columns.length) return fill(byId('result'));
  if (shown === 'chart') return fill(byId('result'), plot(result, query(), go));
  const size = 100, from = page * size, to = Math.min(result.n, from + size), pages = Math.ceil(result.n / size);
  const cellText = v => v === null ? el('span', { class: 'null' }, 'null') : typeof v === 'number' && !Number.isInteger(v) ? String(Number(v.toPrecision(8))) : String(v);
  fill(byId('result'),
    el('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Result' }, el('table', { class: 'data' },
      el('thead', {}, el('tr', {}, result.columns.map(c => el('th', { scope: 'col', class: c.number ? 'number' : null },
        result.reads ? el('button', { type: 'button', class: 'head-of', 'aria-expanded': String(open.has(c.name)), title: 'values of all rows', click: () => profile(c.name) }, c.name) : c.name,
        el('span', { class: 'kind' }, c.type)))),
      open.size ? el('tr', { class: 'profiles' }, result.columns.map(c => el('td', {}, open.get(c.name) ?? null))) : null),
      el('tbody', {}, Array.from({ length: to - from }, (_, i) => el('tr', {}, result.columns.map((c, k) => el('td', { class: c.number ? 'number' : null }, cellText(result.data[k][from + i])))))))),
    pages > 1 ? el('nav', { class: 'pages' }, el('button', { type: 'button', class: 'plain', disabled: page === 0, click: () => { page--; show(); } }, '‹ Previous'),
      `${grouped(from + 1)}–${grouped(to)} of ${grouped(result.n)}`, el('button', { type: 'button', class: 'plain', disabled: page + 1 >= pages, click: () => { page++; show(); } }, 'Next ›')) : null,
    result.cut ? el('p', { class: 'note' }, `The page shows the first ${grouped(result.n)} rows. What is saved has all of them.`) : null);
}

// What the values of a column are, over the whole result.

async function profile(name) {
  if (!open.delete(name)) {
    open.set(name, el('p', { class: 'note' }, 'counting…'));
    show();
    try {
      const answer = await post('/api/column', { q: ran, params: values(), column: name });
      open.set(name, drawProfile(answer));
    } catch (e) {
      if (!(e instanceof Problem)) throw e;
      open.set(name, el('p', { class: 'note' }, e.message));
    }
  }
  show();
}

function drawProfile(p) {
  const most = Math.max(1, ...p.count), W = 150, H = 44, w = W / p.count.length, of = p.n - p.null;
  const share = n => `${number(100 * n / of, .1)} %`, n = v => v == null ? '–' : Number(Number(v).toPrecision(4)).toLocaleString('en-US');
  return el('div', { class: 'profile' },
    p.bins ? el('svg:svg', { viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': 'Histogram' }, p.count.map((c, i) => el('svg:rect', { class: 'bar', x: i * w, width: Math.max(.5, w - .7), y: H - c / most * H, height: c / most * H },
      el('svg:title', {}, `${n(p.bins.low + i * p.bins.step)} to ${n(p.bins.low + (i + 1) * p.bins.step)}: ${grouped(c)}`)))) : null,
    p.values ? el('ol', {}, p.values.map((v, i) => el('li', { title: v }, el('span', { class: 'text' }, v === '' ? '(empty)' : v), el('span', { class: 'note', title: share(p.count[i]) }, grouped(p.count[i])), el('svg:svg', { viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, el('svg:rect', { class: 'bar', width: p.count[i] / most * 100, height: 1 }))))) : null,
    p.quantiles ? el('dl', {}, [['least', p.least], ['5 %', p.quantiles[0]], ['25 %', p.quantiles[1]], ['median', p.quantiles[2]], ['75 %', p.quantiles[3]], ['95 %', p.quantiles[4]], ['most', p.most], ['mean', p.mean]].map(([k, v]) => el('div', {}, el('dt', {}, k), el('dd', {}, n(v))))) : null,
    el('p', { class: 'note' }, `${grouped(p.n)} rows, ${grouped(p.distinct)} different${p.null ? `, ${grouped(p.null)} null` : ''}`));
}

// Copies for other programs.

const shell = s => "'" + s.replaceAll("'", "'\\''") + "'";
const copies = {
  abtool: () => root.dataset.shell + Object.entries(values()).map(([k, v]) => `--param ${shell(`${k}=${v}`)} `).join('') + shell(ran),
  duckdb: () => root.dataset.setup + ' > setup.sql\nduckdb -init setup.sql -c ' + shell(filled(ran)),
};
for (const b of byId('after').querySelectorAll('[data-copy]')) b.addEventListener('click', async () => {
  const was = b.textContent;
  await navigator.clipboard.writeText(copies[b.dataset.copy]());
  fill(b, 'Copied');
  setTimeout(() => fill(b, was), 1500);
});

// The list beside the editor.

function put(q, p = {}) {
  text.value = q;
  grow();
  fields(p);
  if (named(q).every(n => n in p)) run();
  else byId('params').querySelector('input').focus();
}

function list() {
  const find = byId('find').value.toLowerCase(), has = s => s.toLowerCase().includes(find);
  const part = (title, items, open) => items.length ? el('details', { open: open || find !== '' }, el('summary', {}, title, ' ', el('span', { class: 'note' }, items.length)), items) : null;
  const groups = Map.groupBy(catalog.cookbook.filter(q => has(q.title)), q => q.group);
  const before = past().filter(e => has(e.q));
  fill(byId('catalog'),
    before.length ? part('History', [...before.map(e => el('button', { type: 'button', class: 'question before', title: e.q, click: () => put(e.q, e.p) }, el('code', {}, e.q.replace(/\s+/g, ' ').slice(0, 120)), el('span', { class: 'note' }, ' ' + e.rows))),
      el('p', { class: 'note' }, `The last ${mostKept} queries, in this browser only. `, el('button', { type: 'button', class: 'question', id: 'forget', click: forget }, 'Forget them'))], false) : null,
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
  const p = params(query());
  if (q === ran && state(q, p) === state(q, values())) return;
  text.value = q;
  grow();
  fields(p);
  if (q && named(q).every(n => n in p)) execute(q);
  else if (q) { ran = ''; fill(byId('state'), 'Fill in ' + named(q).filter(n => !(n in p)).map(n => '$' + n).join(', ')); byId('params').querySelector('input').focus(); }
  else { ran = ''; fill(byId('result')); byId('views').hidden = byId('after').hidden = true; fill(byId('state')); text.focus(); }
});
