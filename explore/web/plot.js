// The chart of a result: bars, a line, points, or a map of x and y.

import { el, grouped } from '/web/dom.js';
import { number } from '/web/chart.js';

const W = 760, H = 340, L = 64, R = 16, T = 14, B = 46;

/** Returns about five round numbers between two. */
function ticks(low, high) {
  if (!(high > low)) return [low];
  const raw = (high - low) / 5, p = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].map(m => m * p).find(s => s >= raw);
  const out = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step) out.push(Number(v.toPrecision(12)));
  return out;
}

/** Returns the chart that fits the columns, and selects for its kind and columns, which go to the address. */
export function plot(result, query, go) {
  const numbers = result.columns.map((c, i) => [c, i]).filter(([c]) => c.number);
  const kind = query.get('kind') ?? (numbers.length > 1 && result.n > 60 ? 'points' : 'bars');
  const index = (key, fallback) => { const i = result.columns.findIndex(c => c.name === query.get(key)); return i < 0 ? fallback : i; };
  const first = result.columns.findIndex((c, i) => !c.number) < 0 ? 0 : result.columns.findIndex(c => !c.number);
  const y = index('y', numbers.at(-1)[1] === first && numbers.length > 1 ? numbers[0][1] : numbers.at(-1)[1]);
  const x = index('x', kind === 'points' || kind === 'map' ? numbers.find(([, i]) => i !== y)?.[1] ?? 0 : first);
  const select = (label, key, value, options) => el('label', {}, label + ' ', el('select', { change: e => go({ [key]: e.target.value }, true) || e.target.closest('.chart').replaceWith(plot(result, new URLSearchParams(location.search), go)) },
    options.map(o => el('option', { value: o, selected: o === value }, o))));
  const names = result.columns.map(c => c.name), numeric = numbers.map(([c]) => c.name);
  return el('div', { class: 'chart' }, el('div', { class: 'tools' }, select('Chart', 'kind', kind, ['bars', 'line', 'points', 'map']),
    select('Across', 'x', names[x], kind === 'bars' ? names : numeric), select('Up', 'y', names[y], numeric)), drawn(result, kind, x, y));
}

function drawn(result, kind, x, y) {
  const svg = el('svg:svg', { viewBox: `0 0 ${W} ${H}`, class: 'plot', role: 'img', 'aria-label': `${kind} of ${result.columns[y].name} by ${result.columns[x].name}` });
  let rows = result.data[y].map((v, i) => [result.data[x][i], v]).filter(r => typeof r[1] === 'number' && (kind === 'bars' || typeof r[0] === 'number'));
  if (!rows.length) return el('p', { class: 'note' }, 'These columns have no numbers to draw.');
  const many = kind === 'bars' && rows.length > 60;
  if (many) rows = rows.slice(0, 60);
  if (kind === 'line') rows.sort((a, b) => a[0] - b[0]);
  const ys = rows.map(r => r[1]), xs = rows.map(r => r[0]);
  const unit = kind === 'map' && ys.every(v => v >= 0 && v <= 1) && xs.every(v => v >= 0 && v <= 1);
  let lowY = kind === 'bars' ? Math.min(0, ...ys) : Math.min(...ys), highY = kind === 'bars' ? Math.max(0, ...ys) : Math.max(...ys);
  if (unit) [lowY, highY] = [0, 1];
  if (lowY === highY) highY = lowY + 1;
  const py = v => kind === 'map' ? T + (v - lowY) / (highY - lowY) * (H - T - B) : H - B - (v - lowY) / (highY - lowY) * (H - T - B); // y points down on a map
  for (const t of ticks(lowY, highY)) svg.append(el('svg:line', { class: 'gridline', x1: L, x2: W - R, y1: py(t), y2: py(t) }), el('svg:text', { x: L - 8, y: py(t) + 4, 'text-anchor': 'end' }, number(t, (highY - lowY) / 5)));
  const label = (at, text) => el('svg:text', { x: at, y: H - B + 18, 'text-anchor': 'middle' }, text);
  if (kind === 'bars') {
    const w = (W - L - R) / rows.length, every = Math.ceil(rows.length / 12);
    rows.forEach(([k, v], i) => {
      svg.append(el('svg:rect', { class: 'bar', x: L + i * w + w * .1, width: w * .8, y: Math.min(py(v), py(0)), height: Math.max(1, Math.abs(py(v) - py(0))) }, el('svg:title', {}, `${k}: ${number(v, 1e-6)}`)));
      const room = Math.floor(w * every / 6.5);
      if (i % every === 0) svg.append(label(L + (i + .5) * w, String(k).length > room ? String(k).slice(0, Math.max(1, room - 1)) + '…' : String(k)));
    });
  } else {
    let low = Math.min(...xs), high = Math.max(...xs);
    if (unit) [low, high] = [0, 1];
    if (low === high) high = low + 1;
    const px = v => L + (v - low) / (high - low) * (W - L - R);
    for (const t of ticks(low, high)) svg.append(label(px(t), number(t, (high - low) / 5)), el('svg:line', { class: 'gridline', x1: px(t), x2: px(t), y1: T, y2: H - B }));
    if (kind === 'line') svg.append(el('svg:path', { class: 'line', d: 'M' + rows.map(([a, b]) => `${px(a).toFixed(1)} ${py(b).toFixed(1)}`).join('L') }));
    if (kind === 'map') {
      const n = 20, cells = new Map();
      for (const [a, b] of rows) {
        const key = `${Math.min(n - 1, Math.floor((a - low) / (high - low) * n))} ${Math.min(n - 1, Math.floor((b - lowY) / (highY - lowY) * n))}`;
        cells.set(key, (cells.get(key) ?? 0) + 1);
      }
      const most = Math.max(...cells.values()), w = (W - L - R) / n, h = (H - T - B) / n;
      for (const [key, k] of cells) {
        const [i, j] = key.split(' ').map(Number);
        svg.append(el('svg:rect', { class: 'heat', x: L + i * w, y: T + j * h, width: w, height: h, 'fill-opacity': k / most }, el('svg:title', {}, grouped(k))));
      }
    } else if (kind === 'points' || rows.length < 80) for (const [a, b] of rows) svg.append(el('svg:circle', { class: 'dot', cx: px(a), cy: py(b), r: rows.length > 300 ? 2 : 3.5 }, el('svg:title', {}, `${number(a, 1e-6)}, ${number(b, 1e-6)}`)));
  }
  svg.append(el('svg:line', { class: 'axis', x1: L, x2: W - R, y1: H - B, y2: H - B }), el('svg:text', { class: 'name', x: (L + W - R) / 2, y: H - 8, 'text-anchor': 'middle' }, result.columns[x].name),
    el('svg:text', { class: 'name', x: 14, y: (T + H - B) / 2, 'text-anchor': 'middle', transform: `rotate(-90 14 ${(T + H - B) / 2})` }, result.columns[y].name));
  return el('div', {}, svg, many ? el('p', { class: 'note' }, 'Bars of the first 60 rows.') : null);
}
