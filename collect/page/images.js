// Loads images: those of the page that is shown, and ahead of time those of the pages that follow, so that the
// work can go on without a network.

import { Api } from "./api.js";
import { Recorder } from "./recorder.js";

const RETRIES = [3000, 10000, 30000]; // ms
const AHEAD = 64e6; // bytes

export class Images {
  /** @type {Map<string, string>} */
  #ahead = new Map();
  #bytes = 0;
  #fetching = false;

  /** @param {Api} api */
  constructor(api) { this.api = api; }

  /**
   * Returns the function that loads an image into an element, records when it has loaded or failed, and tries
   * again; shown is called with whether it failed.
   * @param {Recorder} recorder @param {AbortSignal} signal
   */
  shower(recorder, signal) {
    return (/** @type {HTMLImageElement} */ image, /** @type {string} */ key, /** @type {number} */ slot, /** @type {(failed: boolean) => void} */ shown) => {
      let tries = 0;
      image.addEventListener("load", e => {
        shown(false);
        recorder.push("images", recorder.us(e.timeStamp), slot, "loaded", image.naturalWidth, image.naturalHeight);
        recorder.measure();
      }, { signal });
      image.addEventListener("error", e => {
        shown(true);
        recorder.push("images", recorder.us(e.timeStamp), slot, "failed", 0, 0);
        const wait = RETRIES[tries++];
        if (wait) setTimeout(() => { if (!signal.aborted) image.src = this.api.image(key); }, wait);
      }, { signal });
      image.src = this.#ahead.get(key) ?? this.api.image(key);
    };
  }

  /** Fetches images until there are too many. @param {string[]} keys */
  async fetch(keys) {
    if (this.#fetching) return;
    this.#fetching = true;
    for (const key of keys) {
      if (this.#ahead.has(key) || this.#bytes > AHEAD) continue;
      try {
        const answer = await fetch(this.api.image(key), { priority: "low" });
        if (!answer.ok) continue;
        const blob = await answer.blob();
        this.#bytes += blob.size;
        this.#ahead.set(key, URL.createObjectURL(blob));
      } catch {
        break; // the page will ask again
      }
    }
    this.#fetching = false;
  }

  /** Gives up what was fetched of a page that is done. @param {string[]} keys */
  release(keys) {
    for (const key of keys) {
      const url = this.#ahead.get(key);
      if (url) URL.revokeObjectURL(url);
    }
  }
}
