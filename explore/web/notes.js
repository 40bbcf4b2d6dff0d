// Tags and notes: the form that adds them, and the list of them on the page of a showing, image, annotator or HIT.

import { el, fill } from '/web/dom.js';
import { get, Problem } from '/web/api.js';

const WORD = { showing: 'showing', image: 'image', worker: 'annotator', hit: 'HIT' };

/** Returns what a kind is called, for one or several. */
export const word = (kind, n = 1) => WORD[kind] + (n === 1 ? '' : 's');

/** Keeps an act. Returns the answer of the server, which comes when the act is on the disk. */
export const keep = (set, wish) => get(`/api/notes/${set}`, { method: 'POST', headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ ...wish, filter: location.pathname + location.search }) });

/** Offers tags in the inputs of a page. @param {string[]} tags */
export function offer(tags) {
  const list = document.getElementById('tags-known') ?? document.body.appendChild(el('datalist', { id: 'tags-known' }));
  fill(list, tags.map(t => el('option', { value: t })));
}

/** A form that tags and notes what its owner has selected. */
export class Form {
  /**
   * @param {string[]} kinds what can be noted
   * @param {(act: any) => Promise<string>} act does it, and returns what to say
   */
  constructor(kinds, act) {
    this.kind = el('select', { 'aria-label': 'What to note' }, kinds.map(k => el('option', { value: k }, WORD[k])));
    this.tag = el('input', { type: 'text', list: 'tags-known', maxlength: 60, placeholder: 'Tag', 'aria-label': 'Tag', autocomplete: 'off', autocapitalize: 'off' });
    this.text = el('textarea', { rows: 1, maxlength: 10000, placeholder: 'Note', 'aria-label': 'Note' });
    this.said = el('span', { class: 'note said', role: 'status' });
    const run = async (name, from, wish) => {
      const value = from.value.trim();
      if (!value) return from.focus();
      try {
        const said = await act({ act: name, kind: this.kind.value, ...wish(value) });
        if (said == null) return;
        from.value = '';
        this.say(said);
      } catch (e) {
        if (!(e instanceof Problem)) throw e;
        this.say(`${e.message}${e.hint ? ' ' + e.hint : ''}`, true);
      }
    };
    const tag = name => run(name, this.tag, tag => ({ tag })), note = () => run('note', this.text, text => ({ text }));
    this.tag.addEventListener('keydown', e => { if (e.key === 'Enter') { e.preventDefault(); tag('tag'); } });
    this.text.addEventListener('keydown', e => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); note(); } });
    const button = (text, click, title) => el('button', { type: 'button', class: 'plain', title, click }, text);
    this.root = el('div', { class: 'noter', keydown: e => { if (e.key === 'Escape' && e.target.matches('input, textarea')) { e.target.blur(); e.stopPropagation(); } } },
      kinds.length > 1 && el('label', {}, 'On ', this.kind),
      el('span', { class: 'pair' }, this.tag, button('Add', () => tag('tag'), 'Add the tag (Enter)'), button('Remove', () => tag('untag'), 'Remove the tag')),
      el('span', { class: 'pair' }, this.text, button('Write', note, 'Add the note (Ctrl+Enter)')), this.said);
  }

  say(text, wrong = false) {
    this.said.textContent = text;
    this.said.classList.toggle('wrong', wrong);
  }
}

/** Puts the notes of a page's thing at its end. */
async function panel() {
  const m = /^\/([siwh])\/(\w+)\/([^/]+)$/.exec(location.pathname);
  if (!m) return;
  const [, page, set, at] = m, id = decodeURIComponent(at), kind = { s: 'showing', i: 'image', w: 'worker', h: 'hit' }[page];
  const ask = `/api/notes/${set}?` + new URLSearchParams(page === 's' ? { seq: id } : { kind, id });
  const list = el('div', { class: 'things' }), section = el('section', { class: 'noted', id: 'noted' }, el('h2', {}, 'Tags and notes'), list);
  const wish = k => k === 'showing' ? { seqs: [Number(id)] } : page === 's' ? { seqs: [Number(id)] } : { ids: [id] };
  const change = async w => {
    const { n } = await keep(set, { ...w, ...wish(w.kind) });
    await draw();
    return n ? 'Kept.' : '';
  };
  let form;
  async function draw() {
    const answer = await get(ask);
    offer(answer.tags);
    const editable = !answer.read_only;
    if (editable && !form) {
      form = new Form(answer.things.map(t => t.kind), change);
      section.append(form.root);
    }
    fill(list, answer.things.map(t => el('div', { class: 'thing' }, el('span', { class: 'note' }, word(t.kind)),
      (t.tags ?? []).map(m => el('span', { class: 'chip tag', title: `${m.who}, ${m.time.slice(0, 16).replace('T', ' ')} UTC` }, m.text,
        editable && el('button', { type: 'button', 'aria-label': `Remove the tag ${m.text} of the ${word(t.kind)}`, click: () => change({ act: 'untag', kind: t.kind, tag: m.text }).catch(e => form.say(e.message, true)) }, '×'))),
      (t.notes ?? []).map(m => el('p', { class: 'text' }, m.text, el('span', { class: 'note' }, ` ${m.who}, ${m.time.slice(0, 16).replace('T', ' ')} UTC`))),
      !t.tags && !t.notes && el('span', { class: 'note' }, '–'))));
    section.dataset.ready = 'yes';
  }
  try {
    await draw();
  } catch (e) {
    if (!(e instanceof Problem)) throw e;
    fill(list, el('p', { class: 'warning' }, e.message));
  }
  document.getElementById('content').append(section);
  addEventListener('keydown', e => {
    if (!form || e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.('input, select, textarea')) return;
    const to = { t: form.tag, T: form.tag, N: form.text }[e.key];
    if (!to) return;
    e.preventDefault();
    to.focus();
    to.scrollIntoView({ block: 'nearest' });
  });
}

panel();
