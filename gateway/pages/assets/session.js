/**
 * Who is signed in. The access token lives in this module's memory alone; the refresh token is in a cookie
 * that no script can read. What the browser stores is no secret: only that there was a session.
 */

import { RequestFailed, send } from "./http.js";

const HINT = "has-session";
const EARLY_SECONDS = 60;
const LONG_ENOUGH_SECONDS = 30;
const OVER = [400, 401];

/** Fires `change` when somebody signs in or out, or when the session has `expired`. */
export const session = new EventTarget();

const otherTabs = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
let held = null;
let account = null;
let refreshing = null;
let timer = 0;

/** The account that is signed in, or null. */
export const currentAccount = () => account;

/** Whether the account has a scope. */
export const may = (scope) => account?.scopes.includes(scope) ?? false;

/** The account is made, but signing in to it failed: making it again would say that its name is taken. */
export class OnlyMade extends Error {}

/** Make an account and sign in to it. Throws RequestFailed, OnlyMade. */
export async function signUp(username, password) {
  await send("POST", "/signup", { json: { username, password } });
  try {
    await signIn(username, password);
  } catch (error) {
    throw new OnlyMade(error.message);
  }
}

/** Sign in. Throws RequestFailed. */
export async function signIn(username, password) {
  const answer = await send("POST", "/login", { json: { username, password, session: "cookie" } });
  hold(await answer.json());
  await load();
  otherTabs?.postMessage("changed");
}

/** End the session, here and in other tabs. Without a connection it ends here alone. */
export async function signOut() {
  try {
    // With a token that is good: otherwise the cookie would stay one.
    await withToken((token) => send("POST", "/logout", { token }));
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
  }
  end();
  otherTabs?.postMessage("changed");
}

/** Take up the session that the browser's cookie stands for. Tells whether there was one that has ended. */
export async function restore() {
  const there = hinted();
  if (there === false) return false;
  try {
    await refresh();
    await load();
  } catch (error) {
    if (!(error instanceof RequestFailed) || !OVER.includes(error.status)) throw error;
    end();
    return there === true;
  }
  return false;
}

/** Do something with a token; with a new one, once, if the first is refused. */
export async function withToken(action) {
  try {
    return await action(await freshToken());
  } catch (error) {
    if (!(error instanceof RequestFailed) || error.status !== 401) throw error;
  }
  return action(await refresh());
}

/** A token that is good for at least `seconds`. */
export async function freshToken(seconds = LONG_ENOUGH_SECONDS) {
  if (held && held.until - Date.now() > seconds * 1000) return held.token;
  return refresh();
}

/** Exchange the cookie for the next token. Whoever asks meanwhile gets the same one. */
function refresh() {
  refreshing ??= inTurn(exchange).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function exchange() {
  try {
    hold(await (await send("POST", "/refresh", { json: {} })).json());
    return held.token;
  } catch (error) {
    if (error instanceof RequestFailed && OVER.includes(error.status)) end({ expired: true });
    throw error;
  }
}

// Tabs share the cookie: one after the other, each takes the one that the last was given.
const inTurn = (action) => (navigator.locks ? navigator.locks.request("session", action) : action());

function hold({ access_token: token, expires_in: seconds }) {
  held = { token, until: Date.now() + seconds * 1000 };
  hint(true);
  clearTimeout(timer);
  timer = setTimeout(() => refresh().catch(() => {}), Math.max(seconds - EARLY_SECONDS, 5) * 1000);
}

async function load() {
  account = await (await send("GET", "/me", { token: held.token })).json();
  session.dispatchEvent(new CustomEvent("change", { detail: { expired: false } }));
}

function end({ expired = false } = {}) {
  const had = account;
  held = null;
  account = null;
  clearTimeout(timer);
  hint(false);
  if (had) session.dispatchEvent(new CustomEvent("change", { detail: { expired } }));
}

// A browser may be told to store nothing.
function hint(there) {
  try {
    if (there) localStorage.setItem(HINT, "yes");
    else localStorage.removeItem(HINT);
  } catch {
    return;
  }
}

// Null if the browser won't tell.
function hinted() {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return null;
  }
}

// Another tab signed in or out: this one begins anew as whoever it is now.
otherTabs?.addEventListener("message", () => location.reload());
