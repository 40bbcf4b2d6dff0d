// The list of facets: how many rows have which value, and the filter by them.

import { el, fill, grouped } from '/web/dom.js';
import { get, latest, Problem } from '/web/api.js';
import { histogram, valueText } from '/web/chart.js';
import { empty, filterText, go, parseFilter, query, rangeText } from '/web/state.js';

export class Facets {
  /**
   * @param {HTMLElement} place
   * @param {string} set
   * @param {any[]} fields
   * @param {string[]} [reading] names of fields that the server still reads
   */
  constructor(place, set, fields, reading) {
    Object.assign(this, { place, set, fields, reading: new Set(reading), parts: new Map(), all: new Map(), ask: latest(), searches: new Map() });
    this.byName = new Map(fields.map(f => [f.name, f]));
    const open = new Set((sessionStorage.getItem('open ' + set) ?? fields.slice(0, 3).concat(fields.filter(f => f.name === 'n_samples' || f.name === 'worker_id'))
      .map(f => f.name).join()).split(','));
    const groups = Map.groupBy(fields, f => f.group);
    for (const [group, list] of groups) {
      place.append(el('h2', {}, group), ...list.map(f => {
        const body = el('div', { class: 'facet-body' });
        const mark = el('span', { class: 'mark', hidden: true }, 'filtered');
        const details = el('details', { class: 'facet', open: open.has(f.name), id: 'facet-' + f.name },
          el('summary', { title: f.doc }, el('span', {}, f.title), mark), body);
        details.addEventListener('toggle', () => this.toggled());
        this.parts.set(f.name, { details, body, mark });
        return details;
      }));
    }
  }

  numeric = name => ['whole', 'number', 'time'].includes(this.byName.get(name)?.kind);
  filter = () => parseFilter(query().get('f') ?? '', this.numeric);
  isOpen = () => this.fields.filter(f => this.parts.get(f.name).details.open).map(f => f.name);

  toggled() {
    const open = this.isOpen().join();
    if (open === this.opened) return;
    sessionStorage.setItem('open ' + this.set, open);
    this.draw();
  }

  /** Changes the term of a field. */
  set1(name, term) {
    const filter = this.filter();
    if (empty(term)) filter.delete(name);
    else filter.set(name, term);
    go({ f: filterText(filter), page: null });
  }

  term = name => this.filter().get(name) ?? { not: false, null: false, texts: [], range: null };

  /** Asks for the open facets and draws them. */
  async draw() {
    const filter = this.filter();
    this.opened = this.isOpen().join();
    for (const n of this.reading) fill(this.parts.get(n).body, el('p', { class: 'note' }, 'Still being read…'));
    const open = this.isOpen().filter(n => !this.reading.has(n));
    for (const f of this.fields) this.parts.get(f.name).mark.hidden = !filter.has(f.name);
    const q = new URLSearchParams();
    for (const key of ['f', 'q']) if (query().get(key)) q.set(key, query().get(key));
    q.set('fields', open.join());
    try {
      const missing = open.filter(n => this.numeric(n) && !this.all.has(n));
      const [answer, all] = await Promise.all([this.ask(`/api/facets/${this.set}?${q}`),
        missing.length ? get(`/api/facets/${this.set}?fields=${missing}`) : { facets: [] }]);
      for (const f of all.facets) this.all.set(f.field, f.count);
      for (const f of answer.facets) this.show(f, answer.n);
    } catch (e) {
      if (e.name === 'AbortError') return;
      if (!(e instanceof Problem)) throw e; // the grid says what is wrong
    }
  }

  show(facet) {
    const field = this.byName.get(facet.field), { body } = this.parts.get(facet.field);
    const focused = document.activeElement?.closest('.facet-body') === body ? document.activeElement.dataset.key : null;
    const term = this.term(field.name), parts = [];
    if (facet.bins) parts.push(...this.range(facet, field, term));
    else if (facet.values) parts.push(...this.values(facet, field, term));
    else parts.push(el('p', { class: 'note' }, 'No row has a value.'));
    const change = t => this.set1(field.name, { ...term, ...t });
    if (facet.null > 0 || term.null) {
      parts.push(this.row('no value', facet.null, facet.n, term.null, 'null', () => change({ null: !term.null })));
    }
    if (!empty(term)) {
      parts.push(el('p', { class: 'facet-tools' },
        el('label', {}, el('input', { type: 'checkbox', checked: term.not, 'data-key': 'not', change: () => change({ not: !term.not }) }), ' all but these'),
        el('button', { type: 'button', class: 'plain', 'data-key': 'clear', click: () => this.set1(field.name, { texts: [], null: false, range: null }) }, 'Clear')));
    }
    fill(body, parts);
    if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  row(text, n, of, on, key, toggle) {
    return el('button', { type: 'button', class: 'value', role: 'checkbox', 'aria-checked': String(on), 'data-key': key, title: text, click: toggle },
      el('span', { class: 'share', style: { width: `${of ? n / of * 100 : 0}%` } }),
      el('span', { class: 'text' }, text), el('span', { class: 'count' }, grouped(n)));
  }

  values(facet, field, term) {
    const parts = [], words = { true: 'yes', false: 'no' };
    const most = Math.max(1, ...facet.count, facet.null);
    if (field.many || facet.cut || facet.distinct > 12 || this.searches.get(field.name)) {
      const input = el('input', { type: 'search', placeholder: `Search ${grouped(facet.distinct)} values`, 'aria-label': 'Search values of ' + field.title, 'data-key': 'search', value: this.searches.get(field.name) ?? '' });
      let wait;
      input.addEventListener('input', () => { clearTimeout(wait); wait = setTimeout(() => this.search(field.name, input.value), 150); });
      parts.push(input);
    }
    const list = el('div', { class: 'values' });
    facet.values.forEach((v, i) => {
      const on = term.texts.includes(v);
      list.append(this.row(field.kind === 'bool' ? words[v] : v === '' ? '(empty)' : v, facet.count[i], most, on, 'v' + v,
        () => this.set1(field.name, { ...term, texts: on ? term.texts.filter(t => t !== v) : [...term.texts, v].sort() })));
    });
    parts.push(list);
    if (facet.cut && !field.many) parts.push(el('p', { class: 'note' }, `the ${facet.values.length} most frequent of ${grouped(facet.distinct)}`));
    return parts;
  }

  async search(name, text) {
    this.searches.set(name, text);
    const q = query(), p = new URLSearchParams({ fields: name, search: text });
    for (const key of ['f', 'q']) if (q.get(key)) p.set(key, q.get(key));
    const input = document.activeElement, at = input?.selectionStart;
    const answer = await get(`/api/facets/${this.set}?${p}`);
    if (this.searches.get(name) !== text) return;
    this.show(answer.facets[0]);
    const again = this.parts.get(name).body.querySelector('[data-key=search]');
    if (again && input?.dataset?.key === 'search') { again.focus(); again.setSelectionRange(at, at); }
  }

  range(facet, field, term) {
    const { bins } = facet, choose = range => this.set1(field.name, { ...term, range });
    const input = (key, label) => el('input', { type: 'number', step: 'any', 'aria-label': `${label} of ${field.title}`, 'data-key': key,
      placeholder: String(Number((key === 'low' ? bins.least : bins.most).toPrecision(6))), value: term.range?.[key] ?? '',
      change: e => {
        const value = e.target.value === '' ? null : Number(e.target.value);
        const range = { low: term.range?.low ?? null, high: term.range?.high ?? null, below: key === 'low' && (term.range?.below ?? false), [key]: value };
        choose(range.low == null && range.high == null ? null : range);
      } });
    const ends = field.kind === 'time' ?
      el('div', { class: 'ends' }, el('span', {}, valueText(field, bins.least)), term.range && el('span', { class: 'chosen' }, rangeWords(field, term.range)), el('span', {}, valueText(field, bins.most))) :
      el('div', { class: 'ends' }, input('low', 'Least'), el('span', {}, field.unit === 'fraction' ? '' : field.unit ?? ''), input('high', 'Most'));
    return [histogram(facet, this.all.get(field.name), field, term.range, choose), ends];
  }
}

/** Returns a range in words. */
export function rangeWords(field, r) {
  const low = valueText(field, r.low), high = valueText(field, r.high);
  if (r.low == null) return (r.below ? 'below ' : 'up to ') + high;
  if (r.high == null) return 'from ' + low;
  return r.low === r.high ? low : `${low} – ${high}`;
}

/** Returns a term in words, for a chip. */
export function termWords(field, t) {
  const words = { true: 'yes', false: 'no' };
  const parts = [...t.texts.map(v => field.kind === 'bool' ? words[v] : v || '(empty)'), ...t.null ? ['no value'] : [], ...t.range ? [rangeWords(field, t.range)] : []];
  const shown = parts.slice(0, 3).join(', ') + (parts.length > 3 ? ` and ${parts.length - 3} more` : '');
  return `${field.title}${t.not ? ' not' : ''}: ${shown}`;
}
