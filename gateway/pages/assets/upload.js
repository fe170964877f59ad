/**
 * The view that uploads: a file is chosen, checked by a dry run, and then loaded.
 */

import { el, empty, field, notice, select, theirs } from "./dom.js";
import { watchDrops } from "./dropping.js";
import { size } from "./format.js";
import { may } from "./session.js";
import * as jobs from "./upload_job.js";
import { outcome } from "./upload_outcome.js";
import { progressDisplay } from "./upload_progress.js";

const COLUMNS = [
  "product_id",
  "product_name",
  "category",
  "price",
  "quantity_sold",
  "rating",
  "review_count",
];
const MODES = [
  ["upsert", "Add new products and change stored ones"],
  ["insert", "Add new products only"],
  ["update", "Change stored products only"],
];
const BLANKS = [
  ["error", "An error"],
  ["null", "A number that is not known"],
  ["keep", "Keep what is stored"],
];
let choices = { mode: "upsert", blank: "error" };

export const upload = {
  name: "upload",
  title: "Upload products",
  label: "Upload",
  lead: "A file is checked first. Nothing is stored until you say so, and you can undo it later.",
  show(body, _query, signal) {
    if (!may("catalog:write")) {
      body.append(empty("You may read, but not upload", "Ask an administrator for the scope catalog:write."));
      return;
    }
    const panel = el("div", { class: "panel" });
    let display = null;
    const draw = (moved = true) => {
      const job = jobs.current();
      display = isUnderWay(job) ? progressDisplay(job) : null;
      panel.replaceChildren(...parts(job, display));
      // What had the focus is gone, and what it moves to is read out.
      if (moved) panel.querySelector(".outcome, .running, #file").focus();
    };
    const moveOn = () => {
      if (display === null || jobs.current().phase !== "working") return draw();
      withdrawCancel(panel);
      return display.update(jobs.current());
    };
    jobs.events.addEventListener("phase", moveOn, { signal });
    jobs.events.addEventListener("progress", () => display?.update(jobs.current()), { signal });
    watchDrops({
      over: (held) => panel.classList.toggle("over", held && !isUnderWay(jobs.current())),
      dropped: (files) => take(files, panel),
      signal,
    });
    body.append(panel);
    draw(false);
  },
};

const isUnderWay = ({ phase }) => phase === "sending" || phase === "working";

function take(files, panel) {
  panel.querySelector(":scope > .notice")?.remove();
  if (isUnderWay(jobs.current())) panel.prepend(notice("error", "Wait until this file is done."));
  else if (files.length === 1) check(files[0]);
  else panel.prepend(notice("error", "Drop one file at a time."));
}

// The whole file is there: it can't be called back, only undone.
function withdrawCancel(panel) {
  const actions = panel.querySelector(".running .actions");
  const hadFocus = actions?.contains(document.activeElement);
  actions?.replaceWith(whileRunning(jobs.current()));
  if (hadFocus) panel.querySelector(".running").focus();
}

function parts(job, display) {
  if (job.phase === "idle") return [dropZone(), options(), course()];
  if (job.phase !== "ended") return [running(job, display)];
  return [el("div", { class: "card" }, fileLine(job), ...outcome(job))];
}

function running(job, display) {
  const name = job.options.dry_run ? "Checking the file" : "Loading the file";
  return el(
    "div",
    { class: "card running", role: "group", "aria-label": name, tabindex: "-1" },
    fileLine(job),
    display.element,
    whileRunning(job),
  );
}

function dropZone() {
  const input = el("input", {
    type: "file",
    id: "file",
    class: "visually-hidden",
    accept: ".csv,.gz,text/csv,application/gzip",
  });
  const zone = el(
    "div",
    { class: "drop-zone" },
    input,
    el("p", { class: "drop-title", "aria-hidden": "true" }, "Drop a CSV file here"),
    el("label", { class: "button primary", for: "file" }, "Choose a CSV file"),
    el("p", { class: "hint" }, "Plain or gzip, in UTF-8. The first line names the columns:"),
    el(
      "p",
      { class: "columns" },
      COLUMNS.map((name) => el("code", {}, name)),
    ),
  );
  input.addEventListener("change", () => input.files.length && check(input.files[0]));
  return zone;
}

function options() {
  const mode = select("mode", MODES, choices.mode);
  const blank = select("blank", BLANKS, choices.blank);
  const form = el(
    "div",
    { class: "options-fields" },
    field("What the file may do", mode),
    field("A blank cell is", blank),
  );
  form.addEventListener("change", () => {
    choices = { mode: mode.value, blank: blank.value };
  });
  return el("details", { class: "options" }, el("summary", {}, "Options"), form);
}

function course() {
  const steps = [
    ["Check", "Each cell is looked at. What is wrong is named with its line and column."],
    ["Load", "All rows are stored at once, or none. A product that is there already gets the new values."],
    ["Undo", "An upload can be taken back in the history."],
  ];
  return el(
    "ol",
    { class: "course" },
    steps.map(([name, text]) => el("li", {}, el("strong", {}, name), el("p", { class: "hint" }, text))),
  );
}

function check(file) {
  jobs.start(file, { ...choices, on_error: "reject", dry_run: "true" });
}

function fileLine({ file }) {
  return el(
    "p",
    { class: "file-line" },
    el("strong", {}, theirs(file.name)),
    el("span", { class: "quiet-text" }, size(file.size)),
  );
}

function whileRunning(job) {
  return job.phase === "sending"
    ? el(
        "div",
        { class: "actions" },
        el("button", { type: "button", class: "quiet", click: jobs.reset }, "Cancel"),
      )
    : el("p", { class: "hint" }, "It goes on by itself: you may look at something else meanwhile.");
}
