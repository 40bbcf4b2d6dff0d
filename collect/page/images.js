// Loads images: those of the page that is shown, and ahead of time those of the pages that follow, so that the
// work can go on without a network.

const RETRIES = [3000, 10000, 30000]; // ms
const AHEAD = 64e6; // bytes

export class Images {
  #ahead = new Map();
  #bytes = 0;
  #fetching = false;

  constructor(api) { this.api = api; }

  url(key) { return this.api.image(key); }

  /**
   * Returns a function that loads an image into an element, records when it has loaded or failed, and tries
   * again. It calls shown with whether the image failed; done is called for each.
   */
  loader(recorder, signal, done) {
    return (image, key, slot, shown) => {
      let tries = 0;
      const on = (type, what) => image.addEventListener(type, e => {
        recorder.push("images", recorder.us(e.timeStamp), slot, what, image.naturalWidth, image.naturalHeight);
        recorder.measure();
        shown(type === "error");
        if (tries === 0) done();
        const wait = type === "error" && RETRIES[tries++];
        if (wait) setTimeout(() => { if (!signal.aborted) image.src = this.url(key); }, wait);
      }, { signal });
      on("load", "loaded");
      on("error", "failed");
      image.src = this.#ahead.get(key)?.url ?? this.url(key);
    };
  }

  /** Fetches images until there are too many. */
  async fetch(keys) {
    if (this.#fetching) return;
    this.#fetching = true;
    for (const key of keys) {
      if (this.#ahead.has(key) || this.#bytes > AHEAD) continue;
      try {
        const answer = await fetch(this.url(key), { priority: "low" });
        if (!answer.ok) continue;
        const blob = await answer.blob();
        this.#bytes += blob.size;
        this.#ahead.set(key, { url: URL.createObjectURL(blob), size: blob.size });
      } catch {
        break; // the page will ask again
      }
    }
    this.#fetching = false;
  }

  /** Gives up what was fetched of a page that is done. */
  release(keys) {
    for (const key of keys) {
      const image = this.#ahead.get(key);
      if (!image) continue;
      URL.revokeObjectURL(image.url);
      this.#bytes -= image.size;
    }
  }
}
