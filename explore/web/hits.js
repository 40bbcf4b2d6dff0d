// Sliders move the numbers beside them, and a change of a number applies the rules.

const form = document.getElementById('rules');
for (const slider of form.querySelectorAll('input[type=range]')) {
  const box = form.querySelector('#' + slider.dataset.for);
  slider.addEventListener('input', () => { box.value = slider.value; });
  slider.addEventListener('change', () => form.requestSubmit());
}
form.addEventListener('change', e => { if (e.target.type !== 'range') form.requestSubmit(); });
