/**
 * The view of one's own uploads: what became of each, and undoing them.
 */

import * as api from "./api.js";
import { announce, el, empty, notice, theirs, unseen, waiting } from "./dom.js";
import { count, counted, seconds, size, when } from "./format.js";
import { isUndoable, undoButton, whichOne } from "./undo.js";
import { errorReport } from "./upload_errors.js";
import * as jobs from "./upload_job.js";

const PAGE = 20;
const POLL_MILLISECONDS = 2000;
const STATES = {
  running: ["busy", "Running"],
  interrupted: ["bad", "Interrupted"],
  succeeded: ["good", "Loaded"],
  rejected: ["bad", "Refused"],
  failed: ["bad", "Failed"],
  undone: ["plain", "Undone"],
};
const NOT_LOADED = ["rejected", "failed", "interrupted"];
const COUNTS = [
  ["created", "added"],
  ["updated", "changed"],
  ["deleted", "deleted"],
  ["unchanged", "unchanged"],
  ["rejected", "rejected"],
  ["kept", "kept"],
];

export const history = {
  name: "history",
  title: "History",
  label: "History",
  lead: "Your uploads, the newest first.",
  async show(body, _query, signal) {
    const list = el("ol", { class: "uploads" });
    const more = el("div", { class: "actions" });
    const wait = waiting("Loading the history …");
    body.append(wait);
    const redraw = () => history.show(body, _query, signal);
    const page = await api.uploads({ limit: PAGE }, signal).finally(() => wait.remove());
    body.replaceChildren();
    announce(page.items.length ? "The history is shown." : "Nothing uploaded yet");
    if (page.items.length === 0) {
      body.append(
        empty(
          "Nothing uploaded yet",
          "What you upload is listed here, and can be undone.",
          el("a", { class: "button primary", href: "#/upload" }, "Upload a file"),
        ),
      );
      return;
    }
    body.append(list, more);
    add(page);

    function add({ items, next }) {
      list.append(...items.map((item) => entry(item, redraw, signal)));
      more.replaceChildren(
        ...(next
          ? [el("button", { type: "button", class: "quiet", click: () => older(next) }, "Show older ones")]
          : []),
      );
    }

    async function older(cursor) {
      const shown = list.children.length;
      more.querySelector(".notice")?.remove();
      try {
        add(await api.uploads({ limit: PAGE, cursor }, signal));
        list.children[shown]?.querySelector("h2").focus();
      } catch (error) {
        if (!signal.aborted) more.append(notice("error", error.message));
      }
    }
  },
};

function entry(item, redraw, signal) {
  const element = el("li", { class: "card upload-entry" });
  draw(element, item, redraw, signal);
  return element;
}

function draw(element, item, redraw, signal) {
  const [kind, label] = stateOf(item);
  const actions = el("div", { class: "actions" });
  const details = el("div", { class: "upload-details" });
  if (item.rejected || item.kept || NOT_LOADED.includes(item.state))
    actions.append(detailsButton(item, details, signal));
  if (isUndoable(item)) actions.append(undoButton(item, { element, redraw, signal }));
  element.replaceChildren(
    el(
      "div",
      { class: "upload-head" },
      el("h2", { tabindex: "-1" }, nameOf(item)),
      el("span", { class: `badge ${kind}` }, label),
    ),
    el("p", { class: "upload-facts" }, facts(item)),
    summary(item),
    actions,
    details,
  );
  if (item.state === "running") setTimeout(() => again(element, item, redraw, signal), POLL_MILLISECONDS);
}

async function again(element, item, redraw, signal) {
  if (signal.aborted) return;
  try {
    const now = await api.upload(item.id, signal);
    draw(element, now, redraw, signal);
    // How the one in hand ended is announced anyway.
    if (now.state !== "running" && now.id !== jobs.current().key)
      announce(`${now.file_name ?? "unnamed"}: ${stateOf(now)[1]}.`);
  } catch {
    if (!signal.aborted) setTimeout(() => again(element, item, redraw, signal), POLL_MILLISECONDS);
  }
}

function stateOf({ state, options, undoes }) {
  if (options.dry_run && state === "succeeded") return ["plain", "Check: good"];
  if (options.dry_run && state === "rejected") return ["bad", "Check: errors"];
  if (state === "succeeded" && undoes) return ["good", "Done"];
  return STATES[state];
}

const nameOf = ({ file_name: name, undoes }) => (undoes ? "Undo of an upload" : theirs(name ?? "unnamed"));

function facts(item) {
  const { started_at: started, bytes, seconds: took, undoes } = item;
  const parts = [when(started), undoes ? null : size(bytes), took >= 1 ? seconds(took) : null];
  return parts.filter(Boolean).join(" · ");
}

function summary(item) {
  const told = COUNTS.filter(([name]) => item[name]);
  if (item.state === "running") return el("p", {}, `${counted(item.rows_read, "row")} so far.`);
  if (told.length === 0) return el("p", { class: "quiet-text" }, nothing(item));
  const tense = item.options.dry_run ? "would be " : "";
  return el(
    "ul",
    { class: "tallies", "aria-label": "What became of the rows" },
    told.map(([name, meaning]) =>
      el(
        "li",
        {},
        el("strong", {}, count(item[name])),
        ` ${["created", "updated"].includes(name) ? tense : ""}${meaning}`,
      ),
    ),
  );
}

function nothing({ state }) {
  if (state === "interrupted") return "Nothing was loaded. Send it again.";
  // Of a load whose last step went unanswered, nobody knows what became.
  if (state === "failed") return "It didn't work.";
  return state === "rejected" ? "Nothing was loaded." : "Nothing changed.";
}

function detailsButton(item, details, signal) {
  const button = el(
    "button",
    { type: "button", class: "quiet", "aria-expanded": "false" },
    item.kept ? "What was kept" : item.rejected ? "Errors" : "What went wrong",
    unseen(` in ${whichOne(item)}`),
  );
  button.addEventListener("click", async () => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) return details.replaceChildren();
    details.replaceChildren(waiting("Loading …"));
    try {
      details.replaceChildren(...detailsOf(await api.upload(item.id, signal)));
      announce("The details are shown.");
    } catch (error) {
      if (!signal.aborted) details.replaceChildren(notice("error", error.message));
    }
    return undefined;
  });
  return button;
}

function detailsOf(record) {
  const reason = NOT_LOADED.includes(record.state) ? record.msg : null;
  const parts = [reason && el("p", {}, reason), errorReport(record)].filter(Boolean);
  return parts.length ? parts : [el("p", {}, "There are no details.")];
}
