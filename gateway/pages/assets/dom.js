/**
 * Builds elements. Text goes in as text and never as markup, so a product may have any name.
 */

/** Make an element: functions of `attributes` become listeners, false and null ones are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Text of somebody else, in whatever script and direction, that leaves what stands around it in place. */
export function theirs(text) {
  return el("bdi", { class: "theirs" }, text === "" ? "(empty)" : String(text));
}

/** Words for those who listen, that others take from what stands around them. */
export function unseen(text) {
  return el("span", { class: "visually-hidden" }, text);
}

/** Say something to those who listen to the page. */
export function announce(sentence) {
  document.getElementById("status").textContent = sentence;
}

/** A message in place: `kind` is `error`, `good`, `warning` or `info`. */
export function notice(kind, ...children) {
  return el("div", { class: `notice ${kind}`, role: kind === "error" ? "alert" : null }, ...children);
}

/** What is shown, and said, while there is nothing to show yet. */
export function waiting(sentence) {
  announce(sentence);
  return el("p", { class: "waiting" }, el("span", { class: "spinner", "aria-hidden": "true" }), sentence);
}

/** What is shown where there is nothing. */
export function empty(title, sentence, ...actions) {
  return el(
    "div",
    { class: "empty" },
    el("p", { class: "empty-title" }, title),
    el("p", {}, sentence),
    ...actions,
  );
}

/** Do what a button is for, and nothing on a second press meanwhile. A disabled one would lose the focus. */
export async function working(button, action) {
  if (button.hasAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  try {
    await action();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

let labels = 0;

/** A control under its label; `shown` is the box that it stands in, if it stands in one. */
export function field(label, control, hint = null, shown = control) {
  labels += 1;
  control.id ||= `field-${labels}`;
  const hintId = `${control.id}-hint`;
  if (hint) control.setAttribute("aria-describedby", hintId);
  return el(
    "div",
    { class: "field" },
    el("label", { for: control.id }, label),
    shown,
    hint ? el("p", { class: "hint", id: hintId }, hint) : null,
  );
}

/** A choice of one: `options` are pairs of value and label. */
export function select(name, options, chosen) {
  return el(
    "select",
    { name },
    options.map(([value, label]) => el("option", { value, selected: value === chosen }, label)),
  );
}

/**
 * A box that scrolls sideways by itself, also by the keyboard, so that the page doesn't have to. It is a group: as a
 * region it would be a second landmark with the name of what it stands in.
 */
export function scrolling(label, table) {
  return el("div", { class: "scrolling", role: "group", "aria-label": label, tabindex: "0" }, table);
}

/**
 * A table: `columns` are `{label, number}` with further attributes of their head and its `content`, `rows` are lists
 * of cells, the first of each names its row. The roles are those that the elements have anyway, until a style sheet
 * makes something else of them on a phone.
 */
export function table(caption, columns, rows, kind = null) {
  const head = ({ label, number, content = label, ...further }) =>
    el("th", { scope: "col", role: "columnheader", class: number ? "number" : null, ...further }, content);
  const cell = (content, index) =>
    el(
      index === 0 ? "th" : "td",
      {
        scope: index === 0 ? "row" : null,
        role: index === 0 ? "rowheader" : "cell",
        class: columns[index].number ? "number" : null,
        "data-label": columns[index].label,
      },
      content,
    );
  return el(
    "table",
    { role: "table", class: kind },
    el("caption", { class: "visually-hidden" }, caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map(head))),
    el(
      "tbody",
      { role: "rowgroup" },
      rows.map((row) => el("tr", { role: "row" }, row.map(cell))),
    ),
  );
}
