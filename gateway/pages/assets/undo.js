/**
 * Undoing an upload from the history, or an undo of one.
 */

import * as api from "./api.js";
import { confirmed } from "./dialog.js";
import { announce, el, notice, theirs } from "./dom.js";
import { count, counted, when } from "./format.js";
import { may } from "./session.js";

/** Whether a record stands for changes that can be taken back. An undo of new products has only deleted some. */
export const isUndoable = ({ state, options, created, updated, deleted }) =>
  state === "succeeded" &&
  !options.dry_run &&
  Boolean(created || updated || deleted) &&
  may("catalog:write");

/** A button that undoes what a record stands for, and then calls `redraw`; what fails is said in `element`. */
export function undoButton(item, { element, redraw, signal }) {
  const button = el("button", { type: "button", class: "quiet" }, "Undo");
  const name = item.undoes ? "this undo" : (item.file_name ?? "unnamed");
  button.append(el("span", { class: "visually-hidden" }, ` ${name} of ${when(item.started_at)}`));
  button.addEventListener("click", async () => {
    if (!(await confirmed({ ...question(item), yes: "Undo", signal }))) return;
    element.querySelector(":scope > .notice")?.remove();
    button.disabled = true;
    announce("Undoing …");
    try {
      await showUndone(await api.undo(item.id), redraw, signal);
    } catch (error) {
      button.disabled = false;
      element.append(notice("error", error.message));
    }
  });
  return button;
}

function question({ file_name: name, undoes }) {
  if (undoes)
    return {
      title: "Undo this undo?",
      text: "Products that it deleted come back, and those that it put back get the values of the upload again. What was changed since is kept.",
    };
  return {
    title: ["Undo the upload of ", theirs(name ?? "unnamed"), "?"],
    text: "Products that it added are deleted, and those that it changed get their former values back. What was changed since is kept.",
  };
}

// The undo is done by now, whether or not the list can be shown anew.
async function showUndone(record, redraw, signal) {
  const message = notice("good", sentenceOf(record));
  message.tabIndex = -1;
  const told = [message];
  try {
    await redraw();
  } catch (error) {
    told.push(notice("error", "The list is not up to date. ", error.message));
  }
  if (signal.aborted) {
    announce(sentenceOf(record));
    return;
  }
  document.querySelector(".view").prepend(...told);
  message.focus();
}

function sentenceOf({ deleted, updated, created, kept }) {
  const told = `Undone: ${counted(deleted, "product")} deleted, ${count(updated + created)} put back`;
  return kept ? `${told}, ${count(kept)} kept as changed since.` : `${told}.`;
}
