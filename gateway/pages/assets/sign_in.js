/**
 * The views of those who are not signed in: sign in, and sign up.
 */

import { announce, el, field, notice } from "./dom.js";
import { go } from "./router.js";
import * as accounts from "./session.js";

// The account that was made a moment ago, if signing in to it failed.
let made = null;

/** Sign in to an account. */
export const signIn = {
  name: "door",
  title: "Sign in",
  show(body) {
    if (made) sayMade(body, made);
    door(body, {
      act: accounts.signIn,
      button: "Sign in",
      username: made?.username,
      password: "current-password",
      other: ["New here?", "Make an account", "#/sign-up"],
    });
    made = null;
  },
};

function sayMade(body, { problem }) {
  const sentence = `Your account is made, but signing in to it failed. ${problem}`;
  body.append(notice("info", sentence));
  announce(sentence);
}

/** Make an account. */
export const signUp = {
  name: "door",
  title: "Make an account",
  show: (body) =>
    door(body, {
      act: accounts.signUp,
      button: "Make the account",
      password: "new-password",
      hint: "Up to 72 bytes. A few words that you can remember make a good one.",
      other: ["You have an account?", "Sign in", "#/sign-in"],
    }),
};

function door(body, { act, button, username = "", password, hint, other: [question, answer, address] }) {
  const problem = el("p", { class: "problem", role: "alert" });
  const name = el("input", {
    name: "username",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    maxlength: "64",
    value: username,
  });
  const secret = el("input", { name: "password", type: "password", autocomplete: password, required: true });
  const submit = el("button", { type: "submit", class: "primary wide" }, button);
  const form = el(
    "form",
    { class: "card door-card", novalidate: true },
    field("Username", name),
    field("Password", secret, hint, withReveal(secret)),
    problem,
    submit,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = lacking(name, secret);
    if (problem.textContent) return;
    submit.disabled = true;
    try {
      await act(name.value, secret.value);
    } catch (error) {
      if (error instanceof accounts.OnlyMade) {
        leadToSignIn(name.value, error.message);
        return;
      }
      problem.textContent = error.message;
      submit.disabled = false;
      (error.status === 401 ? secret : name).focus();
    }
  });
  body.append(form, el("p", { class: "door-other" }, `${question} `, el("a", { href: address }, answer)));
}

function leadToSignIn(username, problem) {
  made = { username, problem };
  go("/sign-in");
}

function lacking(name, secret) {
  const missing = [name, secret].find((input) => input.value === "");
  if (!missing) return "";
  missing.focus();
  return missing === name ? "Enter a username." : "Enter a password.";
}

function withReveal(secret) {
  const button = el(
    "button",
    { type: "button", class: "reveal", "aria-label": "Show the password", "aria-pressed": "false" },
    "Show",
  );
  button.addEventListener("click", () => {
    const shown = secret.type === "text";
    secret.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
  return el("div", { class: "with-button" }, secret, button);
}
