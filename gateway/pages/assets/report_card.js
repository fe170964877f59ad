/**
 * The frame of a report: its title, what it says in a sentence, its picture, its numbers and its CSV.
 */

import { el, scrolling, unseen } from "./dom.js";
import { saveButton } from "./saving.js";

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
      ? el(
          "details",
          { class: "numbers" },
          el("summary", {}, "Show as a table", unseen(` (${title})`)),
          scrolling(title, numbers),
        )
      : null,
  );
}

function csvButton(name, title) {
  return saveButton(["CSV", unseen(` of ${title}`)], {
    address: () => `/reports/${name}?format=csv`,
    file: `${name}.csv`,
    saved: `${title} is downloaded.`,
    place: (button) => button.parentElement,
    kind: "quiet small",
  });
}
