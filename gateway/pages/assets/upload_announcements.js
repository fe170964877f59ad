/**
 * Tells those who listen to the page how far an upload has come, and, wherever they are by then, how it ended.
 */

import { announce } from "./dom.js";
import { here } from "./router.js";
import * as jobs from "./upload_job.js";
import { headline } from "./upload_outcome.js";

const UPLOAD = "/upload";
const QUARTERS = ["", "25% sent.", "50% sent.", "75% sent.", ""];
const SENT = "Everything is sent.";
const STAGES = { checking: "Checking the rows.", loading: "Loading the rows." };
let said = "";

/** Announce each stage of every upload once, from now on. */
export function announceUploads() {
  jobs.events.addEventListener("phase", tell);
  jobs.events.addEventListener("progress", tell);
}

function tell() {
  const job = jobs.current();
  const shown = here().path === UPLOAD;
  // Where it is shown, the focus moves to what it came to.
  if (job.phase === "ended" && !shown) announce(`${job.file.name}: ${headline(job)[1]}.`);
  const sentence = sentenceOf(job);
  if (sentence === undefined || sentence === said) return;
  said = sentence;
  if (sentence && shown) announce(sentence);
}

function sentenceOf({ phase, running, sent, total }) {
  if (phase === "sending") return total ? QUARTERS[Math.floor((sent / total) * 4)] : "";
  if (phase === "working") return running ? STAGES[running.stage] : SENT;
  return "";
}
