// The list of keys.

const dialog = document.getElementById('keys'), help = document.getElementById('help');
help.hidden = false;
help.addEventListener('click', () => dialog.showModal());
addEventListener('keydown', e => {
  if (e.key === '?' && !e.target.matches('input, select, textarea') && !e.ctrlKey && !e.metaKey && !e.altKey) dialog.showModal();
});
