// Charts as SVG.

import { el, grouped } from '/web/dom.js';

/** Returns a number as people read it, with as many decimals as a step needs. */
export function number(v, step = 1) {
  if (v == null) return '–';
  const decimals = Math.max(0, Math.min(6, -Math.floor(Math.log10(step || 1) + 1e-9)));
  return v.toLocaleString('en-US', { maximumFractionDigits: decimals });
}

/** Returns a value of a field as people read it. @param {{kind: string, unit?: string}} field */
export function valueText(field, v, step) {
  if (v == null) return '–';
  if (field.kind === 'time') return new Date(v).toISOString().slice(0, step && step < 864e5 ? 16 : 10).replace('T', ' ');
  if (field.unit === 'ms' && Math.abs(v) >= 1000) return number(v / 1000, .1) + ' s';
  if (typeof v === 'number') return number(v, step ?? (field.kind === 'number' ? .001 : 1)) + (field.unit === 'ms' ? ' ms' : '');
  if (Array.isArray(v)) return v.join(', ');
  return String(v);
}

/**
 * Returns a histogram that selects a range by dragging.
 * @param {{bins: any, count: number[]}} facet
 * @param {?number[]} all counts without a filter
 * @param {any} field
 * @param {?{low: ?number, high: ?number}} range selected
 * @param {(range: ?{low: number, high: number, below: boolean}) => void} choose
 */
export function histogram(facet, all, field, range, choose) {
  const { low, step, n } = facet.bins, W = 240, H = 56, w = W / n;
  const most = Math.max(1, ...facet.count), mostAll = Math.max(1, ...all ?? [1]);
  const height = (c, m) => c === 0 ? 0 : Math.max(1.5, c / m * H);
  const svg = el('svg:svg', { viewBox: `0 0 ${W} ${H + 1}`, class: 'histogram', preserveAspectRatio: 'none', role: 'img',
    'aria-label': `Histogram of ${field.title}: ${grouped(facet.n - facet.null)} values` });
  for (let i = 0; i < n; i++) {
    const from = low + i * step, to = from + step;
    const inside = !range || ((range.low == null || to > range.low) && (range.high == null || from <= range.high && !(range.below && from >= range.high)));
    if (all) svg.append(el('svg:rect', { class: 'all', x: i * w, width: Math.max(.5, w - 1), y: H - height(all[i], mostAll), height: height(all[i], mostAll) }));
    svg.append(el('svg:rect', { class: inside ? 'bar' : 'bar off', x: i * w, width: Math.max(.5, w - 1), y: H - height(facet.count[i], most), height: height(facet.count[i], most) }));
    const whole = field.kind !== 'number' && step === 1;
    const text = whole ? valueText(field, from, step) : `${valueText(field, from, step)} to ${valueText(field, to, step)}`;
    svg.append(el('svg:rect', { class: 'catch', x: i * w, width: w, y: 0, height: H }, el('svg:title', {}, `${text}: ${grouped(facet.count[i])}`)));
  }
  svg.append(el('svg:line', { class: 'axis', x1: 0, x2: W, y1: H + .5, y2: H + .5 }));
  const brush = el('svg:rect', { class: 'brush', y: 0, height: H, width: 0 });
  svg.append(brush);
  const bin = e => {
    const r = svg.getBoundingClientRect();
    return Math.max(0, Math.min(n - 1, Math.floor((e.clientX - r.left) / r.width * n)));
  };
  let start = null;
  svg.addEventListener('pointerdown', e => { start = bin(e); svg.setPointerCapture(e.pointerId); show(e); e.preventDefault(); });
  svg.addEventListener('pointermove', e => { if (start != null) show(e); });
  svg.addEventListener('pointercancel', () => { start = null; brush.setAttribute('width', 0); });
  svg.addEventListener('pointerup', e => {
    if (start == null) return;
    const a = Math.min(start, bin(e)), b = Math.max(start, bin(e));
    start = null;
    choose(binRange(facet.bins, field, a, b));
  });
  const show = e => {
    const a = Math.min(start, bin(e)), b = Math.max(start, bin(e));
    brush.setAttribute('x', a * w);
    brush.setAttribute('width', (b - a + 1) * w);
  };
  return svg;
}

/** Returns the range of bins a to b. The first and the last bin have what lies outside, too. */
export function binRange(bins, field, a, b) {
  const round = v => Number(v.toPrecision(12));
  const low = a === 0 && bins.before ? null : round(bins.low + a * bins.step);
  let high = b === bins.n - 1 && bins.after ? null : round(bins.low + (b + 1) * bins.step);
  if (field.kind === 'number') return { low, high, below: high != null && high < bins.most };
  if (high != null) high--;
  return { low, high, below: false };
}
