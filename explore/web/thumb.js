// Draws what was done on an image over its thumbnail.

import { el } from '/web/dom.js';

/**
 * Draws marks over a picture whose viewBox has its proportions.
 * @param {SVGElement} svg
 * @param {any} marks as /api/marks answers
 * @param {{path?: boolean, clicks?: boolean, boxes?: boolean, icons?: boolean}} layers
 */
export function draw(svg, marks, layers) {
  const { width: w, height: h } = svg.viewBox.baseVal;
  svg.querySelector('g')?.remove();
  const g = el('svg:g'), cross = Math.max(w, h) * .035;
  if (layers.boxes) for (const [x, y, bw, bh] of marks.boxes) g.append(el('svg:rect', { class: 'box', x: x * w, y: y * h, width: bw * w, height: bh * h }));
  if (layers.path && marks.path.length > 2) {
    const points = [];
    for (let i = 0; i < marks.path.length; i += 2) points.push(`${(marks.path[i] * w).toFixed(1)} ${(marks.path[i + 1] * h).toFixed(1)}`);
    g.append(el('svg:path', { class: 'halo', d: 'M' + points.join('L') }), el('svg:path', { class: 'way', d: 'M' + points.join('L') }));
  }
  const at = (x, y, last) => {
    const d = `M${-cross} 0H${cross}M0 ${-cross}V${cross}`;
    return el('svg:g', { class: last ? 'click' : 'click early', transform: `translate(${x * w} ${y * h}) rotate(45)` }, el('svg:path', { class: 'halo', d }), el('svg:path', { d }));
  };
  if (layers.clicks) for (let i = 0; i < marks.clicks.length; i += 2) g.append(at(marks.clicks[i], marks.clicks[i + 1], i + 2 >= marks.clicks.length));
  if (layers.icons) for (const i of marks.icons ?? []) g.append(at(i.x, i.y, true));
  svg.append(g);
}
