/**
 * Undoing an upload from the history, or an undo of one.
 */

import * as api from "./api.js";
import { confirmed } from "./dialog.js";
import { announce, el, notice, theirs, unseen, working } from "./dom.js";
import { count, counted, when } from "./format.js";
import { may } from "./session.js";

/** Whether a record stands for changes that can be taken back. An undo of new products has only deleted some. */
export const isUndoable = ({ state, options, created, updated, deleted }) =>
  state === "succeeded" &&
  !options.dry_run &&
  Boolean(created || updated || deleted) &&
  may("catalog:write");

/** Which upload, or undo of one, a button is about, for those who come to the button alone. */
export const whichOne = ({ undoes, file_name: name, started_at: started }) =>
  `${undoes ? "this undo" : (name ?? "unnamed")} of ${when(started)}`;

/** A button that undoes what a record stands for, and then calls `redraw`; what fails is said in `element`. */
export function undoButton(item, { element, redraw, signal }) {
  const button = el("button", { type: "button", class: "quiet" }, "Undo", unseen(` ${whichOne(item)}`));
  const undo = async () => {
    if (!(await confirmed({ ...question(item), yes: "Undo", signal }))) return;
    element.querySelector(":scope > .notice")?.remove();
    announce("Undoing …");
    try {
      await showUndone(await api.undo(item.id), redraw, signal);
    } catch (error) {
      element.append(notice("error", error.message));
    }
  };
  button.addEventListener("click", () => working(button, undo));
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
