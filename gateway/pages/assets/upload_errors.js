/**
 * What is wrong with a file, as a table that points at line and column.
 */

import { el, scrolling, table, theirs } from "./dom.js";
import { count, counted } from "./format.js";
import { saveButton } from "./saving.js";

const CODES = {
  blank: "Blank cells",
  too_long: "Text too long",
  not_a_number: "Not a number",
  not_an_integer: "Not a whole number",
  negative: "Below zero",
  out_of_range: "Number too large",
  too_many_decimals: "Too many decimals",
  nul_character: "NUL characters",
  not_utf8: "Not UTF-8",
  too_few_cells: "Too few cells",
  too_many_cells: "Too many cells",
  duplicate: "Ids that stand twice",
  text_after_quote: "Text after a quote",
  unclosed_quote: "Quote never closed",
  exists: "Already stored",
  unknown_product: "Not stored yet",
  changed_since: "Changed since",
};

/** Show what an upload's record has errors about: how many of each kind, the first of them, and all the rows. */
export function errorReport(record) {
  const total = Object.values(record.totals_by_code).reduce((sum, number) => sum + number, 0);
  if (total === 0) return null;
  const shown = record.errors.length;
  const told = record.undoes ? KEPT : ERRORS;
  return el(
    "div",
    { class: "errors", role: "group", "aria-label": told.name },
    el("ul", { class: "tallies", "aria-label": `${told.name} by kind` }, tallies(record.totals_by_code)),
    scrolling(told.caption, table(told.caption, told.columns, record.errors.map(told.row), "error-table")),
    el(
      "div",
      { class: "below-table" },
      el(
        "p",
        { class: "hint" },
        shown < total
          ? `The first ${count(shown)} of ${counted(total, told.one)}.`
          : `${counted(total, told.one)}.`,
      ),
      record.rejected || record.kept ? rowsButton(record, told) : null,
    ),
  );
}

function rowsButton(record, { button: label, file, downloaded }) {
  return saveButton(label, {
    address: () => `/uploads/${encodeURIComponent(record.id)}/rejects.csv`,
    file,
    saved: downloaded,
  });
}

function tallies(totals) {
  return Object.entries(totals)
    .sort(([, one], [, other]) => other - one)
    .map(([code, number]) =>
      el("li", {}, el("strong", {}, count(number)), ` ${CODES[code] ?? code.replaceAll("_", " ")}`),
    );
}

const columnOf = ({ column }) =>
  column === null ? el("span", { class: "quiet-text" }, "whole line") : el("code", {}, column);

function valueOf({ value }) {
  if (value === null) return el("span", { class: "quiet-text" }, "–");
  if (value.trim() === "") return el("span", { class: "quiet-text" }, value === "" ? "empty" : "blanks");
  return el("code", { class: "cell" }, theirs(value));
}

const ERRORS = {
  name: "Errors",
  one: "error",
  caption: "Errors by line",
  columns: [
    { label: "Line", number: true },
    { label: "Column" },
    { label: "Value" },
    { label: "What is wrong" },
  ],
  row: (error) => [count(error.line), columnOf(error), valueOf(error), error.message],
  button: "Download the rejected rows",
  file: "rejects.csv",
  downloaded: "The rejected rows are downloaded.",
};

// An undo has read no file, so it names products and no lines.
const KEPT = {
  name: "Kept products",
  one: "product",
  caption: "Kept products",
  columns: [{ label: "Product" }, { label: "Why it was kept" }],
  row: (error) => [valueOf(error), error.message],
  button: "Download the kept products",
  file: "kept.csv",
  downloaded: "The kept products are downloaded.",
};
