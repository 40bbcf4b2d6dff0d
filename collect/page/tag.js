// The interface for tagging.
/** @returns {any} */
export function tag() { throw new Error("not yet"); }
