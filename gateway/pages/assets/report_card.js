/**
 * The frame of a report: its title, what it says in a sentence, its picture, its numbers and its CSV.
 */

import * as api from "./api.js";
import { announce, el, notice, scrolling } from "./dom.js";

/** Make a card. `name` is the report's in the API; `numbers` is the table that a picture needs beside it. */
export function card(name, title, { says, picture, numbers = null, wide = false }) {
  const id = `report-${name}`;
  return el(
    "section",
    { class: wide ? "card report wide" : "card report", "aria-labelledby": id },
    el("div", { class: "report-head" }, el("h2", { id }, title), csvButton(name, title)),
    el("p", { class: "says" }, says),
    picture,
    numbers
      ? el("details", { class: "numbers" }, el("summary", {}, "Show as a table"), scrolling(title, numbers))
      : null,
  );
}

function csvButton(name, title) {
  const button = el(
    "button",
    { type: "button", class: "quiet small" },
    "CSV",
    el("span", { class: "visually-hidden" }, ` of ${title}`),
  );
  button.addEventListener("click", async () => {
    try {
      await api.download(`/reports/${name}?format=csv`, `${name}.csv`);
      announce(`${title} is downloaded.`);
    } catch (error) {
      button.parentElement.after(notice("error", error.message));
    }
  });
  return button;
}
