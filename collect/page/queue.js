// Sends chunks and submits in their order, without end, until the server has acknowledged them.

import { Api, Patience, Refused, passing } from "./api.js";
import { Disk } from "./disk.js";
import { base64, hex, sha256 } from "./sha256.js";
/** @typedef {import("./disk.js").Item} Item */
/** @typedef {import("./disk.js").Draft} Draft */

const KEEPALIVE = 48000; // bytes; browsers share 64 KiB among all requests that outlive the page

/** @param {Uint8Array} bytes */
async function gzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export class Queue {
  /** What is not acknowledged. @type {Item[]} */
  items = [];
  /** @type {Map<string, Draft>} */
  drafts = new Map();
  /** The last failure to send, or null. @type {any} */
  trouble = null;
  /** Called whenever the state may have changed. */
  changed = () => {};
  #id = 1;
  #running = false;
  /** Chunks of attempts that are not submitted yet, whether sent or not. @type {Map<string, Item[]>} */
  #attempts = new Map();
  /** Items that are being made. @type {Map<Item, Promise<void>>} */
  #making = new Map();
  #patience = new Patience();

  /** @param {Api} api @param {Disk} disk */
  constructor(api, disk) {
    this.api = api;
    this.disk = disk;
  }

  /** Takes up what a former page left for this assignment, and forgets what others left a month ago. @param {string} assignment */
  async resume(assignment) {
    const { items, drafts } = await this.disk.read();
    this.#id = Math.max(Date.now(), 1 + Math.max(0, ...items.map(i => i.id)));
    const old = Date.now() - 30 * 864e5;
    await this.disk.remove(items.filter(i => i.assignment !== assignment && i.id < old).map(i => i.id), []);
    this.items = items.filter(i => i.assignment === assignment);
    for (const i of this.items) delete i.failed;
    this.drafts = new Map(drafts.filter(d => d.assignment === assignment).map(d => [d.page, d]));
    for (const i of this.items) if (i.kind === "chunk") this.#attempt(i).push(i);
    this.#run();
  }

  /** @param {Draft} draft */
  draft(draft) {
    this.drafts.set(draft.page, draft);
    return this.disk.write(null, draft);
  }

  /**
   * Takes a chunk.
   * @param {{assignment: string, page: string, attempt: number, seq: number}} of @param {string} text
   */
  chunk(of, text) {
    if (this.#halted) return;
    /** @type {Item} */
    const item = { id: this.#id++, kind: "chunk", ...of };
    this.items.push(item);
    this.#attempt(item).push(item);
    this.#making.set(item, this.#make(item, new TextEncoder().encode(text)));
    this.#run();
  }

  /** @param {Item} item @param {Uint8Array} bytes */
  async #make(item, bytes) {
    this.#raw.set(item, bytes);
    let zipped = null;
    try { zipped = await gzip(bytes); } catch { /* an old browser */ }
    if (!item.body) this.#fix(item, zipped ?? bytes, zipped !== null); // else it went out at exit as it was
    await this.disk.write(item, null);
    this.#raw.delete(item);
    this.#making.delete(item);
  }
  /** @type {Map<Item, Uint8Array>} */
  #raw = new Map();

  /** @param {Item} item @param {Uint8Array} body @param {boolean} zipped */
  #fix(item, body, zipped) {
    item.body = body;
    item.gzip = zipped;
    item.digest = hex(sha256(body));
  }

  /**
   * Takes the answer of a page; returns when it is kept. The page is done from then on.
   * @param {Draft} draft @param {number} events
   */
  async submit(draft, events) {
    const chunks = this.#attempt(draft);
    await Promise.all(chunks.map(i => this.#making.get(i)));
    draft.done = true;
    this.drafts.set(draft.page, draft);
    await this.#add({
      id: this.#id++, kind: "submit", assignment: draft.assignment, page: draft.page, attempt: draft.attempt,
      digests: chunks.map(i => i.digest ?? ""),
      message: { attempt: draft.attempt, chunks: chunks.length, events, ended: Math.round(performance.timeOrigin + performance.now()), answer: draft.answer, lost: [] },
    }, draft);
  }

  /**
   * Sends, after everything else, that the annotator stops; deletes all that is not sent if they want that.
   * @param {string} assignment @param {{what: string, delete?: boolean}} message
   */
  async leave(assignment, message) {
    if (message.delete) {
      await Promise.all(this.#making.values());
      await this.disk.remove(this.items.map(i => i.id), [...this.drafts.keys()]);
      this.items = [];
      this.drafts.clear();
      this.#attempts.clear();
    }
    await this.#add({ id: this.#id++, kind: "leave", assignment, page: "", attempt: 0, message }, null);
  }

  /** @param {Item} item @param {Draft | null} draft */
  async #add(item, draft) {
    await this.disk.write(item, draft, true);
    this.items.push(item);
    this.#run();
  }

  /** @param {{page: string, attempt: number}} of */
  #attempt(of) {
    const key = of.page + "/" + of.attempt;
    let list = this.#attempts.get(key);
    if (!list) this.#attempts.set(key, list = []);
    return list;
  }

  /** The number of pages that wait to be sent. */
  get pages() { return this.items.filter(i => i.kind === "submit").length; }

  /** The codes of what the server refuses. */
  get refused() { return [...new Set(this.items.flatMap(i => i.failed ?? []))]; }

  /** Ends the sending from here: another tab goes on. */
  halt() {
    this.exit();
    this.#halted = true;
  }
  #halted = false;

  /** Forgets the drafts of an assignment that is finished. */
  close() { return this.disk.remove([], [...this.drafts.keys()]); }

  /** Returns when everything is acknowledged or refused. */
  async empty() {
    while (this.items.some(i => !i.failed)) await new Promise(r => setTimeout(r, 100));
  }

  async #run() {
    this.changed();
    if (this.#running) return;
    this.#running = true;
    for (let item; !this.#halted && (item = this.items.find(i => !i.failed)); this.changed()) {
      await this.#making.get(item);
      if (!this.items.includes(item)) continue;
      try {
        await this.#deliver(item);
        this.trouble = null;
        this.#patience.tries = 0;
      } catch (e) {
        if (passing(e)) {
          this.trouble = e;
          this.changed();
          await this.#patience.wait(e);
        } else {
          item.failed = /** @type {Refused} */ (e).code;
          this.api.oops(`${item.kind} ${item.page} ${item.attempt} ${item.seq ?? ""}: ${item.failed}`);
        }
      }
    }
    this.#running = false;
    this.changed();
  }

  /** @param {Item} item */
  async #deliver(item) {
    if (item.kind === "chunk") {
      try {
        await this.#put(item, false);
      } catch (e) {
        if (!(e instanceof Refused) || e.code !== "chunk_differs") throw e; // the server keeps both
      }
    } else if (item.kind === "leave") {
      const { body } = await this.api.send("POST", "leave", item.message);
      this.left(body);
    } else {
      const chunks = this.#attempt(item);
      const lost = [...item.message.lost, ...chunks.filter(i => i.failed).map(i => i.seq)];
      const chain = (item.digests ?? []).reduce((c, d, seq) => lost.includes(seq) ? c : hex(sha256(new TextEncoder().encode(c + d))), "");
      const { status, body } = await this.api.send("PUT", "pages/" + item.page, { ...item.message, chain, lost });
      if (status === 202) {
        await this.#again(item, chunks, body.missing);
        return await this.#patience.wait(null);
      }
      await this.#forget(chunks.filter(i => i.failed));
      this.#attempts.delete(item.page + "/" + item.attempt);
    }
    await this.#forget([item]);
  }

  /** Called with the answer of the server when the annotator has stopped. @type {(body: any) => void} */
  left = () => {};

  /** Sends the chunks that the server misses, and says which are lost. @param {Item} submit @param {Item[]} chunks @param {number[]} missing */
  async #again(submit, chunks, missing) {
    for (const seq of missing) {
      const chunk = chunks.find(i => i.seq === seq && i.body);
      try {
        if (chunk) await this.#put(chunk, false);
        else submit.message.lost.push(seq);
      } catch (e) {
        if (passing(e)) throw e;
        submit.message.lost.push(seq);
      }
    }
  }

  /** @param {Item} item @param {boolean} keepalive */
  #put(item, keepalive) {
    const body = /** @type {Uint8Array} */ (item.body);
    const digest = /** @type {string} */ (item.digest).match(/../g)?.map(d => parseInt(d, 16)) ?? [];
    return this.api.send("PUT", `pages/${item.page}/${item.attempt}/${item.seq}`, body, {
      headers: { "Content-Digest": `sha-256=:${base64(Uint8Array.from(digest))}:`, ...(item.gzip && { "Content-Encoding": "gzip" }) }, keepalive,
    });
  }

  /** @param {Item[]} items */
  async #forget(items) {
    this.items = this.items.filter(i => !items.includes(i));
    await this.disk.remove(items.map(i => i.id), []);
  }

  /** Sends what fits into the requests that outlive the page. It is sent again if no answer comes. */
  exit() {
    let room = KEEPALIVE;
    for (const item of this.items) {
      if (item.kind !== "chunk" || item.failed) continue;
      const raw = this.#raw.get(item);
      if (!item.body && raw) this.#fix(item, raw, false);
      room -= item.body?.length ?? 0;
      if (room < 0) return;
      this.#put(item, true).then(() => this.#forget([item]), () => {});
    }
  }
}
