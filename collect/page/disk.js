// What the browser keeps until the server has it: a queue of chunks and submits, and drafts of answers. It is in
// IndexedDB, or in memory where the browser refuses that. Types of both are in types.d.ts.

const done = r => new Promise((resolve, reject) => {
  if (r instanceof IDBTransaction) {
    r.oncomplete = () => resolve();
    r.onabort = () => reject(r.error);
  } else {
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error);
  }
});

export class Disk {
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

  /** Returns all that is kept. */
  async read() {
    if (!this.#db) return { items: [], drafts: [] };
    const t = this.#db.transaction(["queue", "drafts"]);
    const [items, drafts] = await Promise.all([done(t.objectStore("queue").getAll()), done(t.objectStore("drafts").getAll())]);
    return { items, drafts };
  }

  /** Writes an item, a draft, or both at once. A strict write is on the disk when it returns. */
  write(item, draft, durability = "default") {
    return this.#change(durability, (queue, drafts) => {
      if (item) queue.put(item);
      if (draft) drafts.put(draft);
    });
  }

  /** Removes items by their ids, and drafts by their pages. */
  remove(ids, pages) {
    return this.#change("default", (queue, drafts) => {
      for (const id of ids) queue.delete(id);
      for (const page of pages) drafts.delete(page);
    });
  }

  async #change(durability, change) {
    if (!this.#db) return;
    try {
      const t = this.#db.transaction(["queue", "drafts"], "readwrite", { durability });
      change(t.objectStore("queue"), t.objectStore("drafts"));
      t.commit();
      await done(t);
    } catch {
      this.#db = null; // full, or taken away: memory is left
    }
  }
}
