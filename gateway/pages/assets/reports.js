/**
 * The view of the reports: the whole at a glance, then a card for each report.
 */

import * as api from "./api.js";
import { announce, el, empty, theirs, waiting } from "./dom.js";
import { compact, count, counted, money, percent } from "./format.js";
import { cards } from "./report_cards.js";

const LARGE = 10_000_000;

export const reports = {
  name: "reports",
  title: "Reports",
  label: "Reports",
  async show(body, _query, signal) {
    const wait = waiting("Working out the reports …");
    body.append(wait);
    const names = ["summary", "revenue-share", "top-products", "price-distribution", "data-quality"];
    const [summary, share, top, prices, quality] = await Promise.all(
      names.map((name) => api.report(name, {}, signal)),
    );
    wait.remove();
    if (summary.length === 0) {
      announce("Nothing to report yet");
      body.append(
        empty(
          "Nothing to report yet",
          "The reports are about the products, and there are none.",
          el("a", { class: "button primary", href: "#/upload" }, "Upload a file"),
        ),
      );
      return;
    }
    const { elements, draw } = cards({ summary, share, top, prices, quality }, signal);
    body.append(glance({ summary, share, top, prices }), el("div", { class: "report-cards" }, elements));
    await draw();
    if (!signal.aborted) announce("The reports are shown.");
  },
};

function glance({ summary, share, top, prices }) {
  const sum = (items, name) => items.reduce((total, one) => total + Number(one[name]), 0);
  const revenue = share.at(-1)?.running_revenue ?? 0;
  const [best] = share;
  const [earner] = top;
  return el(
    "dl",
    { class: "tiles" },
    tile(
      "Revenue",
      Number(revenue) >= LARGE ? compact(revenue) : money(revenue),
      `${count(sum(prices, "quantity_sold"))} sold`,
    ),
    tile(
      "Strongest category",
      best ? theirs(best.category) : "–",
      best?.revenue_percent ? `${percent(best.revenue_percent)} of the revenue` : "",
    ),
    tile(
      "Best earner",
      earner ? theirs(earner.product_name) : "–",
      earner ? `earned ${money(earner.revenue)}` : "",
    ),
    tile(
      "Products",
      count(sum(summary, "product_count")),
      `in ${counted(summary.length, "category", "categories")}`,
    ),
  );
}

const tile = (name, value, detail) =>
  el(
    "div",
    { class: "tile" },
    el("dt", {}, name),
    el("dd", { class: "tile-value" }, value),
    el("dd", { class: "tile-detail" }, detail),
  );
