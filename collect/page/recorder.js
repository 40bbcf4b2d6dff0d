// Records what happens on a page, at the level that the annotator agreed to. Handlers only put numbers into
// arrays; every five seconds these become a chunk.

import { Columns, code } from "./columns.js";

const EVERY = 5000; // ms
const SIZE = 32000; // bytes
const CAP = 2e6; // samples of a page
const CHUNKS = 4900; // of a page; after them no samples are taken, and chunks are long
const ALWAYS = new Set(["views", "layouts", "images", "states", "choices", "icons", "gaps"]); // whatever the level
const NAMED = /^(Arrow.+|Enter| |Delete|Backspace|Home|End|Page.+|Tab|Escape)$/;

/** Returns the name of what is under a pointer. */
function target(e) {
  return e instanceof Element && e.closest("[data-target]")?.dataset.target || "document";
}

const pointer = type => type || "mouse";

export class Recorder {
  #columns = new Columns();
  #start = performance.now();
  #seq = 0;
  #events = 0;
  #samples = 0;
  #thinned = 0;
  #dropped = 0;
  #last = { t: -1e9, buttons: -1 };
  #over = "";
  #view = "";
  #layout = [];
  #slots = [];
  #measuring = false;
  #cutting = false;
  #cut = performance.now();
  #drift = Date.now() - performance.now();
  /** Where and how the pointer went up last: clicks have whole pixels only. */
  up = { x: -9, y: -9, type: "mouse" };

  /** Begins a recording, until the signal. */
  constructor(queue, of, how, signal) {
    Object.assign(this, { queue, of, how, signal });
    this.t0 = Math.round((performance.timeOrigin + this.#start) * 1000);
    this.step = how.rate > 0 ? 1e6 / how.rate : 0;
    const timer = setInterval(() => this.#tick(), EVERY);
    this.signal.addEventListener("abort", () => clearInterval(timer));
    setTimeout(() => { if (this.#seq === 0) this.cut(true); }, 1000); // the server learns that the page is shown
    this.#listen();
    const hide = () => { this.cut(); this.queue.exit(); };
    this.#on(document, "visibilitychange", () => { if (document.hidden) hide(); });
    this.#on(window, "pagehide", hide);
  }

  /** Returns µs since the recording began. */
  us(stamp = performance.now()) { return Math.round((stamp - this.#start) * 1000); }

  /** Records an event, unless the level leaves it out. */
  push(kind, t, ...values) {
    if (this.signal.aborted || this.how.level === "answers" && !ALWAYS.has(kind) && values[0] !== "remark") return;
    this.#columns.push(kind, t, ...values);
    this.#check();
  }

  #on(on, type, handler) {
    on.addEventListener(type, handler, { capture: true, passive: true, signal: this.signal });
  }

  #listen() {
    const state = what => e => this.push("states", this.us(e.timeStamp), what);
    this.#on(document, "visibilitychange", e => this.push("states", this.us(e.timeStamp), document.hidden ? "hidden" : "visible"));
    for (const what of ["focus", "blur"]) this.#on(window, what, e => { if (e.target === window) state(what)(e); });
    for (const what of ["online", "offline"]) this.#on(window, what, state(what));
    for (const what of ["freeze", "resume"]) this.#on(document, what, state(what));
    this.#on(window, "pageshow", e => { if (e.persisted) state("restored")(e); });

    if (this.how.level === "full") this.#on(window, "pointermove", e => this.#move(e));
    this.#on(window, "pointerover", e => this.#cross(e, target(e.target)));
    this.#on(window, "pointerout", e => { if (!e.relatedTarget) this.#cross(e, ""); });
    this.#on(window, "pointerdown", e => this.#press(e, "down", e.pageX, e.pageY));
    this.#on(window, "pointerup", e => {
      this.up = { x: e.pageX, y: e.pageY, type: pointer(e.pointerType) };
      this.#press(e, "up", e.pageX, e.pageY);
    });
    this.#on(window, "pointercancel", e => this.#press(e, "cancel", e.pageX, e.pageY));
    this.#on(window, "click", e => { const c = this.click(e); if (c.via !== "key") this.#press(e, "click", c.x / 10, c.y / 10); });
    if (this.how.keys) this.#on(window, "keydown", e => this.#key(e));
    this.#on(document, "scroll", e => this.push("scrolls", this.us(e.timeStamp), scrollX * 10, scrollY * 10));

    const look = () => { this.#look(); this.measure(); };
    this.#on(window, "resize", look);
    if (visualViewport) for (const type of ["resize", "scroll"]) this.#on(visualViewport, type, look);
    const sharpness = () => {
      if (this.signal.aborted) return;
      matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => { look(); sharpness(); }, { once: true });
    };
    sharpness();
  }

  /** Begins to measure the images. Call it when the page is in the document. */
  show(slots, again) {
    this.#slots = slots;
    this.push("states", 0, again ? "reload" : "show");
    if (again) this.push("gaps", 0, "lost", -1);
    if (document.hidden) this.push("states", 0, "hidden");
    else if (!document.hasFocus()) this.push("states", 0, "blur");
    this.#look();
    this.push("scrolls", this.us(), scrollX * 10, scrollY * 10);
    this.#place();
    const sizes = new ResizeObserver(() => this.measure());
    for (const s of [...slots, document.body]) sizes.observe(s);
    this.signal.addEventListener("abort", () => sizes.disconnect());
  }

  /** Records where the images are, if that has changed, once in the next frame. */
  measure() {
    if (this.#measuring) return;
    this.#measuring = true;
    requestAnimationFrame(() => {
      this.#measuring = false;
      this.#place();
    });
  }

  #place() {
    const t = this.us();
    this.#slots.forEach((slot, i) => {
      const r = slot.getBoundingClientRect();
      const row = [i, (r.x + scrollX) * 10, (r.y + scrollY) * 10, r.width * 10, r.height * 10].map(Math.round);
      const text = row.join();
      if (text === this.#layout[i]) return;
      this.#layout[i] = text;
      this.push("layouts", t, ...row);
    });
  }

  #look() {
    const v = visualViewport;
    const row = [innerWidth, innerHeight, devicePixelRatio * 1000, (v?.scale ?? 1) * 1000, (v?.offsetLeft ?? 0) * 10, (v?.offsetTop ?? 0) * 10];
    const text = row.join();
    if (text === this.#view) return;
    this.#view = text;
    this.push("views", this.us(), ...row);
  }

  #move(e) {
    if (!e.isPrimary) return;
    const all = e.getCoalescedEvents?.() ?? [], type = code(pointer(e.pointerType));
    for (let i = 0; i < all.length; i++) {
      const c = all[i];
      // The last one is the event itself; WebKit rounds its time differently.
      if (i < all.length - 1 || Math.abs(c.timeStamp - e.timeStamp) > 1 || c.pageX !== e.pageX || c.pageY !== e.pageY) this.#sample(c, type, 0);
    }
    this.#sample(e, type, 1);
    this.#check();
  }

  /** Keeps a sample that was dispatched, or whose buttons differ; other events have a dispatched one before them. */
  #sample(e, type, frame) {
    const t = this.us(e.timeStamp);
    if (t < 0) return; // of the page before
    if (!frame && t - this.#last.t < this.step && e.buttons === this.#last.buttons) {
      this.#thinned++;
      return;
    }
    if (this.#samples >= CAP || this.#seq >= CHUNKS) {
      this.#dropped++;
      return;
    }
    this.#samples++;
    this.#last.t = t;
    this.#last.buttons = e.buttons;
    this.#columns.sample(t, e.pageX * 10, e.pageY * 10, e.buttons, type, frame,
      e.pointerType === "pen" ? e.pressure * 1000 : 0);
  }

  #cross(e, name) {
    if (!e.isPrimary || name === this.#over) return;
    const t = this.us(e.timeStamp);
    if (this.#over) this.push("crossings", t, "leave", this.#over);
    if (name) this.push("crossings", t, "enter", name);
    this.#over = name;
  }

  #press(e, what, x, y) {
    if (e.isPrimary === false && what !== "click") return;
    this.push("presses", this.us(e.timeStamp), what, x * 10, y * 10, e.button, pointer(e.pointerType), target(e.target));
  }

  /** Returns the time, the place and the means of a click, for the columns. */
  click(e) {
    const t = this.us(e.timeStamp);
    if (e.detail === 0 && !e.pointerType) return { t, x: 0, y: 0, via: "key" };
    const place = this.how.level === "answers" ? { x: 0, y: 0 } : this.place(e);
    return { t, x: place.x * 10, y: place.y * 10, via: pointer(e.pointerType || this.up.type) };
  }

  /** Returns where a click was in the document; the click itself has whole pixels only. */
  place(e) {
    return Math.abs(this.up.x - e.pageX) < 2 && Math.abs(this.up.y - e.pageY) < 2 ? this.up : { x: e.pageX, y: e.pageY };
  }

  #key(e) {
    const writing = e.target instanceof HTMLTextAreaElement;
    this.push("keys", this.us(e.timeStamp), !NAMED.test(e.key) || writing && e.key !== "Tab" ? "other" : e.key === " " ? "Space" : e.key);
  }

  #tick() {
    const drift = Date.now() - performance.now(), asleep = drift - this.#drift;
    if (asleep > 1000) this.push("gaps", this.us(), "sleep", asleep);
    this.#drift = drift;
    if (this.#seq < CHUNKS || performance.now() - this.#cut > 60 * EVERY) this.cut();
  }

  #check() {
    if (this.#columns.bytes < SIZE || this.#cutting) return;
    this.#cutting = true;
    setTimeout(() => { this.#cutting = false; this.cut(); });
  }

  /** Makes a chunk of what was recorded since the last one. */
  cut(always = false) {
    if (this.#thinned > 0) this.#columns.push("gaps", this.us(), "thinned", this.#thinned);
    if (this.#dropped > 0) this.#columns.push("gaps", this.us(), "dropped", this.#dropped);
    this.#thinned = this.#dropped = 0;
    if (this.#columns.rows === 0 && !always || this.signal.aborted) return;
    this.#events += this.#columns.rows;
    const { page, attempt } = this.of, seq = this.#seq++;
    this.#cut = performance.now();
    this.queue.chunk({ ...this.of, seq }, this.#columns.take({ format: 1, page, attempt, seq, t0: this.t0 }));
  }

  /** Makes the last chunk, and returns the number of all events. */
  end() {
    this.cut(this.#seq === 0);
    return this.#events;
  }
}
