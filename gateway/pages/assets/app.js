/**
 * Starts the page: who is signed in, which view is shown, and what stands around it.
 */

import { announce, el, notice, theirs } from "./dom.js";
import { history } from "./history.js";
import { products } from "./products.js";
import { reports } from "./reports.js";
import { go, here, show } from "./router.js";
import { currentAccount, restore, session, signOut } from "./session.js";
import { signIn, signUp } from "./sign_in.js";
import { upload } from "./upload.js";
import { announceUploads } from "./upload_announcements.js";

const VIEWS = { "/upload": upload, "/history": history, "/products": products, "/reports": reports };
const DOORS = { "/sign-in": signIn, "/sign-up": signUp };
const FIRST = "/upload";
const ENDED = "Your session has ended. Sign in again to go on.";
const TOO_OLD = "This browser is too old for this page, which needs one from the spring of 2024 or later.";

const outlet = document.getElementById("main");
let wanted = null;
let farewell = "";

function route({ first = false } = {}) {
  const { path } = here();
  if (currentAccount() === null) {
    if (path in VIEWS) wanted = location.hash.slice(1);
    if (!(path in DOORS)) return go("/sign-in");
    around(null);
    show(DOORS[path], outlet, { first });
    if (farewell) sayFarewell();
    return undefined;
  }
  if (!(path in VIEWS)) {
    const next = wanted ?? FIRST;
    wanted = null;
    return go(next);
  }
  around(path);
  return show(VIEWS[path], outlet, { first });
}

function sayFarewell() {
  outlet.querySelector(".view").prepend(notice("info", farewell));
  announce(farewell);
  farewell = "";
}

function around(path) {
  const account = currentAccount();
  document.body.classList.toggle("signed-out", account === null);
  document.getElementById("views").replaceChildren(...(account ? [menu(path)] : []));
  document.getElementById("account").replaceChildren(...(account ? [person(account)] : []));
}

function menu(path) {
  return el(
    "ul",
    { class: "menu" },
    Object.entries(VIEWS).map(([address, view]) =>
      el(
        "li",
        {},
        el("a", { href: `#${address}`, "aria-current": address === path ? "page" : null }, view.label),
      ),
    ),
  );
}

function person(account) {
  return el(
    "div",
    { class: "person" },
    el("span", { class: "person-name", title: account.username }, theirs(account.username)),
    el("button", { type: "button", class: "quiet", click: signOut }, "Sign out"),
  );
}

// `#main` is the skip link's: it moves the focus, and is no view.
window.addEventListener("hashchange", () => {
  if (here().path.startsWith("/")) route();
});
session.addEventListener("change", ({ detail }) => {
  farewell = detail.expired ? ENDED : "";
  if (currentAccount() === null && here().path in VIEWS) wanted = location.hash.slice(1);
  route();
});

function stuck(...told) {
  outlet.replaceChildren(
    el("div", { class: "view" }, el("h1", {}, "The page can't begin"), notice("error", ...told)),
  );
}

async function start() {
  // The youngest of what the page calls without asking first.
  if (!("any" in AbortSignal)) {
    stuck(TOO_OLD);
    return;
  }
  announceUploads();
  if (await restore()) farewell = ENDED;
  if (currentAccount() === null) route({ first: true });
}

try {
  await start();
} catch (error) {
  stuck(error.message, el("button", { type: "button", click: () => location.reload() }, "Try again"));
}
