// The screen of the player: picture, controls, timeline, events. An element with the class replay has a scene as JSON in
// it, or its address in data-scene; with data-pictures the images can be shown.

import { get } from './api.js';
import { el, fill } from './dom.js';
import { Picture, Player, colour, upTo } from './player.js';
import { Timeline, clock } from './timeline.js';

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32];
const ROWS = 1500; // of the table
const WHAT = { select: 'selects', deselect: 'deselects', unselect: 'is no longer selected', enter: 'enters', leave: 'leaves', add: 'adds', move: 'moves', remove: 'removes',
  drag: 'drags', step: 'opens, by the button', 'step-key': 'opens, by a key', press: 'clicks', key: 'key', submit: 'submits', loaded: 'image loaded',
  failed: 'image failed', show: 'page shown', sample: 'sample' };
const SHORT = { outside: 'not there', between: 'on no image', selected: 'selected', fetch: 'fetching', drag: 'drag', unseen: 'not seen', start: 'not moved yet', place: 'no place',
  time: 'no time', none: 'no sample', hidden: 'hidden', lost: 'lost', level: 'not agreed', reload: 'reload', sleep: 'asleep' };
const KEYS = [['Space', 'play, pause'], ['← →', 'one sample back, on'], ['Shift ← →', 'ten samples'], ['p n', 'event before, next event'], ['Home End', 'begin, end'],
  ['< >', 'slower, faster'], ['l', 'loop'], ['+ − 0', 'zoom the timeline, show all of it'], ['w', 'whole page, window'], ['↑ ↓', 'in the list of events: its rows']];

/** Returns the colours of the page. */
function themeOf(root) {
  const css = getComputedStyle(root), v = name => css.getPropertyValue('--' + name).trim();
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  return { dark, paper: v('paper'), ink: v('ink'), soft: v('soft'), line: v('line'), tint: v('tint'), end: v('end'), box: v('box'),
    field: dark ? '#33373d' : '#e3e5e9', halo: dark ? 'rgb(0 0 0 / .75)' : 'rgb(255 255 255 / .85)', mask: dark ? 'rgb(60 200 155 / .16)' : 'rgb(0 120 90 / .14)',
    calm: matchMedia('(prefers-reduced-motion: reduce)').matches };
}

/** Returns a place as the record has it. */
function placed(e, unit) {
  if (e.rx == null) return '';
  return unit === 'image' ? `${e.rx.toFixed(3)}, ${e.ry.toFixed(3)}` : `${e.rx.toFixed(1)}, ${e.ry.toFixed(1)} px`;
}

/** A player on a page. */
export class Replay {
  #whole = true;
  #row = -1;
  #camera = 0; // top of the window where none was recorded

  /** @param {HTMLElement} root @param {any} scene @param {boolean} pictures */
  constructor(root, scene, pictures) {
    Object.assign(this, { root, scene });
    scene.short = SHORT;
    this.theme = themeOf(root);
    this.player = new Player(scene);
    this.many = this.player.tracks.length > 1;
    this.player.tracks.forEach((t, i) => { t.label = `${i + 1} ${t.raw.name || 'unknown'}`; });
    this.#paint();
    this.picture = new Picture(this.player, { pictures, theme: this.theme, changed: () => this.draw() });
    this.timeline = new Timeline(this.player, this.theme);
    this.extent = this.picture.extent();
    this.paged = scene.kind === 'browse' || scene.recorded;
    this.#whole = !this.paged;
    this.#build();
    this.player.addEventListener('time', () => this.draw());
    this.player.addEventListener('state', ({ target: p }) => {
      this.#state(); this.draw();
      if (root.dataset.next && !p.playing && p.t >= p.end) location.assign(root.dataset.next);
    });
    new ResizeObserver(() => this.#size()).observe(root);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => { Object.assign(this.theme, themeOf(root)); this.#paint(); this.timeline.hatch = null; this.draw(); });
    document.addEventListener('keydown', e => this.#key(e));
    addEventListener('hashchange', () => this.#address());
    const at = this.#address();
    this.#size();
    this.#state();
    if (!at && !this.theme.calm) this.player.play();
  }

  /** Gives the annotators their colours. */
  #paint() {
    this.player.tracks.forEach((t, i) => { t.colour = colour(i, this.theme.dark); });
    for (const e of this.root.querySelectorAll('.key')) e.style.background = this.player.tracks[e.dataset.track].colour;
  }

  /** The colour of an annotator, on the page. */
  #swatch(t) { return el('span', { class: 'key', 'data-track': this.player.tracks.indexOf(t), style: { background: t.colour } }); }

  /** Goes to the time of the address. Returns whether it has one. */
  #address() {
    const m = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (m) {
      this.player.pause();
      this.player.seek(+m[1]);
    }
    return !!m;
  }

  #build() {
    const { player, scene, root } = this, button = (text, label, act, key) =>
      el('button', { type: 'button', class: 'run', title: key ? `${label} (${key})` : label, 'aria-label': label, click: act }, text);
    const option = (text, name, on = this.picture[name]) => el('label', {}, el('input', { type: 'checkbox', checked: on, change: e => {
      this.picture[name] = e.target.checked;
      this.draw();
    } }), ' ', text);
    this.canvas = el('canvas', { class: 'stage', role: 'img' });
    this.map = this.paged && el('canvas', { class: 'map', 'aria-hidden': 'true' });
    this.now = el('output', { class: 'now' });
    this.where = el('p', { class: 'where note' });
    this.said = el('p', { class: 'hidden', role: 'status' });
    this.start = button('▶', 'Play', () => this.toggle(), 'space');
    this.speed = el('select', { 'aria-label': 'Speed', change: e => { player.speed = +e.target.value; } },
      SPEEDS.map(v => el('option', { value: v, selected: v === 1 }, v + ' ×')));
    this.looping = el('input', { type: 'checkbox', change: e => { player.loop = e.target.checked; } });
    this.links = el('p', { class: 'note link', hidden: true });
    const bar = el('div', { class: 'controls' },
      button('|◂◂', 'To the beginning', () => { player.pause(); player.seek(0); }, 'Home'),
      button('◂|', 'Event before', () => player.jump(false), 'p'), button('◂', 'Sample before', () => player.step(-1), '←'), this.start,
      button('▸', 'Next sample', () => player.step(1), '→'), button('|▸', 'Next event', () => player.jump(true), 'n'), this.now, this.speed,
      el('label', {}, this.looping, ' loop'),
      player.silences.length > 0 && el('label', {}, el('input', { type: 'checkbox', checked: true, change: e => player.shorten(e.target.checked) }), ' shorten silences'),
      this.many && el('label', {}, el('input', { type: 'checkbox', change: e => { player.align(e.target.checked); this.#table(); this.draw(); } }), ' last clicks together'));
    const trail = el('select', { 'aria-label': 'Trail', change: e => { this.picture.trail = e.target.value; this.draw(); } },
      [['fade', 'older parts fade'], ['all', 'whole path'], ['last', 'last 2.5 s']].map(([v, text]) => el('option', { value: v }, text)));
    const save = button('Save', 'Save the picture or the data', () => { menu.hidden = !menu.hidden; });
    const menu = el('span', { class: 'menu', hidden: true }, button('PNG', 'Save the picture as PNG', () => this.savePNG()),
      button('SVG', 'Save the picture as SVG', () => this.saveSVG()), button('JSON', 'Save the data as JSON', () => this.saveJSON()));
    const truth = scene.images.some(m => m.boxes || m.shapes);
    const options = el('div', { class: 'controls options' }, el('label', {}, 'Trail: ', trail), option('dots when paused', 'dots'), option('dotted lines across gaps', 'across'),
      truth && option('ground truth', 'truth'), scene.set === 'coco' && truth && option('names', 'names'),
      scene.kind === 'browse' && option('order of visits', 'order'),
      this.paged && (this.wholeButton = button('Whole page', 'Show the whole page, or what the annotator saw', () => this.whole(), 'w')),
      button('+', 'Zoom the timeline in', () => this.timeline.zoom(2), '+'), button('−', 'Zoom the timeline out', () => this.timeline.zoom(.5), '-'),
      button('Copy link', 'Copy a link to this time', () => this.copy()), save, menu);
    this.body = el('tbody');
    this.samples = el('input', { type: 'checkbox', change: () => this.#table() });
    const table = el('div', { class: 'events', tabindex: 0, role: 'region', 'aria-label': 'Events' }, el('table', {},
      el('thead', {}, el('tr', {}, el('th', { class: 'number' }, 'time'), this.many && el('th', {}, 'who'), el('th', {}, 'what'), el('th', {}, 'where'))), this.body));
    const side = el('div', { class: 'side' }, this.#legend(), this.#panel(), el('h2', { class: 'small' }, 'Events'), table,
      el('label', { class: 'note' }, this.samples, ' samples too'), this.#targets());
    fill(root, this.#crumbs(), this.#flags(), el('div', { class: 'screen' }, el('div', { class: 'view' }, this.map, el('div', { class: 'film' }, this.canvas, this.where)), side),
      bar, this.timeline.canvas, this.#gaps(), options, this.links, this.said, this.#images(), this.#facts(),
      el('details', {}, el('summary', {}, 'Keys'), el('dl', { class: 'keys' }, KEYS.map(([k, text]) => [el('dt', {}, el('kbd', {}, k)), el('dd', {}, text)]))));
    this.map && this.map.addEventListener('pointerdown', e => this.#nearest(e));
    this.canvas.addEventListener('click', () => this.toggle());
    this.#table();
  }

  /** What this is, with links to what it belongs to. */
  #crumbs() {
    const links = (this.scene.facts ?? []).filter(f => f.link && f.value != null && this.root.dataset.links !== 'no');
    return links.length > 0 && el('p', { class: 'crumbs' }, links.map(f => el('span', {}, f.name.replace(/_(id|idx)$/, ''), ' ', el('a', { href: f.link }, String(f.value)))),
      this.player.tracks.length === 1 && this.player.tracks[0].raw.note && el('span', {}, this.player.tracks[0].raw.note));
  }

  /** What is odd in the record. */
  #flags() {
    const all = [...this.scene.flags.map(f => f.text), ...this.player.tracks.flatMap(t => t.raw.flags.map(f => this.many ? `${t.label}: ${f.text}` : f.text))];
    if (!all.length) return null;
    return all.length < 3 ? all.map(text => el('p', { class: 'warning' }, text))
      : el('details', { class: 'warning' }, el('summary', {}, `${all.length} things are odd in this record`), el('ul', {}, all.map(text => el('li', {}, text))));
  }

  /** Who is who. */
  #legend() {
    if (!this.many) return null;
    return el('fieldset', { class: 'legend' }, el('legend', {}, `${this.player.tracks.length} annotators`), this.player.tracks.map(t => el('label', {},
      el('input', { type: 'checkbox', checked: true, change: e => { t.shown = e.target.checked; this.draw(); } }),
      this.#swatch(t), el('span', {}, t.label, el('span', { class: 'soft' }, t.raw.note && `, ${t.raw.note}`)),
      t.raw.seq != null && el('a', { href: `/s/${this.scene.set}/${t.raw.seq}` }, 'alone'))));
  }

  /** The icons and the superclass of a page of COCO. */
  #panel() {
    if (!this.scene.steps?.length || this.many) return null;
    this.groups = this.scene.steps.map((name, i) => el('li', {}, name || (i === 0 ? 'first' : '–')));
    this.icons = el('p', { class: 'note' });
    return el('div', { class: 'panel' }, el('h2', { class: 'small' }, 'Panel of icons'), el('ol', { start: 0 }, this.groups), this.icons);
  }

  #targets() {
    const { targets } = this.scene;
    if (!targets?.length) return null;
    for (const g of targets) g.on = targets.length <= 5;
    return el('details', { class: 'targets' }, el('summary', {}, 'Targets by rule'), targets.map(g => el('label', {},
      el('input', { type: 'checkbox', checked: g.on, change: e => { g.on = e.target.checked; this.draw(); } }),
      ` ${g.rule}${g.class ? ' ' + g.class : ''} `, el('span', { class: 'soft' }, g.x == null ? 'no point' : `${g.x.toFixed(3)}, ${g.y.toFixed(3)}`), g.truth && ' (ground truth)')));
  }

  /** How long of which reason nothing is known. */
  #gaps() {
    const sums = new Map();
    for (const t of this.player.tracks) for (const g of t.gaps) sums.set(g.why, (sums.get(g.why) ?? 0) + g.to - g.from);
    if (!sums.size) return null;
    return el('p', { class: 'note gaps' }, 'Hatched, where the place of the pointer is not known: ',
      [...sums].sort((a, b) => b[1] - a[1]).map(([why, ms], i) => [i ? '; ' : '', el('b', {}, SHORT[why]), ` ${clock(ms)}, ${this.scene.reasons[why]}`]), '.');
  }

  /** The images of a page, in words. */
  #images() {
    const { images, kind, set } = this.scene;
    return kind === 'browse' && el('details', {}, el('summary', {}, `${images.length} images`), el('ol', { class: 'note' }, images.map(m => el('li', {},
      m.seq != null && this.root.dataset.links !== 'no' ? el('a', { href: `/s/${set}/${m.seq}` }, m.id) : m.id, [m.selected && ', selected', m.notes && `, ${m.notes.join(', ')}`]))));
  }

  #facts() {
    const { facts } = this.scene;
    if (!facts?.length) return null;
    const value = f => f.value == null ? el('span', { class: 'soft' }, 'not known') : f.link && this.root.dataset.links !== 'no' ? el('a', { href: f.link }, String(f.value)) : String(f.value);
    return el('details', {}, el('summary', {}, 'The record'), el('div', { class: 'wide' }, el('table', {}, el('tbody', {}, facts.map(f => el('tr', {},
      el('th', {}, f.name), el('td', {}, value(f), f.unit && f.value != null && el('span', { class: 'soft' }, ' ' + f.unit)), el('td', { class: 'note' }, f.doc)))))));
  }

  /** Fills the table of events: a row for each, and one for each gap. */
  #table() {
    const rows = [];
    for (const t of this.player.tracks) {
      const { unit } = t.raw, image = slot => this.scene.kind === 'browse' && slot >= 0 ? this.scene.images.find(m => m.slot === slot)?.id ?? '' : '';
      for (const e of t.events) rows.push({ t: e.t + t.off, track: t, what: WHAT[e.what] ?? e.what, kind: e.what, where: placed(e, unit), more: [e.text, image(e.slot)].filter(Boolean).join(' ') });
      for (const g of t.gaps) rows.push({ t: g.from + t.off, track: t, what: `not known until ${clock(g.to + t.off)}`, kind: 'gap', where: '', more: SHORT[g.why], full: this.scene.reasons[g.why] });
      if (this.samples.checked) {
        const { x, y, slot } = t.raw.samples;
        t.T.forEach((at, i) => rows.push({ t: at + t.off, track: t, what: 'sample', kind: 'sample', where: placed({ rx: x[i], ry: y[i] }, unit) || 'no place', more: image(slot?.[i] ?? -1) }));
      }
    }
    rows.sort((a, b) => (a.t === a.t ? a.t : 1e300) - (b.t === b.t ? b.t : 1e300));
    this.rows = rows.slice(0, ROWS);
    this.rowTimes = this.rows.map(r => r.t === r.t ? r.t : 1e300);
    this.#row = -1;
    fill(this.body, this.rows.map(r => {
      const tr = el('tr', { class: r.kind === 'gap' ? 'soft' : null }, el('td', { class: 'number' }, r.t === r.t ? el('button', { type: 'button', tabindex: -1, click: () => {
        this.player.pause();
        this.player.seek(r.t);
      } }, (r.t / 1000).toFixed(3)) : 'no time'), this.many && el('td', {}, this.#swatch(r.track), ' ', r.track.label),
      el('td', {}, r.what, r.more && el('span', { class: 'soft', title: r.full }, ' ' + r.more)), el('td', { class: 'number' }, r.where));
      r.tr = tr;
      return tr;
    }), rows.length > ROWS && el('tr', {}, el('td', { colspan: 4 }, `The first ${ROWS} of ${rows.length} rows. Save the JSON for all.`)));
  }

  /** Marks the row of the present time. */
  #mark() {
    const i = upTo(this.rowTimes, this.player.t) - 1;
    if (i === this.#row) return;
    this.rows[this.#row]?.tr.removeAttribute('aria-current');
    this.#row = i;
    const tr = this.rows[i]?.tr;
    if (!tr) return;
    tr.setAttribute('aria-current', 'true');
    const box = this.body.parentElement.parentElement;
    const top = tr.offsetTop - box.clientHeight / 2;
    if (Math.abs(box.scrollTop - top) > box.clientHeight / 3) box.scrollTop = top;
  }

  /** Returns the part of the stage that is drawn. */
  #part(width, height) {
    if (!this.paged || this.#whole) return this.extent;
    const t = this.player.t, w = this.picture.window(t);
    if (w) return w;
    const { stage } = this.scene, high = Math.min(stage.w * height / width, stage.h), s = this.player.at()[0];
    if (s?.what === 'sample') this.#camera = Math.min(Math.max(this.#camera, s.y - high * .7), s.y - high * .3);
    this.#camera = Math.min(Math.max(this.#camera, 0), stage.h - high);
    return { x: 0, y: this.#camera, w: stage.w, h: high };
  }

  #size() {
    const tall = this.paged && this.#whole;
    if (this.map) this.map.style.display = tall ? 'none' : '';
    const width = this.canvas.parentElement.clientWidth, most = Math.max(260, tall ? innerHeight * .95 : Math.min(innerHeight * .64, 760));
    const { w, h } = this.paged && !tall ? this.picture.window(0) ?? { w: 4, h: 3 } : this.extent;
    const high = Math.round(Math.min(most, width * h / w));
    this.size = { width, height: high };
    this.#fit(this.canvas, width, high);
    if (this.map) {
      const { stage } = this.scene, wide = this.map.parentElement.clientWidth < 620 ? 84 : 150;
      this.mapSize = { width: Math.round(Math.min(wide, high * stage.w / stage.h)), height: 0 };
      this.mapSize.height = Math.round(Math.min(high, this.mapSize.width * stage.h / stage.w));
      this.#fit(this.map, this.mapSize.width, this.mapSize.height);
    }
    this.timeline.draw(this.root.clientWidth);
    this.draw();
  }

  #fit(canvas, w, h) {
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    canvas.style.width = w + 'px';
    canvas.style.height = h + 'px';
    canvas.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  /** Draws the present time. */
  draw() {
    if (!this.size) return;
    const { player, picture } = this, { width, height } = this.size, part = this.#part(width, height);
    picture.draw(this.canvas.getContext('2d'), part, { width, height, still: !player.playing });
    if (!this.drawn) performance.mark('drawn');
    this.drawn = picture.drawn;
    if (this.map) {
      const c = this.map.getContext('2d'), { stage } = this.scene, k = this.mapSize.width / stage.w, w = this.#whole ? picture.window(player.t) : part;
      picture.draw(c, { x: 0, y: 0, w: stage.w, h: stage.h }, { ...this.mapSize, small: true });
      if (w) {
        c.strokeStyle = this.theme.end;
        c.lineWidth = 2;
        c.strokeRect(w.x * k + 1, w.y * k + 1, Math.min(w.w * k, this.mapSize.width) - 2, w.h * k - 2);
      }
    }
    this.timeline.draw();
    this.#mark();
    this.#say();
  }

  /** Says where the pointer is. */
  #say() {
    const { player, scene } = this, t = player.t, zero = scene.zero;
    const silence = player.playing && player.silence();
    this.now.textContent = `${clock(t)} of ${clock(player.end)}`;
    const at = zero == null ? '' : ` · ${new Date(zero + t).toISOString().slice(0, 23).replace('T', ' ')} UTC`;
    const words = (s, k) => s.what === 'gap' ? scene.reasons[s.why] : s.what === 'none' ? 'no sample yet' : s.what === 'over' ? 'over'
      : `sample ${s.i + 1} of ${k.T.length}, ${placed({ rx: k.raw.samples.x[s.i], ry: k.raw.samples.y[s.i] }, k.raw.unit)}${t - k.off - s.t >= 300 ? `, still for ${clock(t - k.off - s.t)}` : ''}`;
    const states = this.drawn?.map((s, i) => s && words(s, player.tracks[i]));
    const line = this.many ? `${this.drawn?.filter(s => s?.what === 'sample').length} of ${player.tracks.length} pointers are known` : states?.[0] ?? '';
    this.where.textContent = (silence ? `A silence of ${clock(silence)} is shortened to 1 s. ` : '') + line + at;
    const text = `At ${clock(t)}: ${this.many ? states?.map((s, i) => s && `${player.tracks[i].label}: ${s}`).filter(Boolean).slice(0, 6).join('; ') : line}`;
    if (!player.playing && text !== this.canvas.getAttribute('aria-label')) {
      this.canvas.setAttribute('aria-label', text);
      this.timeline.canvas.setAttribute('aria-valuetext', text);
      if (this.root.contains(document.activeElement) || document.activeElement === document.body) this.said.textContent = text;
      clearTimeout(this.later);
      this.later = setTimeout(() => history.replaceState(null, '', `#t=${Math.round(t)}`), 300);
    }
    if (this.groups) this.#panelAt(t);
  }

  #panelAt(t) {
    const k = this.player.tracks[0], steps = k.timed.filter(e => e.what.startsWith('step') && e.t <= t), now = steps.at(-1)?.text;
    this.groups.forEach((li, i) => {
      const here = now === undefined ? i === 0 : now === this.scene.steps[i];
      if (here) li.setAttribute('aria-current', 'step'); else li.removeAttribute('aria-current');
    });
    const placed = new Set();
    for (const e of k.timed) {
      if (e.t > t) break;
      if (e.what === 'add' || e.what === 'move') placed.add(e.text);
      if (e.what === 'remove') placed.delete(e.text);
    }
    const text = placed.size ? `On the image: ${[...placed].join(', ')}` : 'No icon is on the image.';
    if (this.icons.textContent !== text) this.icons.textContent = text;
  }

  #state() {
    const { playing } = this.player;
    this.start.textContent = playing ? '❚❚' : '▶';
    this.start.setAttribute('aria-label', playing ? 'Pause' : 'Play');
  }

  /** Plays or pauses. */
  toggle() { this.player.playing ? this.player.pause() : this.player.play(); }

  /** Shows the whole page, or what the annotator saw. */
  whole() {
    this.#whole = !this.#whole;
    this.wholeButton.textContent = this.#whole ? 'Window' : 'Whole page';
    this.#size();
  }

  /** Goes to the sample that is nearest to a place of the small map. */
  #nearest(e) {
    const k = this.player.tracks[0], s = this.scene.stage.w / this.mapSize.width, x = e.offsetX * s, y = e.offsetY * s;
    let best = -1, d = Infinity;
    for (let i = 0; i < k.T.length; i++) {
      const v = Math.hypot(k.X[i] - x, k.Y[i] - y);
      if (v < d) [best, d] = [i, v];
    }
    if (best < 0) return;
    this.player.pause();
    this.player.seek(k.T[best]);
  }

  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.('input, select, textarea, [contenteditable]')) return;
    const { player } = this, onButton = e.target.closest?.('button, a, summary');
    const acts = { ' ': () => onButton || this.toggle(), ArrowLeft: () => player.step(e.shiftKey ? -10 : -1), ArrowRight: () => player.step(e.shiftKey ? 10 : 1),
      Home: () => { player.pause(); player.seek(0); }, End: () => { player.pause(); player.seek(player.end); }, n: () => player.jump(true), p: () => player.jump(false),
      l: () => { player.loop = this.looping.checked = !player.loop; }, '>': () => this.#faster(1), '<': () => this.#faster(-1), '+': () => this.timeline.zoom(2), '=': () => this.timeline.zoom(2),
      '-': () => this.timeline.zoom(.5), 0: () => this.timeline.zoom(0), w: () => this.paged && this.whole() };
    if (e.target.closest?.('.events')) Object.assign(acts, { ArrowUp: () => this.#list(-1), ArrowDown: () => this.#list(1) });
    const act = acts[e.key];
    if (!act || e.key === ' ' && onButton) return;
    e.preventDefault();
    act();
  }

  /** Goes to the row of the list after the present one, or before. */
  #list(n) {
    const all = this.rowTimes, { t } = this.player, to = n > 0 ? all[upTo(all, t)] : all[upTo(all, t - 1e-6) - 1];
    this.player.pause();
    if (to < 1e300) this.player.seek(to);
  }

  #faster(n) {
    const i = Math.min(Math.max(SPEEDS.indexOf(this.player.speed) + n, 0), SPEEDS.length - 1);
    this.player.speed = SPEEDS[i];
    this.speed.value = String(SPEEDS[i]);
  }

  /** Copies a link to the present time, or shows it where that is not allowed. */
  async copy() {
    const link = new URL(location.href);
    link.hash = `t=${Math.round(this.player.t)}`;
    history.replaceState(null, '', link);
    try {
      await navigator.clipboard.writeText(link.href);
      this.links.textContent = `Copied: ${link.href}`;
    } catch {
      this.links.textContent = link.href;
    }
    this.links.hidden = false;
  }

  get #name() { return `${this.scene.kind}-${this.scene.images[0]?.id ?? ''}-${Math.round(this.player.t)}`.replace(/[^\w.-]+/g, '_'); }

  #save(blob, ending) {
    const a = el('a', { href: URL.createObjectURL(blob), download: `${this.#name}.${ending}` });
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 10000);
  }

  savePNG() { this.canvas.toBlob(b => this.#save(b, 'png'), 'image/png'); }
  saveJSON() { this.#save(new Blob([JSON.stringify(this.scene)], { type: 'application/json' }), 'json'); }
  saveSVG() { this.#save(new Blob([this.svg()], { type: 'image/svg+xml' }), 'svg'); }

  /** Returns the picture of the present time as SVG: the images as fields, with the paths over them. */
  svg() {
    const { x, y, w, h } = this.extent, { player, theme, picture } = this, t = player.t, u = Math.max(w, h) / 400;
    const parts = this.scene.images.map(m => {
      const p = picture.place(m, t);
      return el('svg:rect', { x: p.x, y: p.y, width: p.w, height: p.h, fill: theme.field, stroke: picture.isSelected(m.slot, t) ? '#0b62d6' : theme.line, 'stroke-width': u }, el('svg:title', {}, m.id));
    });
    for (const k of player.tracks.filter(v => v.shown)) {
      let d = '';
      for (let i = 0, n = upTo(k.T, t - k.off); i < n; i++) if (k.X[i] === k.X[i]) d += `${k.cut[i] ? 'M' : 'L'}${k.X[i].toFixed(2)} ${k.Y[i].toFixed(2)}`;
      parts.push(el('svg:path', { d, fill: 'none', stroke: k.colour, 'stroke-width': u * 1.2, 'stroke-linejoin': 'round' }, el('svg:title', {}, k.label)));
      for (const e of k.timed) {
        if (e.t > t - k.off || !(e.x === e.x) || !/^(select|deselect|add|move)$/.test(e.what)) continue;
        parts.push(el('svg:circle', { cx: e.x, cy: e.y, r: u * (e.what === 'deselect' ? 6 : 4), fill: 'none', stroke: k.colour, 'stroke-width': u }, el('svg:title', {}, `${WHAT[e.what]} ${e.text}`)));
      }
    }
    const svg = el('svg:svg', { viewBox: `${x} ${y} ${w} ${h}`, width: w, height: h }, parts);
    return new XMLSerializer().serializeToString(svg);
  }
}

/** Opens the players of a page. */
export async function open(root = document) {
  for (const e of root.querySelectorAll('.replay')) {
    try {
      const here = e.querySelector('script');
      e.replay = new Replay(e, here ? JSON.parse(here.textContent) : await get(e.dataset.scene), e.dataset.pictures === 'yes');
    } catch (problem) {
      fill(e, el('p', { class: 'warning', role: 'alert' }, problem.message, problem.hint && ` ${problem.hint}`));
      if (!problem.status) throw problem;
    }
  }
}

open();
