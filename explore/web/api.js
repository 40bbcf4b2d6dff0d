// Asks the server for JSON.

/** An answer that says what went wrong: error, hint, and of a query line, code and mark. */
export class Problem extends Error {
  constructor(answer) {
    super(answer.error);
    Object.assign(this, answer);
  }
}

/** Returns the line of a query that a Problem is about, with a caret below the mistake. @param {Problem} e */
export const excerpt = e => `line ${e.line}: ${e.code ?? ''}\n${' '.repeat(`line ${e.line}: `.length + (e.mark ?? 0))}^`;

/**
 * Returns the JSON of an address. Throws a Problem, or an AbortError if the signal stops it.
 * @param {string} address
 * @param {RequestInit} [options]
 */
export async function get(address, options = {}) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new Problem({ error: 'abtool explore does not answer', hint: 'It may have been ended where it was started.', status: 0 });
  }
  const answer = await response.json().catch(e => {
    if (e.name === 'AbortError') throw e;
    return { error: `the server answered ${response.status}`, status: response.status };
  });
  if (!response.ok || answer.error) throw new Problem(answer);
  return answer;
}

/** Returns a function like get that stops its earlier request. */
export function latest() {
  let running = new AbortController();
  return address => {
    running.abort();
    running = new AbortController();
    return get(address, { signal: running.signal });
  };
}
