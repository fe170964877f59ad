/**
 * Buttons that save what the server has as a file.
 */

import { download } from "./api.js";
import { announce, el, notice, working } from "./dom.js";

const messageOf = ({ message }) => message;

/**
 * Make one. `address` gives what is asked for, `file` is the name to save it under, and `saved` is said when it is
 * there. What fails is shown behind the element that `place` gives, in the words that `problem` makes of the error.
 */
export function saveButton(
  label,
  { address, file, saved, place = (button) => button, problem = messageOf, kind = "quiet" },
) {
  const button = el("button", { type: "button", class: kind }, label);
  let failed = null;
  const save = async () => {
    failed?.remove();
    try {
      await download(address(), file);
      announce(saved);
    } catch (error) {
      failed = notice("error", problem(error));
      place(button).after(failed);
    }
  };
  button.addEventListener("click", () => working(button, save));
  return button;
}
