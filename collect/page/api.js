// Requests to the server of the study.

/** The server refused a request. */
export class Refused extends Error {
  constructor(status, body, after) {
    super(body?.error ?? `status ${status}`);
    this.status = status;
    this.code = body?.code ?? `status_${status}`;
    this.body = body;
    this.after = after;
  }
}

/** Reports whether a request may succeed when it is repeated later. */
export const passing = e => !(e instanceof Refused) || e.status >= 500 || [408, 425, 429].includes(e.status);

/** Waits between tries: 1, 2, 4 to 60 seconds, at random somewhat less, and no longer when the network is back. */
export class Patience {
  tries = 0;

  wait(error) {
    const seconds = Math.max(Math.min(60, 2 ** this.tries++) * (0.5 + Math.random() / 2), error?.after ?? 0);
    return new Promise(resolve => {
      const timer = setTimeout(done, seconds * 1000);
      addEventListener("online", done);
      function done() {
        clearTimeout(timer);
        removeEventListener("online", done);
        resolve();
      }
    });
  }
}

export class Api {
  base = new URL("../", import.meta.url);
  token = "";
  /** Fetches a new token, when this one is no longer known. */
  renew = null;
  #renewing = null;

  image(key) { return new URL("img/" + key, this.base).href; }

  /** Returns the status and the body of the answer. */
  async send(method, path, body, o = {}) {
    try {
      return await this.#once(method, path, body, o);
    } catch (e) {
      if (!(e instanceof Refused) || e.status !== 401 || !this.renew || path === "visit") throw e;
      await (this.#renewing ??= this.renew().finally(() => { this.#renewing = null; }));
      return await this.#once(method, path, body, o);
    }
  }

  async #once(method, path, body, o) {
    const headers = { "Content-Type": "application/json", ...this.token && { Authorization: "Bearer " + this.token }, ...o.headers };
    const answer = await fetch(new URL("api/v1/" + path, this.base), {
      method, headers, body: body instanceof Uint8Array ? body : JSON.stringify(body), keepalive: o.keepalive, cache: "no-store",
      signal: o.keepalive ? undefined : AbortSignal.timeout(30000),
    });
    const text = await answer.text();
    let json = null;
    try { json = JSON.parse(text); } catch { /* a proxy may answer with something else */ }
    if (!answer.ok) throw new Refused(answer.status, json, Number(answer.headers.get("Retry-After")) || 0);
    return { status: answer.status, body: json };
  }

  /** Posts until there is an answer; waiting is called before each wait. */
  async insist(path, body, waiting) {
    for (const patience = new Patience();;) {
      try {
        return (await this.send("POST", path, body)).body;
      } catch (e) {
        if (!passing(e)) throw e;
        waiting(e);
        await patience.wait(e);
      }
    }
  }

  #reports = 0;

  /** Tells the server of an error of these scripts, a few times. */
  oops(what) {
    if (this.#reports++ < 5 && this.token) this.send("POST", "oops", { error: what.slice(0, 900) }).catch(() => {});
  }
}
