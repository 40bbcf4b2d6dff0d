// What is said about the device when a visit begins.

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

/** Returns the first name whose pattern the browser's name of itself has, with what the pattern captures. */
function family(names) {
  for (const [name, pattern] of Object.entries(names)) {
    const found = navigator.userAgent.match(pattern);
    if (found) return found[1] ? `${name} ${found[1]}` : name;
  }
  return "other";
}
const BROWSERS = { Edge: /Edg\/(\d+)/, Opera: /OPR\/(\d+)/, Firefox: /Firefox\/(\d+)/, Chromium: /Chrom\w+\/(\d+)/, Safari: /Version\/(\d+).*Safari/ };
const SYSTEMS = { Android: /Android/, iOS: /iPhone|iPad/, Windows: /Windows/, macOS: /Mac OS/, ChromeOS: /CrOS/, Linux: /Linux/ };

export const device = () => ({
  pointers: ["fine", "coarse"].filter(p => matchMedia(`(any-pointer: ${p})`).matches),
  width: screen.width, height: screen.height, ratio: devicePixelRatio,
  browser: family(BROWSERS), system: family(SYSTEMS), clock_step_us: clockStep(), language: navigator.language,
});
