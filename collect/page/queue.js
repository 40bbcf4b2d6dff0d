// Sends chunks and submits in their order, without end, until the server has acknowledged them.

import { Patience, passing } from "./api.js";

const KEEPALIVE = 48000; // bytes; browsers share 64 KiB among all requests that outlive the page

/** Returns the SHA-256 of bytes, or of a text, in hexadecimal digits. Browsers have one where addresses are secure. */
async function digest(data) {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const hash = crypto.subtle ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)) : (await import("./sha256.js")).sha256(bytes);
  return Array.from(hash, b => b.toString(16).padStart(2, "0")).join("");
}

async function gzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export class Queue {
  /** What is not acknowledged. */
  items = [];
  drafts = new Map();
  /** The last failure to send, or null. */
  trouble = null;
  /** Called whenever the state may have changed. */
  changed = () => {};
  #id = 1;
  #running = false;
  /** Chunks of attempts that are not submitted yet, whether sent or not. */
  #attempts = new Map();
  /** Items that are being made. */
  #making = new Map();
  #patience = new Patience();

  constructor(api, disk) {
    this.api = api;
    this.disk = disk;
  }

  #left;
  /** Resolves to the answer to the wish to stop. */
  gone = new Promise(resolve => { this.#left = resolve; });

  /** Takes up what a former page left for this assignment, and forgets what others left a month ago. */
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

  draft(draft) {
    this.drafts.set(draft.page, draft);
    return this.disk.write(null, draft);
  }

  /** Takes a chunk. */
  chunk(of, text) {
    if (this.#halted) return;
    const item = { id: this.#id++, kind: "chunk", ...of };
    this.items.push(item);
    this.#attempt(item).push(item);
    this.#making.set(item, this.#make(item, new TextEncoder().encode(text)));
    this.#run();
  }

  async #make(item, bytes) {
    this.#raw.set(item, bytes);
    let zipped = null;
    try { zipped = await gzip(bytes); } catch { /* an old browser */ }
    if (!item.body) Object.assign(item, { body: zipped ?? bytes, gzip: zipped !== null }); // else it went out at exit as it was
    item.digest = await digest(item.body);
    await this.disk.write(item, null);
    this.#raw.delete(item);
    this.#making.delete(item);
  }
  #raw = new Map();

  /** Takes the answer of a page; returns when it is kept. The page is done from then on. */
  async submit(draft, events, images) {
    const { page, assignment, attempt, answer } = draft, chunks = this.#attempt(draft);
    await Promise.all(chunks.map(i => this.#making.get(i)));
    draft.done = true;
    this.drafts.set(draft.page, draft);
    await this.#add({
      id: this.#id++, kind: "submit", assignment, page, attempt, digests: chunks.map(i => i.digest),
      message: { attempt, chunks: chunks.length, events, ended: Math.round(performance.timeOrigin + performance.now()), images, answer, lost: [] },
    }, draft);
  }

  /** What the annotator wished when they stopped, if it is not sent yet. */
  get wish() { return this.items.find(i => i.kind === "leave")?.message; }

  /** Sends, after everything else, that the annotator stops. What is not sent is deleted, if they want that. */
  async leave(assignment, message) {
    if (message.delete) {
      await Promise.all(this.#making.values());
      await this.disk.remove(this.items.map(i => i.id), [...this.drafts.keys()]);
      this.items = [];
      this.drafts.clear();
      this.#attempts.clear();
    }
    await this.#add({ id: this.#id++, kind: "leave", assignment, message });
  }

  async #add(item, draft) {
    await this.disk.write(item, draft, "strict");
    this.items.push(item);
    this.#run();
  }

  #attempt(of) {
    const key = of.page + "/" + of.attempt;
    if (!this.#attempts.has(key)) this.#attempts.set(key, []);
    return this.#attempts.get(key);
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
          item.failed = e.code;
          this.api.oops(`${item.kind} ${item.page} ${item.attempt} ${item.seq}: ${e.code}`);
        }
      }
    }
    this.#running = false;
    this.changed();
  }

  async #deliver(item) {
    if (item.kind === "chunk") {
      await this.#put(item).catch(e => { if (e.code !== "chunk_differs") throw e; }); // the server keeps both
    } else if (item.kind === "leave") {
      this.#left((await this.api.send("POST", "leave", item.message)).body);
    } else {
      const chunks = this.#attempt(item);
      const lost = [...new Set([...item.message.lost, ...chunks.filter(i => i.failed).map(i => i.seq)])].sort((a, b) => a - b);
      let chain = "";
      for (const [seq, d] of item.digests.entries()) if (!lost.includes(seq)) chain = await digest(chain + d);
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

  /** Sends the chunks that the server misses, and says which are lost. */
  async #again(submit, chunks, missing) {
    for (const seq of missing) {
      const chunk = chunks.find(i => i.seq === seq);
      const here = chunk && await this.#put(chunk).catch(e => { if (passing(e)) throw e; });
      if (!here) submit.message.lost.push(seq);
    }
  }

  #put(item, keepalive) {
    // At exit there may be no time for a digest.
    const hash = item.digest && btoa(item.digest.replace(/../g, d => String.fromCharCode(parseInt(d, 16))));
    return this.api.send("PUT", `pages/${item.page}/${item.attempt}/${item.seq}`, item.body,
      { headers: { ...hash && { "Content-Digest": `sha-256=:${hash}:` }, ...item.gzip && { "Content-Encoding": "gzip" } }, keepalive });
  }

  async #forget(items) {
    this.items = this.items.filter(i => !items.includes(i));
    await this.disk.remove(items.map(i => i.id), []);
  }

  /** Sends what fits into the requests that outlive the page. It is sent again if no answer comes. */
  exit() {
    let room = KEEPALIVE;
    for (const item of this.items) {
      if (item.kind !== "chunk" || item.failed) continue;
      item.body ??= this.#raw.get(item);
      room -= item.body?.length ?? 0;
      if (room < 0) return;
      this.#put(item, true).then(() => this.#forget([item]), () => {});
    }
  }
}
