/**
 * The view of the products: searched, filtered, sorted, a page at a time.
 */

import * as api from "./api.js";
import { announce, el, empty, field, notice, scrolling, table, theirs, waiting } from "./dom.js";
import { count, counted, price, rating } from "./format.js";
import { note } from "./router.js";
import { saveButton } from "./saving.js";

const PAGE = 25;
const PAUSE_MILLISECONDS = 300;
const MOST_CATEGORIES = 1000;
const NUMBERS = [
  ["min_price", "Price from"],
  ["max_price", "Price to"],
  ["min_rating", "Rating from"],
  ["min_reviews", "Reviews from"],
];
const LABELS = { q: "Search in the name", ...Object.fromEntries(NUMBERS) };
const FILTERS = ["q", "category", ...NUMBERS.map(([name]) => name)];
const wide = matchMedia("(min-width: 44rem)");
const COLUMNS = [
  { name: "product_name", label: "Product", show: (value) => theirs(value) },
  { name: "category", label: "Category", show: (value) => theirs(value) },
  { name: "price", label: "Price", show: price, number: true },
  { name: "quantity_sold", label: "Sold", show: count, number: true },
  { name: "rating", label: "Rating", show: rating, number: true },
  { name: "review_count", label: "Reviews", show: count, number: true },
];

export const products = {
  name: "products",
  title: "Products",
  label: "Products",
  async show(body, query, signal) {
    const wanted = Object.fromEntries([...FILTERS, "sort"].map((name) => [name, query.get(name) ?? ""]));
    const state = { wanted, cursors: [""], loading: null };
    const results = el("div", { class: "results" });
    const form = filters(state, refresh, signal);
    body.append(form, results);
    await refresh();

    async function refresh({ page = 0, focus = null } = {}) {
      if (page === 0) state.cursors = [""];
      note("/products", new URLSearchParams(Object.entries(state.wanted).filter(([, value]) => value)));
      state.loading?.abort();
      state.loading = new AbortController();
      const either = AbortSignal.any([signal, state.loading.signal]);
      if (!results.firstChild) results.append(waiting("Loading the products …"));
      results.setAttribute("aria-busy", "true");
      try {
        const found = await api.products(
          { ...state.wanted, limit: PAGE, cursor: state.cursors[page] },
          either,
        );
        state.cursors[page + 1] = found.next;
        mark(form, []);
        draw(results, found, { state, page, refresh, signal: either });
        if (focus) results.querySelector(focus)?.focus();
      } catch (error) {
        if (either.aborted) return;
        mark(form, error.body?.errors ?? []);
        const problem = notice("error", problemOf(error));
        problem.tabIndex = -1;
        results.replaceChildren(problem);
        if (focus) problem.focus();
      }
      results.removeAttribute("aria-busy");
    }
  },
};

const filtersOf = ({ wanted }) => Object.fromEntries(FILTERS.map((name) => [name, wanted[name]]));

function problemOf({ message, body }) {
  const named =
    body?.errors?.map(({ field: name, message: text }) => `${LABELS[name] ?? name}: ${text}`) ?? [];
  return named.length ? named.join(" ") : message;
}

function mark(form, errors) {
  const wrong = errors.map(({ field: name }) => name);
  for (const control of form.elements)
    if (wrong.includes(control.name)) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
}

function filters(state, refresh, signal) {
  const form = el("form", { class: "card filters", role: "search", "aria-label": "Products" });
  const number = (name, label) =>
    field(label, el("input", { name, inputmode: "decimal", value: state.wanted[name], autocomplete: "off" }));
  const category = el("select", { name: "category" }, el("option", { value: "" }, "All categories"));
  form.append(
    field(
      "Search in the name",
      el("input", { type: "search", name: "q", maxlength: "200", value: state.wanted.q }),
    ),
    field("Category", category),
    el(
      "details",
      { class: "more-filters", open: NUMBERS.some(([name]) => state.wanted[name]) || wide.matches },
      el("summary", {}, "Price, rating, reviews"),
      el(
        "div",
        { class: "number-filters" },
        NUMBERS.map(([name, label]) => number(name, label)),
      ),
    ),
    el(
      "div",
      { class: "filters-end" },
      el("button", { type: "reset", class: "quiet" }, "Clear"),
      exportButton(state),
    ),
  );
  let pause = 0;
  const apply = () => {
    for (const name of FILTERS)
      state.wanted[name] = name === "q" ? form.elements.q.value : form.elements[name].value.trim();
    refresh();
  };
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => signal.aborted || apply(), PAUSE_MILLISECONDS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(pause);
    apply();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const control of form.elements) if (control.name) control.value = "";
    apply();
  });
  fill(category, state.wanted.category, signal);
  return form;
}

async function fill(choice, chosen, signal) {
  try {
    const all = await api.categories(signal);
    choice.append(
      ...all
        .slice(0, MOST_CATEGORIES)
        .map((one) => el("option", { value: one.category }, `${one.category} (${count(one.product_count)})`)),
    );
  } catch {
    return;
  }
  if (chosen && !Array.from(choice.options, ({ value }) => value).includes(chosen))
    choice.append(el("option", { value: chosen }, chosen));
  choice.value = chosen;
}

function exportButton(state) {
  return saveButton("Download as CSV", {
    address: () => api.address("/products.csv", filtersOf(state)),
    file: "products.csv",
    saved: "The products are downloaded.",
    place: (button) => button.parentElement,
    problem: problemOf,
  });
}

function draw(results, { items, next }, { state, page, refresh, signal }) {
  if (items.length === 0 && page === 0) {
    const filtered = FILTERS.some((name) => state.wanted[name]);
    results.replaceChildren(
      filtered
        ? empty("Nothing found", "No product fits. Search for less, or clear the filters.")
        : empty(
            "No products yet",
            "Upload a CSV, and its products are listed here.",
            el("a", { class: "button primary", href: "#/upload" }, "Upload a file"),
          ),
    );
    announce("Nothing found.");
    return;
  }
  const range = `${count(page * PAGE + 1)} to ${count(page * PAGE + items.length)}`;
  const total = el("p", { class: "quiet-text total" }, range);
  const turn = (label, to, name) =>
    el(
      "button",
      {
        type: "button",
        class: `quiet ${name}`,
        disabled: to === null,
        click: () => refresh({ page: to, focus: ".total-line" }),
      },
      label,
    );
  results.replaceChildren(
    el("div", { class: "total-line", tabindex: "-1" }, total),
    scrolling("Products", sortable(items, state, refresh)),
    el(
      "nav",
      { class: "pages", "aria-label": "Pages" },
      turn("Previous", page > 0 ? page - 1 : null, "previous"),
      el("span", {}, `Page ${count(page + 1)}`),
      turn("Next", next ? page + 1 : null, "next"),
    ),
  );
  countAll(total, state, { range, signal });
}

// Beside the page and not with it: a page is there at once, a count of a million takes its time.
async function countAll(element, state, { range, signal }) {
  try {
    const { total } = await api.products(
      { ...filtersOf(state), limit: 1, fields: "product_id", include_total: "true" },
      signal,
    );
    element.textContent = `${range} of ${counted(total, "product")}`;
    announce(element.textContent);
  } catch {
    if (!signal.aborted) announce(range);
  }
}

function sortable(items, state, refresh) {
  const [, down, by] = /^(-?)(.*)$/.exec(state.wanted.sort);
  const columns = COLUMNS.map(({ name, label, number }) => {
    const sorted = name === by;
    const click = () => {
      // Numbers are asked for from the top, names from their beginning.
      state.wanted.sort = sorted ? (down ? name : `-${name}`) : number ? `-${name}` : name;
      refresh({ focus: `th[data-column="${name}"] button` });
    };
    return {
      label,
      number,
      content: el("button", { type: "button", class: "sort", click }, label),
      "data-column": name,
      "aria-sort": sorted ? (down ? "descending" : "ascending") : "none",
    };
  });
  return table("Products", columns, items.map(cells), "products-table");
}

function cells(item) {
  const [name, ...others] = COLUMNS.map((column) => column.show(item[column.name]));
  return [[name, el("span", { class: "product-id" }, theirs(item.product_id))], ...others];
}
