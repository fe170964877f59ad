/**
 * A card for each report, and the charts in them.
 */

import { horizontalBars, columns } from "./charts.js";
import { el, scrolling, table, theirs } from "./dom.js";
import { compact, count, counted, money, percent, price } from "./format.js";
import { card } from "./report_card.js";

const MOST_BARS = 10;
const COLUMN_NAMES = {
  product_id: "Product id",
  product_name: "Name",
  category: "Category",
  price: "Price",
  quantity_sold: "Quantity sold",
  rating: "Rating",
  review_count: "Number of reviews",
};

/** Make the cards, and `draw`, which draws their charts once they stand in the page. */
export function cards({ summary, share, top, prices, quality }, signal) {
  const charts = [];
  const chart = (label, paint) => {
    const canvas = el("canvas", { role: "img", "aria-label": label });
    charts.push(() => paint(canvas));
    return el("div", { class: "chart" }, canvas);
  };
  return {
    elements: [
      revenueCard(share, chart, signal),
      topCard(top, chart, signal),
      priceCard(prices, chart, signal),
      qualityCard(quality),
      summaryCard(summary),
    ],
    draw: () => Promise.all(charts.map((paint) => paint())),
  };
}

function revenueCard(items, chart, signal) {
  const bars = largest(items).map((one) => ({
    ...one,
    label: one.category,
    value: one.total_revenue,
    share: one.revenue_percent,
  }));
  const [first] = items;
  return card("revenue-share", "Revenue by category", {
    says: first.revenue_percent
      ? [theirs(first.category), ` earns ${percent(first.revenue_percent)} of everything.`]
      : ["Nothing has been sold yet."],
    picture: chart("Revenue by category; the table below has the numbers.", (canvas) =>
      horizontalBars(canvas, bars, {
        signal,
        write: compact,
        told: (bar) => `${money(bar.value)} · ${percent(bar.share)}`,
      }),
    ),
    numbers: table(
      "Revenue by category",
      [
        { label: "Category" },
        { label: "Revenue", number: true },
        { label: "Share", number: true },
        { label: "Running share", number: true },
      ],
      items.map((one) => [
        theirs(one.category),
        money(one.total_revenue),
        percent(one.revenue_percent),
        percent(one.running_percent),
      ]),
    ),
  });
}

// A chart of a hundred categories shows none: those behind the first are one bar.
function largest(items) {
  if (items.length <= MOST_BARS) return items;
  const others = items.slice(MOST_BARS - 1);
  const sum = (name) => others.reduce((total, one) => total + Number(one[name] ?? 0), 0);
  const last = {
    category: counted(others.length, "other", "others"),
    total_revenue: sum("total_revenue"),
    revenue_percent: sum("revenue_percent"),
    muted: true,
  };
  return [...items.slice(0, MOST_BARS - 1), last];
}

function topCard(items, chart, signal) {
  const bars = items.map((one) => ({ ...one, label: one.product_name, value: one.revenue }));
  const share = items.reduce((sum, one) => sum + Number(one.revenue_percent ?? 0), 0);
  return card("top-products", "Top products", {
    says: [
      items.length
        ? `${counted(items.length, "product earns", "products earn")} ${percent(share)} of everything.`
        : "Nothing has been sold yet.",
    ],
    picture: chart("Revenue of the top products; the table below has the numbers.", (canvas) =>
      horizontalBars(canvas, bars, {
        signal,
        write: compact,
        told: (bar) => `${money(bar.revenue)} · ${count(bar.quantity_sold)} sold`,
      }),
    ),
    numbers: table(
      "Top products",
      [
        { label: "Product" },
        { label: "Category" },
        { label: "Price", number: true },
        { label: "Sold", number: true },
        { label: "Revenue", number: true },
      ],
      items.map((one) => [
        theirs(one.product_name),
        theirs(one.category),
        price(one.price),
        count(one.quantity_sold),
        money(one.revenue),
      ]),
    ),
  });
}

function priceCard(items, chart, signal) {
  const bars = items.map((one) => ({ ...one, label: band(one), value: one.product_count }));
  const fullest = items.reduce(
    (most, one) => (Number(one.product_count) > Number(most.product_count) ? one : most),
    items[0],
  );
  const all = items.reduce((sum, one) => sum + Number(one.product_count), 0);
  return card("price-distribution", "Prices", {
    says: [
      `The most common price is ${band(fullest)}: ${count(fullest.product_count)} of ${counted(all, "product")}.`,
    ],
    picture: chart("Products by price; the table below has the numbers.", (canvas) =>
      columns(canvas, bars, {
        signal,
        write: compact,
        told: (bar) => `${counted(bar.product_count, "product")} · earned ${money(bar.total_revenue)}`,
      }),
    ),
    numbers: table(
      "Products by price",
      [
        { label: "Price" },
        { label: "Products", number: true },
        { label: "Sold", number: true },
        { label: "Revenue", number: true },
      ],
      items.map((one) => [
        band(one),
        count(one.product_count),
        count(one.quantity_sold),
        money(one.total_revenue),
      ]),
    ),
  });
}

const band = ({ price_from: from, price_to: to }) =>
  to === null ? `${compact(from)}+` : `${compact(from)}–${compact(to)}`;
const FINDINGS = {
  blank: (name) => `${name} is not known`,
  zero: (name) => `${name} is 0`,
  suspicious: (name, meaning) => `${name}: ${meaning}`,
};

function qualityCard(items) {
  const found = items.filter((one) => Number(one.product_count) > 0);
  const lines = found.map((one) =>
    el(
      "li",
      { class: `finding ${one.finding}` },
      el("span", { class: "finding-count" }, count(one.product_count)),
      el(
        "div",
        {},
        el(
          "p",
          { class: "finding-title" },
          FINDINGS[one.finding](COLUMN_NAMES[one.column] ?? one.column, one.meaning),
        ),
        el(
          "p",
          { class: "hint" },
          "For example ",
          one.example_ids.map((id, index) => [index ? ", " : null, theirs(id)]).flat(),
        ),
      ),
    ),
  );
  return card("data-quality", "Worth a look", {
    says: [
      found.length
        ? "Blank, zero and suspicious values in the products."
        : "Nothing is blank, zero or suspicious.",
    ],
    picture: el("ul", { class: "findings" }, lines),
  });
}

function summaryCard(items) {
  return card("summary", "Categories in numbers", {
    says: ["What each category holds, and what sells best in it."],
    wide: true,
    picture: scrolling(
      "Categories in numbers",
      table(
        "Categories in numbers",
        [
          { label: "Category" },
          { label: "Products", number: true },
          { label: "Revenue", number: true },
          { label: "Sold most" },
          { label: "Its quantity", number: true },
          { label: "Average price", number: true },
          { label: "Average rating", number: true },
        ],
        items.map((one) => [
          theirs(one.category),
          count(one.product_count),
          money(one.total_revenue),
          theirs(one.top_product_name),
          count(one.top_product_quantity_sold),
          money(one.average_price),
          money(one.average_rating),
        ]),
      ),
    ),
  });
}
