// What the browser keeps until the server has it: a queue of chunks and submits, and drafts of answers. It is in
// IndexedDB, or in memory where the browser refuses that.

/**
 * @typedef {object} Item
 * @property {number} id their order
 * @property {string} assignment
 * @property {"chunk" | "submit" | "leave"} kind
 * @property {string} page
 * @property {number} attempt
 * @property {number} [seq] of a chunk
 * @property {Uint8Array} [body] of a chunk, as it is sent
 * @property {boolean} [gzip]
 * @property {string} [digest] of the body
 * @property {string[]} [digests] of all chunks of a submit
 * @property {any} [message] to submit, or to leave with
 * @property {string} [failed] why the server refuses it
 */

/**
 * @typedef {object} Draft
 * @property {string} page
 * @property {string} assignment
 * @property {number} attempt
 * @property {boolean} done submitted, if not yet acknowledged
 * @property {any} answer
 */

const done = (/** @type {IDBRequest | IDBTransaction} */ r) => new Promise((resolve, reject) => {
  if (r instanceof IDBTransaction) {
    r.oncomplete = () => resolve(undefined);
    r.onabort = () => reject(r.error);
  } else {
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error);
  }
});

export class Disk {
  /** @type {IDBDatabase | null} */
  #db = null;

  /** Opens the database; works without one. */
  static async open() {
    const disk = new Disk();
    try {
      const request = indexedDB.open("abtool-collect", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("queue", { keyPath: "id" });
        request.result.createObjectStore("drafts", { keyPath: "page" });
      };
      disk.#db = await done(request);
    } catch { /* a private window */ }
    return disk;
  }

  /** Reports whether what is kept survives the closing of the page. */
  get durable() { return this.#db !== null; }

  /**
   * Returns all that is kept.
   * @returns {Promise<{items: Item[], drafts: Draft[]}>}
   */
  async read() {
    if (!this.#db) return { items: [], drafts: [] };
    const t = this.#db.transaction(["queue", "drafts"]);
    const [items, drafts] = await Promise.all([done(t.objectStore("queue").getAll()), done(t.objectStore("drafts").getAll())]);
    return { items, drafts };
  }

  /**
   * Writes an item, a draft, or both at once.
   * @param {Item | null} item @param {Draft | null} draft @param {boolean} [strict] waits until it is on the disk
   */
  async write(item, draft, strict = false) {
    await this.#change(strict, (queue, drafts) => {
      if (item) queue.put(item);
      if (draft) drafts.put(draft);
    });
  }

  /** @param {number[]} items @param {string[]} drafts */
  async remove(items, drafts) {
    await this.#change(false, (queue, store) => {
      for (const id of items) queue.delete(id);
      for (const page of drafts) store.delete(page);
    });
  }

  /** @param {boolean} strict @param {(queue: IDBObjectStore, drafts: IDBObjectStore) => void} change */
  async #change(strict, change) {
    if (!this.#db) return;
    try {
      const t = this.#db.transaction(["queue", "drafts"], "readwrite", { durability: strict ? "strict" : "default" });
      change(t.objectStore("queue"), t.objectStore("drafts"));
      t.commit();
      await done(t);
    } catch {
      this.#db = null; // full, or taken away: memory is left
    }
  }
}
