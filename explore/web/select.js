// What is selected in the grid, and the bar that tags and notes it.

import { byId, el, fill, grouped } from '/web/dom.js';
import { get, Problem } from '/web/api.js';
import { query } from '/web/state.js';
import { Form, keep, offer, word } from '/web/notes.js';

const cells = byId('cells'), { set } = byId('grid').dataset;
const chosen = new Set(); // seqs, also of other pages
let all = false; // whether all that the filter selects is chosen
let last = null; // cell that was chosen last
let answer = { n: 0 }; // of the grid
const filterNow = () => ['f', 'q'].map(k => query().get(k) ?? '').join('\n');
let filter = filterNow();

const count = el('strong', { role: 'status' });
const everything = el('button', { type: 'button', class: 'plain', click: () => { all = !all; show(); } });
const form = new Form(['showing', 'image', 'worker', 'hit'], act);
const bar = el('section', { class: 'picked', id: 'picked', 'aria-label': 'Selection', hidden: true },
  el('div', { class: 'how' }, count, everything, el('button', { type: 'button', class: 'plain', click: clear }, 'Clear')), form.root);
byId('grid').querySelector('.results').append(bar);

const rows = n => `${grouped(n)} ${set === 'coco' ? n === 1 ? 'page' : 'pages' : word('showing', n)}`;

/** Asks a question. Returns whether the answer is yes. */
function sure(question, yes) {
  return new Promise(done => {
    const dialog = el('dialog', { class: 'sure', 'aria-label': question, close: () => { dialog.remove(); done(dialog.returnValue === 'yes'); } }, el('p', {}, question),
      el('form', { method: 'dialog' }, el('button', { class: 'strong', value: 'yes' }, yes), ' ', el('button', { class: 'plain', value: 'no' }, 'Cancel')));
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function act(w) {
  const n = all ? answer.n : chosen.size;
  if (!n) return 'Nothing is selected.';
  const what = { tag: `Tag with “${w.tag}”`, untag: `Remove the tag “${w.tag}” from`, note: 'Add the note to' }[w.act];
  if (all && !await sure(`${what}: ${w.kind === 'showing' ? 'all' : `the ${word(w.kind, 2)} of all`} ${rows(n)} that the filter selects?`, `Yes, all ${grouped(n)}`)) return null;
  const which = all ? { all, n, f: query().get('f') ?? '', q: query().get('q') ?? '' } : { seqs: [...chosen] };
  const kept = await keep(set, { ...w, ...which });
  offer(kept.tags);
  cells.dispatchEvent(new Event('again'));
  return `Kept, on ${grouped(kept.n)} ${word(w.kind, kept.n)}.`;
}

/** Shows what is chosen. */
function show() {
  for (const c of cells.querySelectorAll('.cell')) {
    const on = all || chosen.has(Number(c.dataset.seq));
    c.classList.toggle('chosen', on);
    c.dataset.label ??= c.getAttribute('aria-label');
    c.setAttribute('aria-label', c.dataset.label + (on ? ', selected' : ''));
  }
  const n = all ? answer.n : chosen.size;
  bar.hidden = n === 0;
  count.textContent = all ? `All ${rows(n)} selected` : `${rows(n)} selected`;
  everything.hidden = !all && chosen.size >= answer.n;
  everything.textContent = all ? 'Only those of before' : `Select all ${grouped(answer.n)} of the filter`;
  if (n === 0) form.say('');
}

function clear() {
  chosen.clear();
  all = false;
  last = null;
  show();
}

/** Chooses a cell or not; with range, all from the last one too. */
function toggle(cell, range) {
  const list = [...cells.querySelectorAll('.cell')];
  if (all) {
    all = false;
    list.forEach(c => chosen.add(Number(c.dataset.seq)));
  }
  const from = range && list.includes(last) ? list.indexOf(last) : list.indexOf(cell), to = list.indexOf(cell);
  const on = range && last ? true : !chosen.has(Number(cell.dataset.seq));
  for (const c of list.slice(Math.min(from, to), Math.max(from, to) + 1)) chosen[on ? 'add' : 'delete'](Number(c.dataset.seq));
  last = cell;
  show();
}

cells.addEventListener('drawn', e => {
  answer = e.detail;
  if (filterNow() !== filter) {
    filter = filterNow();
    chosen.clear();
    all = false;
  }
  for (const c of cells.querySelectorAll('.cell')) c.append(el('span', { class: 'pick', title: 'Select (x); with Shift all from the last one', 'aria-hidden': 'true' }));
  last = null;
  show();
});

cells.addEventListener('click', e => {
  const pick = e.target.closest('.pick');
  if (!pick) return;
  e.preventDefault();
  toggle(pick.closest('.cell'), e.shiftKey);
});

addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.('input, select, textarea, dialog')) return;
  const cell = document.activeElement?.closest?.('.cell'), key = e.key.toLowerCase();
  if (key === 'x' && cell) toggle(cell, e.shiftKey);
  else if (key === 'a') {
    cells.querySelectorAll('.cell').forEach(c => chosen.add(Number(c.dataset.seq)));
    show();
  } else if (e.key === 'Escape' && (all || chosen.size)) clear();
  else if (key === 't' || key === 'n') {
    if (!all && !chosen.size && cell) toggle(cell, false);
    if (!all && !chosen.size) return;
    (key === 't' ? form.tag : form.text).focus();
  } else return;
  e.preventDefault();
});

get(`/api/notes/${set}`).then(a => offer(a.tags), e => { if (!(e instanceof Problem)) throw e; });
if (cells.querySelector('.cell')) cells.dispatchEvent(new Event('again')); // the grid was drawn before
