// The timeline of a player: what happened when, and where nothing is known.

import { el } from './dom.js';
import { upTo } from './player.js';

const LABEL = 92, ROW = 20, AXIS = 22; // px
const KINDS = [ // rows of one annotator, and the events in them
  ['pointer', null], ['samples', null],
  ['clicks', e => /^(select|deselect|unselect|press|submit)$/.test(e.what)],
  ['icons', e => /^(add|move|remove|drag)$/.test(e.what)],
  ['steps', e => /^step/.test(e.what)],
  ['keys', e => e.what === 'key'],
  ['page', e => /^(hidden|visible|focus|blur|freeze|resume|reload|loaded|failed|remark|link|restored|online|offline|show)$/.test(e.what)],
];

/** Returns a time for people. */
export function clock(ms) {
  if (!(ms === ms)) return '–';
  const s = ms / 1000;
  if (s < 60) return s.toFixed(3) + ' s';
  const whole = Math.floor(s);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}.${String(Math.round((s - whole) * 10) % 10)}`;
}

export class Timeline {
  from = 0; // what is to be seen, ms
  #drag = false;

  /** @param {import('./player.js').Player} player */
  constructor(player, theme) {
    Object.assign(this, { player, theme, to: player.end });
    const one = player.tracks.length === 1;
    this.rows = one ? KINDS.filter(([name, of]) => !of || player.tracks[0].events.some(of)).map(([name, of]) => ({ name, of, track: player.tracks[0] }))
      : player.tracks.map((track, i) => ({ name: track.label, track }));
    if (player.scene.scrolls?.t.length > 1) this.rows.push({ name: 'scroll', scroll: player.scene.scrolls });
    this.canvas = el('canvas', { class: 'timeline', tabindex: 0, role: 'slider', 'aria-label': 'Time', 'aria-valuemin': 0,
      'aria-valuemax': Math.round(player.end), title: '' });
    const c = this.canvas;
    c.addEventListener('pointerdown', e => {
      if (e.button) return;
      this.#drag = true;
      c.setPointerCapture(e.pointerId);
      this.player.pause();
      this.#scrub(e);
    });
    c.addEventListener('pointermove', e => this.#drag ? this.#scrub(e) : this.#hover(e));
    for (const type of ['pointerup', 'pointercancel']) c.addEventListener(type, () => { this.#drag = false; });
  }

  get height() { return this.rows.length * ROW + AXIS; }

  #x(t) { return LABEL + (t - this.from) / (this.to - this.from) * (this.width - LABEL - 8); }
  #t(x) { return this.from + (x - LABEL) / (this.width - LABEL - 8) * (this.to - this.from); }

  #scrub(e) { this.player.seek(this.#t(e.offsetX)); }

  /** Says what is under the pointer. */
  #hover(e) {
    const row = this.rows[Math.floor(e.offsetY / ROW)], t = this.#t(e.offsetX);
    const gap = row?.track && t >= 0 && row.track.gap(t - row.track.off);
    this.canvas.title = gap ? `${clock(gap.from)} to ${clock(gap.to)}: ${this.player.scene.reasons[gap.why]}` : '';
  }

  /** Zooms by a factor around the cursor; 0 shows all. */
  zoom(by) {
    const { t, end } = this.player;
    const span = by ? Math.min(Math.max((this.to - this.from) / by, 50), end) : end;
    this.from = Math.min(Math.max(t - (t - this.from) / (this.to - this.from) * span, 0), end - span);
    this.to = this.from + span;
    this.draw();
  }

  /** Moves so that the cursor is to be seen. */
  #follow() {
    const { t, end } = this.player, span = this.to - this.from;
    if (this.to > end) this.to = end;
    if (t >= this.from && t <= this.to) return;
    this.from = Math.min(Math.max(t - span * .1, 0), Math.max(end - span, 0));
    this.to = Math.min(this.from + span, end);
  }

  /** Draws, for a width in CSS px. */
  draw(width = this.width) {
    if (!(width > 0)) return;
    const { canvas, theme, player } = this, ratio = devicePixelRatio || 1;
    this.width = width;
    this.#follow();
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(this.height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(this.height * ratio);
      canvas.style.height = this.height + 'px';
    }
    const c = canvas.getContext('2d');
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, this.height);
    c.font = '12px system-ui, sans-serif';
    this.rows.forEach((row, i) => this.#row(c, row, i * ROW));
    this.#axis(c);
    const x = this.#x(player.t);
    c.strokeStyle = theme.end;
    c.lineWidth = 2;
    c.beginPath();
    c.moveTo(x, 0);
    c.lineTo(x, this.height - AXIS + 5);
    c.stroke();
    c.fillStyle = theme.end;
    c.beginPath();
    c.arc(x, this.height - AXIS + 5, 4, 0, 7);
    c.fill();
    canvas.setAttribute('aria-valuenow', Math.round(player.t));
  }

  #row(c, row, y) {
    const { theme } = this, right = this.width - 8;
    c.fillStyle = theme.soft;
    c.textBaseline = 'middle';
    c.textAlign = 'left';
    c.fillText(row.name, 0, y + ROW / 2, LABEL - 8);
    c.save();
    c.beginPath();
    c.rect(LABEL - 4, y, right - LABEL + 8, ROW);
    c.clip();
    c.fillStyle = theme.tint;
    c.fillRect(LABEL, y + 2, right - LABEL, ROW - 4);
    if (row.scroll) this.#scroll(c, row.scroll, y);
    else if (row.of) this.#events(c, row.track, row.track.timed.filter(row.of), y);
    else if (row.name === 'samples') this.#density(c, row.track, y);
    else {
      this.#known(c, row.track, y);
      if (this.player.tracks.length > 1) this.#events(c, row.track, row.track.timed.filter(e => /^(select|deselect|add|move|remove)$/.test(e.what)), y);
    }
    c.restore();
  }

  /** Where the pointer is known, and the gaps. */
  #known(c, k, y) {
    const { theme } = this;
    c.fillStyle = k.colour;
    c.globalAlpha = k.shown ? .8 : .25;
    let at = k.off;
    for (const g of [...k.gaps, { from: k.raw.end, to: k.raw.end }]) {
      const a = this.#x(at), b = this.#x(g.from + k.off);
      if (b > a) c.fillRect(a, y + 5, Math.max(b - a, 1), ROW - 10);
      at = g.to + k.off;
    }
    c.globalAlpha = 1;
    this.hatch ??= hatching(theme.soft);
    for (const g of k.gaps) {
      const a = this.#x(g.from + k.off), b = this.#x(g.to + k.off);
      c.fillStyle = g.why === 'hidden' ? theme.line : c.createPattern(this.hatch, 'repeat');
      c.fillRect(a, y + 3, Math.max(b - a, .5), ROW - 6);
      const text = this.player.scene.short?.[g.why] ?? g.why, w = c.measureText(text).width;
      if (b - a > w + 10) {
        c.fillStyle = theme.tint;
        c.fillRect((a + b - w) / 2 - 3, y + 3, w + 6, ROW - 6);
        c.fillStyle = theme.soft;
        c.fillText(text, (a + b - w) / 2, y + ROW / 2);
      }
    }
  }

  /** Samples: a tick each, or how many there are. */
  #density(c, k, y) {
    const a = upTo(k.T, this.from), b = upTo(k.T, this.to), wide = this.width - LABEL - 8;
    c.fillStyle = k.colour;
    if (b - a < wide / 3) {
      for (let i = Math.max(a - 1, 0); i < b; i++) c.fillRect(this.#x(k.T[i]) - .6, y + 4, 1.2, ROW - 8);
      return;
    }
    const bins = new Array(Math.ceil(wide / 3)).fill(0);
    for (let i = a; i < b; i++) bins[Math.min(Math.floor((this.#x(k.T[i]) - LABEL) / 3), bins.length - 1)]++;
    const most = Math.max(...bins);
    bins.forEach((n, i) => { if (n) c.fillRect(LABEL + i * 3, y + ROW - 3 - n / most * (ROW - 6), 2.4, n / most * (ROW - 6)); });
  }

  #events(c, k, events, y) {
    const { theme } = this, m = y + ROW / 2;
    for (const e of events) {
      const x = this.#x(e.t + k.off);
      if (x < LABEL - 6 || x > this.width) continue;
      const filled = /^(select|add|step|submit|hidden|failed)$/.test(e.what);
      c.fillStyle = c.strokeStyle = this.player.tracks.length > 1 ? theme.ink : k.colour;
      c.lineWidth = 1.6;
      if (e.to > e.t) c.fillRect(x, m - 2, this.#x(e.to + k.off) - x, 4);
      c.beginPath();
      if (/^(key|loaded|visible|show|blur|focus)/.test(e.what)) c.rect(x - .8, y + 4, 1.6, ROW - 8);
      else c.arc(x, m, 4, 0, 7);
      filled || /^(key|loaded)/.test(e.what) ? c.fill() : c.stroke();
      if (e.what === 'hidden') {
        const back = k.timed.find(v => v.t > e.t && v.what === 'visible');
        c.fillStyle = theme.line;
        c.fillRect(x, y + 3, this.#x(back?.t ?? k.raw.end) - x, ROW - 6);
      }
    }
  }

  #scroll(c, s, y) {
    const most = Math.max(...s.y, 1), at = v => y + 4 + v / most * (ROW - 8);
    c.strokeStyle = this.theme.soft;
    c.lineWidth = 1.4;
    c.beginPath();
    s.t.forEach((t, i) => {
      if (i) c.lineTo(this.#x(t), at(s.y[i - 1]));
      c.lineTo(this.#x(t), at(s.y[i]));
    });
    c.lineTo(this.#x(this.player.end), at(s.y.at(-1)));
    c.stroke();
  }

  #axis(c) {
    const { theme } = this, y = this.rows.length * ROW, span = this.to - this.from;
    const raw = span / Math.max((this.width - LABEL) / 90, 1), power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map(v => v * power).find(v => v >= raw);
    c.fillStyle = theme.soft;
    c.strokeStyle = theme.line;
    c.lineWidth = 1;
    c.textBaseline = 'top';
    c.textAlign = 'center';
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) {
      const x = this.#x(t);
      c.beginPath();
      c.moveTo(x, 0);
      c.lineTo(x, y + 4);
      c.stroke();
      if (x < this.width - 24) c.fillText(span < 2000 ? `${Math.round(t)} ms` : `${+(t / 1000).toFixed(2)} s`, Math.max(x, LABEL + 10), y + 7);
    }
    c.textAlign = 'left';
  }
}

/** Returns a tile of slanting lines. */
function hatching(colour) {
  const tile = el('canvas', { width: 7, height: 7 }), c = tile.getContext('2d');
  c.strokeStyle = colour;
  c.globalAlpha = .6;
  c.lineWidth = 1;
  c.beginPath();
  for (const d of [-7, 0, 7]) {
    c.moveTo(d, 7);
    c.lineTo(d + 7, 0);
  }
  c.stroke();
  return tile;
}
