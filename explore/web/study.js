// Says when a study has more than is shown.

import { el, fill } from '/web/dom.js';
import { get, Problem } from '/web/api.js';

const place = document.getElementById('fresh');

async function look() {
  if (!document.hidden) {
    try {
      const { new: n, erased } = await get('/api/study');
      const text = erased ? 'Data of somebody were deleted since this was read.' : n > 0 ? `${n} new page${n === 1 ? '' : 's'} since this was read.` : '';
      if (text !== place.dataset.text) {
        place.dataset.text = text;
        fill(place, text && el('form', { method: 'post', action: '/refresh', class: 'warning' }, text + ' ', el('button', { class: 'plain' }, 'Refresh')));
      }
    } catch (e) {
      if (!(e instanceof Problem)) throw e; // it is asked again
    }
  }
  setTimeout(look, 15000);
}
look();
