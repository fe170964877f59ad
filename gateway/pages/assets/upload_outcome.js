/**
 * What a check or a load came to, and what can be done next.
 */

import { el, notice, theirs } from "./dom.js";
import { count, counted, seconds } from "./format.js";
import { errorReport } from "./upload_errors.js";
import * as jobs from "./upload_job.js";

/** What a job that has ended came to: whether that is `good` or `bad`, and a few words. */
export function headline({ problem, record, options }) {
  if (problem) return ["bad", "That didn't work"];
  const { state, rejected, rows_read: rows } = record;
  if (options.dry_run) {
    if (state === "succeeded") return ["good", "The file is good"];
    if (!rejected) return ["bad", "This file can't be loaded"];
    return ["bad", `${counted(rejected, "row")} of ${count(rows)} can't be loaded`];
  }
  if (state !== "succeeded") return ["bad", "Nothing was loaded"];
  if (!rejected) return ["good", "Your products are loaded"];
  return ["good", `The good rows are loaded, ${counted(rejected, "row")} left out`];
}

/** The elements for a job that has ended. */
export function outcome(job) {
  const title = heading(headline(job));
  if (job.problem) return [title, ...failed(job)];
  return [title, ...(job.options.dry_run ? checked(job) : loaded(job))];
}

function failed({ problem, unreadable }) {
  const actions = unreadable
    ? [another("primary", "Choose it again")]
    : [button("Try again", "primary", jobs.tryAgain), another()];
  return [notice("error", problem), el("div", { class: "actions" }, actions)];
}

function checked(job) {
  const { record } = job;
  if (record.state === "succeeded") {
    return [
      counts(record, ["would be added", "would change", "stay as they are"]),
      ignored(record),
      el(
        "div",
        { class: "actions" },
        button(`Load ${counted(record.rows_read, "row")}`, "primary", () => load(job, "reject")),
        another(),
      ),
    ];
  }
  const good = record.rows_read - record.rejected;
  const some = good > 0 && record.rejected > 0;
  return [
    el(
      "p",
      {},
      record.rejected ? "Repair them and choose the file again. Nothing has been stored." : record.msg,
    ),
    ignored(record),
    errorReport(record),
    el(
      "div",
      { class: "actions" },
      another("primary", record.rejected ? "Choose the repaired file" : undefined),
      some ? button(`Load the ${counted(good, "good row")} only`, "quiet", () => load(job, "skip")) : null,
    ),
  ];
}

function loaded({ record }) {
  if (record.state !== "succeeded") {
    return [
      el("p", {}, record.msg),
      errorReport(record),
      el("div", { class: "actions" }, another("primary")),
    ];
  }
  return [
    counts(record, ["added", "changed", "already stood so"]),
    el(
      "p",
      { class: "quiet-text" },
      record.seconds >= 1
        ? `It took ${seconds(record.seconds)}. You can undo it in the history.`
        : "You can undo it in the history.",
    ),
    errorReport(record),
    el(
      "div",
      { class: "actions" },
      link("See the reports", "#/reports", "primary"),
      link("See the products", "#/products", "quiet"),
      another(),
    ),
  ];
}

function counts({ created, updated, unchanged }, [added, changed, same]) {
  const pair = (number, meaning) =>
    el("div", { class: "figure" }, el("dt", {}, meaning), el("dd", {}, count(number)));
  return el("dl", { class: "figures" }, pair(created, added), pair(updated, changed), pair(unchanged, same));
}

function ignored({ ignored_columns: columns }) {
  if (!columns?.length) return null;
  return notice(
    "info",
    "Columns that are not read: ",
    columns.map((name, index) => [index ? ", " : null, theirs(name)]).flat(),
  );
}

function load(job, onError) {
  jobs.start(job.file, { ...job.options, on_error: onError, dry_run: "" });
}

const heading = ([kind, text]) => el("h2", { class: `outcome ${kind}`, tabindex: "-1" }, text);
const button = (text, kind, click) => el("button", { type: "button", class: kind, click }, text);
const link = (text, href, kind) => el("a", { class: `button ${kind}`, href }, text);
const another = (kind = "quiet", text = "Choose another file") => button(text, kind, jobs.reset);
