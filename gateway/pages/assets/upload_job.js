/**
 * The one upload that this page has in hand. It goes on while other views are shown.
 */

import { upload as record, uploads } from "./api.js";
import { RequestFailed } from "./http.js";
import { FileUnreadable, newKey, sendFile } from "./sending.js";
import { freshToken, session, withToken } from "./session.js";

const POLL_MILLISECONDS = 500;
const LATEST = 5;
const TOKEN_SECONDS = 840;
const TOO_SLOW =
  "Sending the file took longer than the 15 minutes that it may take, so the server did not take it. Pack the file with gzip, or send it on a faster line.";
const NOT_TAKEN =
  "The server no longer accepted the token that the file was sent with, so it did not take the file. Try again with a new one.";

/** Fires `phase` when the job comes to another phase, and `progress` when it moves on within one. */
export const events = new EventTarget();

/**
 * `phase` is `idle`, `sending`, `working` or `ended`. An ended one has a `record`, the server's, or a
 * `problem`, a sentence; `unreadable` says that the file has to be chosen again.
 */
let job = { phase: "idle" };

/** The job as it is now. */
export const current = () => job;

/** Whether leaving the page would cut a file off. */
export const isSending = () => job.phase === "sending";

/** Forget the job, and cut it off while it is still being sent. */
export function reset() {
  job.cut?.abort();
  job = { phase: "idle" };
  tell("phase");
}

/** Do again what failed, under the same key: if it was loaded after all, it isn't loaded twice. */
export const tryAgain = () => run(job.file, job.options, job.key);

/** Check a file, or load it, as `options.dry_run` says. */
export const start = (file, options) => run(file, options, newKey());

async function run(file, options, key) {
  const mine = {
    phase: "sending",
    file,
    options,
    key,
    sent: 0,
    total: file.size,
    running: null,
    cut: new AbortController(),
  };
  job = mine;
  tell("phase");
  const ended = new AbortController();
  try {
    const answer = await deliver(mine, ended.signal);
    mine.record = answer.recorded ? await record(key) : null;
    if (!mine.record || mine.record.state === "failed") mine.problem = answer.body?.msg ?? mine.record?.msg;
  } catch (error) {
    if (error.name === "AbortError") return;
    mine.problem = error.message;
    mine.unreadable = error instanceof FileUnreadable;
  } finally {
    ended.abort();
  }
  mine.phase = "ended";
  if (job === mine) tell("phase");
}

async function deliver(mine, ended) {
  const begun = Date.now();
  const send = (token) => {
    // A whole file isn't sent twice unasked: on a slow line the next token would be too old as well.
    if (mine.phase === "working") throw new Error(isLate(begun) ? TOO_SLOW : NOT_TAKEN);
    return sendFile(mine.file, mine.options, {
      key: mine.key,
      token,
      signal: mine.cut.signal,
      onSent: (sent, total) => step(mine, { sent, total }),
      onDelivered: () => {
        mine.phase = "working";
        if (job === mine) tell("phase");
        follow(mine, ended);
      },
    });
  };
  // A file may take long to send, and the token is looked at when it is there.
  await freshToken(TOKEN_SECONDS);
  return withToken(send);
}

const isLate = (begun) => Date.now() - begun > TOKEN_SECONDS * 1000;

async function follow(mine, ended) {
  while (!ended.aborted) {
    try {
      const running = await look(mine, ended);
      if (running && !ended.aborted) step(mine, { running });
    } catch (error) {
      if (!(error instanceof RequestFailed)) return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

// Until the server has begun it has no record, so the first look is at the list.
async function look(mine, signal) {
  if (mine.running) return record(mine.key, signal);
  const { items } = await uploads({ limit: LATEST }, signal);
  return items.find((one) => one.id === mine.key);
}

function step(mine, progress) {
  Object.assign(mine, progress);
  if (job === mine) tell("progress");
}

function tell(what) {
  events.dispatchEvent(new Event(what));
}

window.addEventListener("beforeunload", (event) => {
  if (isSending()) event.preventDefault();
});
// The next person at this browser has nothing to do with it.
session.addEventListener("change", reset);
