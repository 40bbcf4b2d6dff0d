// Lets a study be open in one tab at a time.

/**
 * Waits until this tab is the one; ask is called when another one is, and resolves to take over from it. Lost is
 * called when this tab is taken over. Returns whether it took over.
 */
export async function onlyTab(name, ask, lost) {
  if (!navigator.locks) return false;
  const take = options => new Promise(resolve => {
    let held = false;
    navigator.locks.request("abtool-collect " + name, options, lock => {
      resolve(held = lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    }).catch(() => { if (held) lost(); });
  });
  // After a reload the former page holds the lock for a moment.
  for (let n = 0; n < 5; n++) {
    if (await take({ ifAvailable: true })) return false;
    await new Promise(r => setTimeout(r, 200));
  }
  await ask();
  return await take({ steal: true });
}
