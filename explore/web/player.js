// The player: which samples a time has, and the picture of them. Nothing here depends on the page around it.

// Colours of annotators, which differ in lightness too, on light and on dark pages.
const LIGHT = ['#0072b2', '#c77700', '#00664f', '#d06fa5', '#3fa7e0', '#8f2d00', '#6a3fb5', '#948600', '#003f7d', '#e0605a', '#4d7f00', '#7f7f7f'];
const DARK = ['#56b4e9', '#ffb347', '#3cc89b', '#f2a9d0', '#9fd8ff', '#ff7a4d', '#b79cf2', '#e8dc5a', '#4a90d9', '#ffc9c4', '#a4dd52', '#bdbdbd'];

/** Returns the colour of an annotator. @param {number} i @param {boolean} dark */
export const colour = (i, dark) => (dark ? DARK : LIGHT)[i % LIGHT.length];

const STILL = 300; // ms without a sample: a pause
const BRIGHT = 2500; // ms that the trail stays bright
const LONG = 1000; // ms to which a time without any event is shortened

const numbers = list => Float64Array.from(list ?? [], v => v ?? NaN);

/** Returns the number of values of an ascending list that are at most v. */
export function upTo(list, v) {
  let a = 0, b = list.length;
  while (a < b) {
    const m = (a + b) >> 1;
    if (list[m] <= v) a = m + 1; else b = m;
  }
  return a;
}

/** What one annotator did, in px of the stage. */
export class Track {
  constructor(scene, raw, index) {
    this.raw = raw;
    this.colour = colour(index, false);
    this.off = 0; // ms that it begins after the clock
    this.shown = true;
    const place = (list, i, axis, slot) => {
      const v = list[i];
      if (v == null) return NaN;
      const m = raw.unit === 'image' && (scene.images[slot] ?? scene.images[0]);
      return m ? m[axis] + v * m[axis === 'x' ? 'w' : 'h'] : v;
    };
    const { samples: s, events: e, gaps: g, untimed: u } = raw;
    this.T = numbers(s.t);
    this.slots = s.slot ?? null;
    this.X = Float64Array.from(s.t, (_, i) => place(s.x, i, 'x', s.slot?.[i] ?? 0));
    this.Y = Float64Array.from(s.t, (_, i) => place(s.y, i, 'y', s.slot?.[i] ?? 0));
    this.untimed = u.x.map((_, i) => [place(u.x, i, 'x', u.slot?.[i] ?? 0), place(u.y, i, 'y', u.slot?.[i] ?? 0)]);
    this.events = e.t.map((t, i) => ({ t: t ?? NaN, what: e.what[i], slot: e.slot[i], text: e.text[i], to: e.to[i] ?? NaN,
      x: place(e.x, i, 'x', e.slot[i]), y: place(e.y, i, 'y', e.slot[i]), fx: place(e.fx, i, 'x', e.slot[i]), fy: place(e.fy, i, 'y', e.slot[i]),
      rx: e.x[i], ry: e.y[i] }));
    this.timed = this.events.filter(v => v.t === v.t);
    this.from = numbers(g.from);
    this.gaps = g.from.map((from, i) => ({ from, to: g.to[i], why: g.why[i] }));
    // Whether the path is broken before sample i.
    this.cut = new Uint8Array(this.T.length).map((_, i) => i === 0 || this.X[i] !== this.X[i] || this.X[i - 1] !== this.X[i - 1] ||
      this.slots && this.slots[i] !== this.slots[i - 1] || this.#gapBetween(this.T[i - 1], this.T[i]) ? 1 : 0);
    this.pauses = [];
    for (let i = 1; i < this.T.length; i++) {
      if (!this.cut[i] && this.T[i] - this.T[i - 1] >= STILL) this.pauses.push({ t: this.T[i - 1], to: this.T[i], x: this.X[i - 1], y: this.Y[i - 1] });
    }
  }

  #gapBetween(a, b) {
    const k = upTo(this.from, b) - 1;
    return k >= 0 && this.gaps[k].to > a && this.gaps[k].from < b;
  }

  /** Returns the gap at a time, or undefined. */
  gap(t) {
    const g = this.gaps[upTo(this.from, t) - 1];
    return g && (t < g.to || g.to === this.raw.end) ? g : undefined;
  }

  /**
   * Returns where the pointer is at a time of the track: at the last sample, if nothing says otherwise.
   * what is sample, gap, none where nothing was recorded yet, or over.
   */
  at(t) {
    const i = upTo(this.T, t) - 1, g = this.gap(t);
    if (t > this.raw.end + 1e-6) return { what: 'over', i, x: NaN, y: NaN };
    if (g && !(i >= 0 && this.T[i] === t && this.X[i] === this.X[i])) return { what: 'gap', i, why: g.why, x: NaN, y: NaN };
    if (i < 0 || this.X[i] !== this.X[i]) return { what: 'none', i, x: NaN, y: NaN };
    return { what: 'sample', i, t: this.T[i], x: this.X[i], y: this.Y[i], slot: this.slots?.[i] ?? 0 };
  }
}

/** The clock, and what there is at a time. Times are ms since the beginning of the scene. */
export class Player extends EventTarget {
  t = 0;
  speed = 1;
  loop = false;
  playing = false;
  short = true; // whether long times without any event are shortened
  #p = 0; // place in the playing time
  #began = 0;
  #frame = 0;

  constructor(scene) {
    super();
    this.scene = scene;
    this.tracks = scene.tracks.map((raw, i) => new Track(scene, raw, i));
    this.align(false);
  }

  /** Lets the tracks begin together, or end their last clicks together. */
  align(aims) {
    const aim = t => t.raw.aim ?? t.raw.end, last = Math.max(...this.tracks.map(aim), 0);
    for (const t of this.tracks) t.off = aims ? last - aim(t) : 0;
    this.end = Math.max(...this.tracks.map(t => t.off + t.raw.end), 1);
    const all = this.tracks.flatMap(t => [...t.T, ...t.timed.flatMap(e => e.to === e.to ? [e.t, e.to] : [e.t])].map(v => v + t.off));
    this.times = Float64Array.from([0, ...all, this.end]).sort();
    this.marks = Float64Array.from(new Set(this.tracks.flatMap(t => t.timed.map(e => e.t + t.off)))).sort();
    this.#stretch();
    this.seek(Math.min(this.t, this.end));
  }

  /** Sets whether long times without any event are shortened. */
  shorten(yes) {
    this.short = yes;
    this.#stretch();
    this.seek(this.t);
  }

  /** Relates times to playing times, in which long silences are shortened. */
  #stretch() {
    this.knots = [[0, 0]]; // time, playing time
    this.silences = [];
    let p = 0, from = 0;
    for (const t of this.times) {
      const d = t - from;
      if (d > LONG) this.silences.push([from, t]);
      if (d > LONG && this.short) {
        this.knots.push([from, p], [t, p + LONG]);
        p += LONG;
      } else p += d;
      from = t;
    }
    this.knots.push([this.end, p]);
  }

  #map(v, from, to) {
    const k = this.knots;
    let i = 1;
    while (i < k.length - 1 && k[i][from] <= v) i++;
    const [a, b] = [k[i - 1], k[i]], d = b[from] - a[from];
    return d > 0 ? a[to] + (v - a[from]) / d * (b[to] - a[to]) : b[to];
  }

  /** Returns the silence at a time, if it is being shortened. */
  silence() {
    const s = this.short && this.silences.find(([a, b]) => this.t >= a && this.t < b);
    return s ? s[1] - s[0] : 0;
  }

  /** Goes to a time. */
  seek(t) {
    this.t = Math.min(Math.max(t, 0), this.end);
    this.#p = this.#map(this.t, 0, 1);
    this.#began = performance.now();
    this.#tell('time');
  }

  play() {
    if (this.playing) return;
    if (this.t >= this.end) this.seek(0);
    this.playing = true;
    this.#began = performance.now();
    const step = now => {
      if (!this.playing) return;
      this.#p += Math.max(now - this.#began, 0) * this.speed;
      this.#began = Math.max(now, this.#began);
      const whole = this.knots.at(-1)[1];
      if (this.#p >= whole && this.loop) this.#p = 0;
      this.t = this.#p >= whole ? this.end : this.#map(this.#p, 1, 0);
      if (this.#p >= whole) this.pause();
      else this.#frame = requestAnimationFrame(step);
      this.#tell('time');
    };
    this.#frame = requestAnimationFrame(step);
    this.#tell('state');
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.#frame);
    this.#tell('state');
  }

  /** Goes n samples on, or back. */
  step(n) {
    this.pause();
    const times = Float64Array.from(new Set(this.tracks.filter(t => t.shown).flatMap(t => [...t.T].map(v => v + t.off)))).sort();
    const i = n > 0 ? upTo(times, this.t) - 1 + n : upTo(times, this.t - 1e-9) + n;
    this.seek(times[Math.min(Math.max(i, 0), times.length - 1)] ?? 0);
  }

  /** Goes to the next event, or the one before. */
  jump(on) {
    this.pause();
    const i = on ? upTo(this.marks, this.t) : upTo(this.marks, this.t - 1e-9) - 1;
    this.seek(this.marks[i] ?? (on ? this.end : 0));
  }

  /** Returns where each pointer is. */
  at(t = this.t) { return this.tracks.map(k => k.at(t - k.off)); }

  #tell(what) { this.dispatchEvent(new Event(what)); }
}

/** Returns the value at a time of columns with times t. */
const latest = (t, time) => upTo(t, time) - 1;

/** Draws a scene at a time. */
export class Picture {
  images = new Map(); // by slot
  trail = 'fade';
  dots = true;
  across = false;
  truth = true;
  order = false;
  names = false;
  /** What was drawn last: the state of each track. */
  drawn = [];

  constructor(player, { pictures, changed, theme }) {
    Object.assign(this, { player, theme, scene: player.scene });
    this.#selections();
    for (const m of this.scene.images) {
      if (!pictures || !m.src || this.images.has(m.slot)) continue;
      const img = new Image();
      img.onload = changed;
      img.onerror = () => { this.images.delete(m.slot); changed(); };
      img.src = m.src;
      this.images.set(m.slot, img);
    }
    if (this.scene.layouts) {
      this.places = new Map();
      const l = this.scene.layouts;
      l.slot.forEach((slot, i) => {
        if (!this.places.has(slot)) this.places.set(slot, []);
        this.places.get(slot).push([l.t[i], l.x[i], l.y[i], l.w[i], l.h[i]]);
      });
    }
  }

  /** When each slot was selected. */
  #selections() {
    this.selected = new Map();
    if (this.scene.kind !== 'browse') return;
    for (const t of this.player.tracks) {
      for (const e of t.timed) {
        if (!/select/.test(e.what)) continue;
        if (!this.selected.has(e.slot)) this.selected.set(e.slot, []);
        this.selected.get(e.slot).push([e.t, e.what === 'select']);
      }
    }
  }

  /** Returns whether a slot is selected at a time. */
  isSelected(slot, t) { return this.selected.get(slot)?.filter(([at]) => at <= t).at(-1)?.[1] ?? false; }

  /** Returns the place of an image at a time, px of the stage. */
  place(m, t) {
    const p = this.places?.get(m.slot)?.filter(([at], i) => i === 0 || at <= t).at(-1);
    return p ? { x: p[1], y: p[2], w: p[3], h: p[4] } : m;
  }

  /** Returns the window of the annotator at a time, or null if it was not recorded. */
  window(t) {
    const { views: v, scrolls: s } = this.scene;
    if (!v?.t.length) return null;
    const i = Math.max(latest(v.t, t), 0), k = s.t.length ? Math.max(latest(s.t, t), 0) : -1;
    return { x: k < 0 ? 0 : s.x[k], y: k < 0 ? 0 : s.y[k], w: v.w[i], h: v.h[i] };
  }

  /** Returns what is to be seen of the whole stage: all samples that are not too far outside. */
  extent() {
    const { w, h } = this.scene.stage;
    let [x0, y0, x1, y1] = [0, 0, w, h];
    for (const t of this.player.tracks) {
      for (const p of [...t.X.keys()].map(i => [t.X[i], t.Y[i]]).concat(t.events.map(e => [e.x, e.y]))) {
        if (p[0] !== p[0]) continue;
        x0 = Math.min(x0, Math.max(p[0], -w / 4)), x1 = Math.max(x1, Math.min(p[0], w * 1.25));
        y0 = Math.min(y0, Math.max(p[1], -h / 4)), y1 = Math.max(y1, Math.min(p[1], h * 1.25));
      }
    }
    return { x: x0, y: y0, w: x1 - x0, h: y1 - y0 };
  }

  /**
   * Draws a part of the stage onto a canvas.
   * @param {CanvasRenderingContext2D} c
   * @param {{x: number, y: number, w: number, h: number}} part of the stage
   * @param {{width: number, height: number, small?: boolean, still?: boolean}} o CSS px of the canvas; small: without details
   */
  draw(c, part, { width, height, small = false, still = false }) {
    const k = Math.min(width / part.w, height / part.h), t = this.player.t;
    const ox = (width - part.w * k) / 2 - part.x * k, oy = (height - part.h * k) / 2 - part.y * k;
    const view = { k, X: x => ox + x * k, Y: y => oy + y * k, width, height, small, still };
    c.clearRect(0, 0, width, height);
    c.save();
    c.beginPath();
    c.rect(view.X(part.x), view.Y(part.y), part.w * k, part.h * k);
    c.clip();
    if (this.scene.kind === 'browse') {
      c.fillStyle = this.theme.tint;
      c.fillRect(0, 0, width, height);
    }
    for (const m of this.scene.images) this.#image(c, view, m, t);
    const tracks = this.player.tracks.filter(k => k.shown);
    for (const track of tracks) this.#path(c, view, track, t - track.off);
    for (const track of tracks) this.#acts(c, view, track, t - track.off);
    if (!small) this.#targets(c, view);
    if (!small && this.order) this.#visits(c, view, t);
    const drawn = this.player.tracks.map(track => track.shown ? this.#pointer(c, view, track, t - track.off) : null);
    c.restore();
    if (!small) this.drawn = drawn;
    if (this.#hidden(t)) {
      c.fillStyle = 'rgb(90 90 90 / .55)';
      c.fillRect(0, 0, width, height);
      if (!small) this.#label(c, 'The page was hidden', width / 2, height / 2, 'center');
    }
  }

  #hidden(t) { return this.player.tracks.every(k => k.gap(t - k.off)?.why === 'hidden') && this.player.tracks.length > 0; }

  #label(c, text, x, y, align = 'left', colour = '#fff') {
    c.font = '600 12px system-ui, sans-serif';
    const w = c.measureText(text).width, left = align === 'center' ? x - w / 2 : x;
    c.fillStyle = 'rgb(0 0 0 / .72)';
    c.beginPath();
    c.roundRect(left - 5, y - 10, w + 10, 20, 4);
    c.fill();
    c.fillStyle = colour;
    c.textBaseline = 'middle';
    c.fillText(text, left, y + .5);
  }

  #image(c, v, m, t) {
    const p = this.place(m, t), x = v.X(p.x), y = v.Y(p.y), w = p.w * v.k, h = p.h * v.k;
    if (x > v.width || y > v.height || x + w < 0 || y + h < 0) return;
    const img = this.images.get(m.slot);
    if (img?.complete && img.naturalWidth) c.drawImage(img, x, y, w, h);
    else {
      c.fillStyle = this.theme.field;
      c.fillRect(x, y, w, h);
      c.strokeStyle = this.theme.line;
      c.lineWidth = 1;
      c.strokeRect(x + .5, y + .5, w - 1, h - 1);
      if (!v.small && w > 60 && this.scene.kind === 'browse') {
        c.font = '11px system-ui, sans-serif';
        c.fillStyle = this.theme.soft;
        c.textBaseline = 'bottom';
        c.fillText(m.id, x + 5, y + h - 4, w - 10);
      }
    }
    if (m.fitted && !v.small) {
      c.setLineDash([3, 3]);
      c.strokeStyle = this.theme.soft;
      c.strokeRect(x + .5, y + .5, w - 1, h - 1);
      c.setLineDash([]);
    }
    if (this.truth && !v.small) this.#truth(c, m, x, y, w, h);
    if (m.notes && !v.small && w > 60) this.#label(c, m.notes.join(', '), x + 8, y + 14);
    if (this.isSelected(m.slot, t)) {
      c.strokeStyle = '#0b62d6';
      c.lineWidth = Math.max(4 * v.k, 2);
      c.strokeRect(x, y, w, h);
      c.strokeStyle = '#fff';
      c.lineWidth = 1;
      c.strokeRect(x + c.lineWidth, y + c.lineWidth, w - 2, h - 2);
    }
  }

  #truth(c, m, x, y, w, h) {
    c.setLineDash([6, 3]);
    for (const b of m.boxes ?? []) this.#twice(c, this.theme.box, 1.7, () => c.rect(x + b[0] * w, y + b[1] * h, (b[2] - b[0]) * w, (b[3] - b[1]) * h));
    c.setLineDash([]);
    c.lineWidth = 1.5;
    c.strokeStyle = this.theme.box;
    for (const s of m.shapes ?? []) {
      if (s.crowd && !s.runs) continue;
      c.beginPath();
      for (const ring of s.rings ?? []) {
        for (let i = 0; i < ring.length; i += 2) c[i ? 'lineTo' : 'moveTo'](x + ring[i] * w, y + ring[i + 1] * h);
        c.closePath();
      }
      let at = 0;
      (s.runs ?? []).forEach((n, i) => { // by column
        for (let k = 0; i % 2 && k < n;) {
          const col = Math.floor((at + k) / s.h), row = (at + k) % s.h, len = Math.min(n - k, s.h - row);
          c.rect(x + col / s.w * w, y + row / s.h * h, w / s.w, len / s.h * h);
          k += len;
        }
        at += n;
      });
      c.fillStyle = this.theme.mask;
      c.fill('evenodd');
      if (!s.runs) c.stroke();
      if (this.names && s.box) {
        c.font = '11px system-ui, sans-serif';
        c.fillStyle = this.theme.box;
        c.textBaseline = 'bottom';
        c.fillText(s.name, x + s.box[0] * w + 3, y + s.box[1] * h + 13);
      }
    }
  }

  /** The path up to a time, with its pauses and dots. */
  #path(c, v, k, t) {
    const n = upTo(k.T, t), first = this.trail === 'last' ? upTo(k.T, t - BRIGHT) : 0;
    const bright = upTo(k.T, t - BRIGHT);
    const line = (from, to, alpha, wide) => {
      if (from >= to) return;
      const run = () => {
        c.beginPath();
        for (let i = Math.max(from, 1); i < to; i++) {
          if (k.cut[i]) continue;
          if (i === Math.max(from, 1) || k.cut[i - 1]) c.moveTo(v.X(k.X[i - 1]), v.Y(k.Y[i - 1]));
          c.lineTo(v.X(k.X[i]), v.Y(k.Y[i]));
        }
        c.stroke();
      };
      c.globalAlpha = alpha;
      c.lineJoin = c.lineCap = 'round';
      if (!v.small) {
        c.strokeStyle = this.theme.halo;
        c.lineWidth = wide + 2;
        run();
      }
      c.strokeStyle = k.colour;
      c.lineWidth = v.small ? 1 : wide;
      run();
      c.globalAlpha = 1;
    };
    if (this.across && !v.small) {
      c.setLineDash([1, 5]);
      c.strokeStyle = k.colour;
      c.lineWidth = 1.5;
      c.beginPath();
      for (let i = 1, last = 0; i < n; i++) {
        if (k.X[i] !== k.X[i]) continue;
        if (k.cut[i] && k.X[last] === k.X[last]) {
          c.moveTo(v.X(k.X[last]), v.Y(k.Y[last]));
          c.lineTo(v.X(k.X[i]), v.Y(k.Y[i]));
        }
        last = i;
      }
      c.stroke();
      c.setLineDash([]);
    }
    if (v.small || this.trail === 'all') line(first, n, v.small ? .9 : .8, 2);
    else {
      line(first, bright + 1, .45, 1.5);
      const parts = 4;
      for (let i = 0; i < parts; i++) {
        const from = upTo(k.T, t - BRIGHT * (parts - i) / parts), to = i + 1 < parts ? upTo(k.T, t - BRIGHT * (parts - i - 1) / parts) + 1 : n;
        line(Math.max(from, bright), Math.min(to, n), .55 + .15 * i, 2 + i * .3);
      }
    }
    if (v.small) return;
    for (const p of k.pauses) {
      if (p.t > t || this.trail === 'last' && p.to < t - BRIGHT) continue;
      this.#disc(c, v, p.x, p.y, Math.min(p.to, t) - p.t, k.colour, p.to < t ? .16 : .3);
    }
    if (this.dots && v.still) {
      c.fillStyle = k.colour;
      c.strokeStyle = this.theme.halo;
      c.lineWidth = 1;
      for (let i = Math.max(first, n - 3000); i < n; i++) {
        if (k.X[i] !== k.X[i]) continue;
        c.beginPath();
        c.arc(v.X(k.X[i]), v.Y(k.Y[i]), 2.2, 0, 7);
        c.fill();
        c.stroke();
      }
      for (const [x, y] of k.untimed) {
        c.strokeStyle = k.colour;
        c.strokeRect(v.X(x) - 2.5, v.Y(y) - 2.5, 5, 5);
      }
    }
  }

  /** A pause of a length in ms. */
  #disc(c, v, x, y, ms, colour, alpha) {
    if (!(ms >= STILL)) return;
    c.globalAlpha = alpha;
    c.fillStyle = colour;
    c.beginPath();
    c.arc(v.X(x), v.Y(y), Math.min(5 + Math.sqrt(ms - STILL) / 2.2, 36), 0, 7);
    c.fill();
    c.globalAlpha = 1;
  }

  /** Clicks, drags and icons up to a time. */
  #acts(c, v, k, t) {
    const icons = new Map();
    for (const e of k.timed) {
      if (e.t > t) break;
      const r = (v.small ? 2.5 : 8) + (!v.small && this.player.playing && !this.theme.calm ? Math.max(0, 1 - (t - e.t) / 350) * 10 : 0);
      const x = v.X(e.x), y = v.Y(e.y);
      if (e.what === 'drag' || e.what === 'move') this.#dash(c, v, k, e, t);
      if (e.what === 'add' || e.what === 'move') {
        icons.set(e.text, e);
        if (e.x !== e.x) icons.delete(e.text);
      } else if (e.what === 'remove') {
        const was = icons.get(e.text) ?? { x: e.fx, y: e.fy };
        icons.delete(e.text);
        this.#ring(c, v.X(was.x), v.Y(was.y), r, k.colour, [3, 3]);
      } else if (e.what === 'select') {
        this.#ring(c, x, y, r, k.colour);
        if (!v.small) this.#cross(c, x, y, r, k.colour);
      } else if (e.what === 'deselect') this.#ring(c, x, y, r + 4, k.colour);
      else if (e.what === 'press' && t - e.t < 600) this.#ring(c, x, y, r, this.theme.soft);
      else if ((e.what === 'enter' || e.what === 'leave') && !v.small && this.scene.kind !== 'browse') this.#tick(c, v, k, e);
    }
    if (v.small) return;
    for (const [name, e] of icons) {
      const x = v.X(e.x), y = v.Y(e.y);
      this.#ring(c, x, y, 5, k.colour);
      this.#cross(c, x, y, 5, k.colour);
      this.#label(c, name, x + 12, y);
    }
  }

  #dash(c, v, k, e, t) {
    const x0 = v.X(e.fx), y0 = v.Y(e.fy), x1 = v.X(e.x), y1 = v.Y(e.y);
    if (![x0, y0, x1, y1].every(Number.isFinite) || e.to > t) return;
    c.setLineDash([7, 5]);
    this.#twice(c, k.colour, v.small ? .5 : 2, () => {
      c.moveTo(x0, y0);
      c.lineTo(x1, y1);
    });
    c.setLineDash([]);
  }

  /** A tick where the pointer came in or went out: at the nearest sample. */
  #tick(c, v, k, e) {
    const i = e.what === 'enter' ? upTo(k.T, e.t - 60) : upTo(k.T, e.t) - 1;
    if (!(k.X[i] === k.X[i]) || Math.abs(k.T[i] - e.t) > 250) return;
    const x = v.X(k.X[i]), y = v.Y(k.Y[i]), d = e.what === 'enter' ? 1 : -1;
    c.fillStyle = k.colour;
    c.strokeStyle = this.theme.halo;
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(x - 5 * d, y - 5);
    c.lineTo(x + 4 * d, y);
    c.lineTo(x - 5 * d, y + 5);
    c.closePath();
    c.stroke();
    c.fill();
  }

  /** Draws a line over its halo. */
  #twice(c, colour, wide, path) {
    for (const [style, width] of [[this.theme.halo, wide * 2], [colour, wide]]) {
      c.strokeStyle = style;
      c.lineWidth = width;
      c.beginPath();
      path();
      c.stroke();
    }
  }

  #ring(c, x, y, r, colour, dash = []) {
    c.setLineDash(dash);
    this.#twice(c, colour, r < 4 ? 1.1 : 2.2, () => c.arc(x, y, r, 0, 7));
    c.setLineDash([]);
  }

  #cross(c, x, y, r, colour) {
    this.#twice(c, colour, 1.8, () => {
      c.moveTo(x - r - 4, y);
      c.lineTo(x + r + 4, y);
      c.moveTo(x, y - r - 4);
      c.lineTo(x, y + r + 4);
    });
  }

  /** The order in which images were entered, up to a time. */
  #visits(c, v, t) {
    const seen = new Map();
    for (const e of this.player.tracks[0].timed) if (e.what === 'enter' && e.slot >= 0 && e.t <= t && !seen.has(e.slot)) seen.set(e.slot, seen.size + 1);
    const at = [...seen.keys()].map(slot => this.place(this.scene.images.find(m => m.slot === slot), t)).map(p => [v.X(p.x + p.w / 2), v.Y(p.y + p.h / 2)]);
    c.setLineDash([2, 4]);
    c.strokeStyle = this.theme.ink;
    c.lineWidth = 1.5;
    c.beginPath();
    at.forEach(([x, y], i) => c[i ? 'lineTo' : 'moveTo'](x, y));
    c.stroke();
    c.setLineDash([]);
    at.forEach(([x, y], i) => this.#label(c, String(i + 1), x, y, 'center'));
  }

  #targets(c, v) {
    const m = this.scene.images[0];
    for (const g of this.scene.targets ?? []) {
      if (g.on === false) continue;
      const p = this.place(m, this.player.t), x = v.X(p.x + g.x * p.w), y = v.Y(p.y + g.y * p.h);
      c.fillStyle = g.truth ? this.theme.box : this.theme.ink;
      c.strokeStyle = this.theme.halo;
      c.lineWidth = 3;
      c.beginPath();
      c.moveTo(x, y - 6);
      c.lineTo(x + 6, y);
      c.lineTo(x, y + 6);
      c.lineTo(x - 6, y);
      c.closePath();
      c.stroke();
      c.fill();
    }
  }

  /** The pointer at a time, if its place is known. Returns the state that was drawn. */
  #pointer(c, v, k, t) {
    const s = k.at(t);
    if (s.what !== 'sample') return s;
    const x = v.X(s.x), y = v.Y(s.y);
    if (v.small) {
      c.fillStyle = k.colour;
      c.beginPath();
      c.arc(x, y, 3.5, 0, 7);
      c.fill();
      return s;
    }
    const next = k.T[s.i + 1];
    if (t - s.t >= STILL && !(next - s.t < STILL)) this.#disc(c, v, s.x, s.y, t - s.t, k.colour, .3);
    c.beginPath(); // the arrow of a mouse, its tip at the sample
    for (const [i, [a, b]] of [[0, 0], [0, 17], [4, 13.4], [6.8, 19.6], [9.8, 18.3], [7, 12.2], [12, 12]].entries()) c[i ? 'lineTo' : 'moveTo'](x + a, y + b);
    c.closePath();
    c.lineJoin = 'round';
    c.strokeStyle = '#fff';
    c.lineWidth = 3;
    c.stroke();
    c.strokeStyle = '#000';
    c.lineWidth = 1;
    c.stroke();
    c.fillStyle = k.colour;
    c.fill();
    return s;
  }
}
