/**
 * Sends a file, and tells how many of its bytes are up: `fetch` can't.
 */

import { address } from "./api.js";
import { readJson, RequestFailed } from "./http.js";

const UNREADABLE = "This file has changed since it was chosen, or can't be read. Choose it again.";
const CONNECTION_LOST = "The connection was lost. Check it and try again: nothing is loaded twice.";

/** The file is not what it was when it was chosen, or it is a folder: sending it again would fail again. */
export class FileUnreadable extends Error {}

/**
 * Post a file to `/upload` under a key.
 *
 * `onSent` is called with bytes and all bytes, `onDelivered` once when all are up. Gives `{body, recorded}`,
 * where `recorded` says that the server keeps a record of it. Throws RequestFailed, FileUnreadable; `signal`
 * cuts it off.
 */
export function sendFile(file, options, { key, token, signal, onSent, onDelivered }) {
  return new Promise((resolve, reject) => {
    // It may have been cut off while a token was fetched.
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open("POST", address("/upload", options));
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.addEventListener("progress", ({ loaded, total }) => onSent(loaded, total));
    request.upload.addEventListener("load", onDelivered);
    request.addEventListener("load", () => settle(request, resolve, reject));
    request.addEventListener("error", async () => reject(await causeOf(file)));
    request.addEventListener("abort", () => reject(new DOMException("cut off", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

// A request that never left looks the same as one that was lost.
async function causeOf(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return new RequestFailed(0, { msg: CONNECTION_LOST });
  } catch {
    return new FileUnreadable(UNREADABLE);
  }
}

function settle(request, resolve, reject) {
  const recorded = request.getResponseHeader("Location") !== null;
  const body = read(request.responseText);
  if (request.status === 200 || recorded) resolve({ body, recorded, status: request.status });
  else reject(new RequestFailed(request.status, body));
}

function read(text) {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}

/** A name for an upload that nobody else has. `crypto.randomUUID` is only there under HTTPS. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
