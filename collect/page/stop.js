// Asks whether to stop, and whether to delete.

import { button, dialog, h, p } from "./dom.js";
import { texts } from "./texts.js";

/** Returns what is to be told the server, or null to go on. */
export const stopDialog = () => new Promise(resolve => {
  let answer = null;
  const leave = message => () => { answer = message; d.close(); };
  const back = () => button(texts.back, () => d.close(), "main");
  const title = () => h("h2", {}, texts.stop);
  const d = dialog(texts.stop, () => resolve(answer), title(), p(texts.pause), h("div", { class: "choices" }, back(),
    button(texts.stopKeep, leave({ what: "return" })),
    button(texts.stopDelete, () => {
      const no = back();
      d.replaceChildren(title(), p(texts.sure), h("div", { class: "choices" }, no,
        button(texts.sureYes, leave({ what: "withdraw", delete: true }), "danger")));
      no.focus();
    })));
});
