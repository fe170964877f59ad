/**
 * Asks before something is done that a slip of the hand shouldn't do.
 */

import { el } from "./dom.js";

/** Ask, and tell whether the answer was yes. Escape is no, and so is leaving the view, by `signal`. */
export function confirmed({ title, text, yes, signal }) {
  const dialog = el(
    "dialog",
    { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
    el("h2", { id: "dialog-title" }, title),
    el("p", { id: "dialog-text" }, text),
    el(
      "div",
      { class: "actions" },
      el("button", { type: "button", class: "primary", click: () => dialog.close("yes") }, yes),
      el(
        "button",
        { type: "button", class: "quiet", autofocus: true, click: () => dialog.close("no") },
        "Cancel",
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  signal.addEventListener("abort", () => dialog.close("no"));
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
