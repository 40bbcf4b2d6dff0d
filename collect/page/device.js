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

/** Returns the family of the browser and its version. */
function browser() {
  const agent = navigator.userAgent;
  for (const [name, pattern] of /** @type {[string, RegExp][]} */ ([["Edge", /Edg\/(\d+)/], ["Opera", /OPR\/(\d+)/], ["Firefox", /Firefox\/(\d+)/],
    ["Chromium", /(?:Chrome|Chromium)\/(\d+)/], ["Safari", /Version\/(\d+).*Safari/]])) {
    const found = agent.match(pattern);
    if (found) return `${name} ${found[1]}`;
  }
  return "other";
}

/** Returns the family of the operating system. */
function system() {
  const agent = navigator.userAgent;
  const at = [/Android/, /iPhone|iPad/, /Windows/, /Mac OS/, /CrOS/, /Linux/].findIndex(p => p.test(agent));
  return ["Android", "iOS", "Windows", "macOS", "ChromeOS", "Linux"][at] ?? "other";
}

export const device = () => ({
  pointers: ["fine", "coarse"].filter(p => matchMedia(`(any-pointer: ${p})`).matches),
  width: screen.width, height: screen.height, ratio: devicePixelRatio,
  browser: browser(), system: system(), clock_step_us: clockStep(), language: navigator.language,
});
