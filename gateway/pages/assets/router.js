/**
 * Shows the view that the address names: `#/products?q=lamp`. A view is `{title, show(query, signal)}`, where
 * `show` gives its elements and `signal` is aborted when it is left.
 */

import { announce, el, notice } from "./dom.js";

const NAME = "Product catalog";
let left = new AbortController();

/** The path and the parameters of the address. */
export function here() {
  const [path, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  return { path: path || "/", query: new URLSearchParams(query) };
}

/** Go to a view. */
export function go(path) {
  if (location.hash === `#${path}`) window.dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = path;
}

/** Change the address of the view that is shown, without showing it anew. */
export function note(path, query) {
  const text = query.toString();
  history.replaceState(null, "", text ? `#${path}?${text}` : `#${path}`);
}

/** Show a view in an element. Focus moves to its heading, so that it is read out, unless the page has just begun. */
export async function show(view, outlet, { first = false } = {}) {
  left.abort();
  left = new AbortController();
  const { signal } = left;
  document.title = `${view.title} · ${NAME}`;
  const heading = el("h1", { tabindex: "-1" }, view.title);
  const body = el("div", { class: "view" });
  outlet.replaceChildren(
    el(
      "div",
      { class: `page ${view.name}` },
      el("div", { class: "page-head" }, heading, view.lead ? el("p", { class: "lead" }, view.lead) : null),
      body,
    ),
  );
  if (!first) {
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  try {
    await view.show(body, here().query, signal);
  } catch (error) {
    if (signal.aborted) return;
    body.replaceChildren(notice("error", error.message));
    announce(error.message);
  }
}
