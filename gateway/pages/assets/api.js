/**
 * The catalog's API, as the views need it.
 */

import { readJson, send } from "./http.js";
import { withToken } from "./session.js";

const get = async (path, signal) => readJson(await (await authorised("GET", path, signal)).text());

function authorised(method, path, signal) {
  return withToken((token) => send(method, path, { token, signal }));
}

/** An address with parameters; those that are blank are left out. */
export function address(path, parameters) {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== "" && value !== null && value !== undefined,
  );
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** A page of products. */
export const products = (parameters, signal) => get(address("/products", parameters), signal);

/** The categories with their counts. */
export const categories = async (signal) => (await get("/categories", signal)).items;

/** A report's lines. */
export const report = async (name, parameters, signal) =>
  (await get(address(`/reports/${name}`, parameters), signal)).items;

/** A page of one's own uploads. */
export const uploads = (parameters, signal) => get(address("/uploads", parameters), signal);

/** One upload's record. */
export const upload = (id, signal) => get(`/uploads/${encodeURIComponent(id)}`, signal);

/** Put back what an upload changed; gives the record of that. */
export async function undo(id) {
  return readJson(await (await authorised("POST", `/uploads/${encodeURIComponent(id)}/undo`)).text());
}

/** Save what an address answers as a file of the reader's. */
export async function download(path, fileName) {
  const content = await (await authorised("GET", path)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = fileName;
  link.click();
  // The browser has to have begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
