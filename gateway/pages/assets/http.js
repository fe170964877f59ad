/**
 * Sends requests to our own server and reads its answers.
 */

const UNREACHABLE = "The server can't be reached. Check the connection and try again.";

/** A request that was not answered with success. `status` is 0 if there was no answer at all. */
export class RequestFailed extends Error {
  constructor(status, body) {
    super(body?.msg ?? `The server answered with status ${status}.`);
    this.status = status;
    this.body = body ?? {};
  }
}

/**
 * Read JSON; a number that no double holds stays the text that it was, where the browser shows it.
 */
export function readJson(text) {
  return JSON.parse(text, (_key, value, context) => {
    if (typeof value !== "number" || context?.source === undefined) return value;
    return Number.isSafeInteger(value) || context.source.length <= 15 ? value : context.source;
  });
}

/** Send one request. Throws RequestFailed, and AbortError if `signal` says so. */
export async function send(method, path, { token, json, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  const request = () =>
    fetch(path, { method, headers, signal, body: json && JSON.stringify(json), cache: "no-store" });
  let answer;
  try {
    // A machine that changes its network drops what is under way. Reading can be done again.
    answer = await (method === "GET" ? request().catch(unlessAborted(request)) : request());
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RequestFailed(0, { msg: UNREACHABLE });
  }
  if (!answer.ok) throw new RequestFailed(answer.status, await bodyOf(answer));
  return answer;
}

const unlessAborted = (again) => (error) => {
  if (error.name === "AbortError") throw error;
  return again();
};

async function bodyOf(answer) {
  try {
    return readJson(await answer.text());
  } catch {
    return {};
  }
}
