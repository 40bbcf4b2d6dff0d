// Asks whether to stop, and whether to delete.

import { h } from "./dom.js";
import { texts } from "./texts.js";

/** Returns what the annotator wants, or null to go on. @returns {Promise<null | {what: string, delete?: boolean}>} */
export function stopDialog() {
  return new Promise(resolve => {
    /** @type {null | {what: string, delete?: boolean}} */
    let answer = null;
    const dialog = h("dialog", { "aria-labelledby": "stop-title", onclose: () => { dialog.remove(); resolve(answer); } });
    const button = (/** @type {string} */ text, /** @type {string} */ name, /** @type {() => void} */ onclick) =>
      h("button", { type: "button", class: name, onclick }, text);
    const leave = (/** @type {any} */ what) => () => { answer = what; dialog.close(); };
    const title = h("h2", { id: "stop-title" }, texts.stopTitle);
    const back = () => button(texts.back, "main", () => dialog.close());
    dialog.append(title, h("p", {}, texts.pause), h("div", { class: "choices" }, back(),
      button(texts.stopKeep, "", leave({ what: "return" })),
      button(texts.stopDelete, "", () => {
        const no = back();
        dialog.replaceChildren(title, h("p", {}, texts.sure), h("div", { class: "choices" }, no,
          button(texts.sureYes, "danger", leave({ what: "withdraw", delete: true }))));
        no.focus();
      })));
    document.body.append(dialog);
    dialog.showModal();
  });
}
