// What is said about the device when a visit begins; the server knows the browser.

/** Returns the step of the clock in µs: browsers make it coarse, to hide what can be measured with it. */
function clockStep() {
  let step = Infinity;
  const begin = performance.now();
  for (let last = begin, changes = 0; changes < 8 && last - begin < 210;) {
    const now = performance.now();
    if (now === last) continue;
    step = Math.min(step, now - last);
    last = now;
    changes++;
  }
  return Math.round(step * 1000);
}

export const device = () => ({
  pointers: ["fine", "coarse"].filter(p => matchMedia(`(any-pointer: ${p})`).matches),
  width: screen.width, height: screen.height, ratio: devicePixelRatio,
  clock_step_us: clockStep(), language: navigator.language,
});
