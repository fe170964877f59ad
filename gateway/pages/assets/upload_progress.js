/**
 * How far an upload has come: bytes up, then what the server does with its rows.
 */

import { el } from "./dom.js";
import { count, percent, size } from "./format.js";

const STEPS = [
  ["sending", "Send"],
  ["checking", "Check"],
  ["comparing", "Compare"],
  ["loading", "Load"],
];

/** Make the display; `update(job)` brings it up to date. */
export function progressDisplay(job) {
  const bar = el("progress", { max: "1", "aria-label": "Progress" });
  const what = el("span", { class: "progress-what" });
  const share = el("span", { class: "progress-share" });
  const steps = STEPS.filter(([stage]) => stage !== "loading" || !job.options.dry_run).map(
    ([stage, label]) => ({
      stage,
      item: el("li", {}, label),
    }),
  );
  const seen = { rows: 0 };
  const update = (now) => {
    const { stage, text, done } = describe(now, seen);
    const at = steps.findIndex((step) => step.stage === stage);
    steps.forEach(({ item }, index) => {
      item.className = index < at ? "done" : index === at ? "now" : "";
      if (index === at) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    what.textContent = text;
    share.textContent = done === null ? "" : percent(Math.floor(done * 100));
    if (done === null) bar.removeAttribute("value");
    else bar.value = done;
  };
  update(job);
  const element = el(
    "div",
    { class: "progress" },
    el(
      "ol",
      { class: "steps", "aria-label": "Steps" },
      steps.map(({ item }) => item),
    ),
    bar,
    el("p", { class: "progress-line" }, what, share),
  );
  return { element, update };
}

function describe(job, seen) {
  if (job.phase === "sending") {
    const { sent, total } = job;
    return {
      stage: "sending",
      text: `${size(sent)} of ${size(total)} sent`,
      done: total ? sent / total : null,
    };
  }
  const { stage, bytes_read: read, rows_read: rows, bytes } = job.running ?? {};
  if (stage === "checking") {
    seen.rows = Math.max(seen.rows, rows);
    return { stage, text: `${count(rows)} rows checked`, done: bytes ? Math.min(read / bytes, 1) : null };
  }
  if (stage === "comparing" || stage === "loading") {
    const verb = stage === "loading" ? "loaded" : "compared with what is stored";
    return {
      stage,
      text: `${count(rows)} rows ${verb}`,
      done: rows && seen.rows >= rows ? rows / seen.rows : null,
    };
  }
  return { stage: "checking", text: "Everything is sent. The server reads it.", done: null };
}
