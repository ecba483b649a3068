// Questions before something is gone.

import { el } from "./dom.js";

/**
 * Ask, and wait for the answer.
 * @param {{title: string, text: string, yes: string}} question `yes` is the button that does it.
 * @returns {Promise<boolean>} False also for Escape.
 */
export function ask({ title, text, yes }) {
  const dialog = el(
    "dialog",
    { "aria-labelledby": "asked", "aria-describedby": "asked-text" },
    el("h2", { id: "asked" }, title),
    el("p", { id: "asked-text" }, text),
    el(
      "div",
      { class: "buttons" },
      el("button", { type: "button", "data-answer": "no", autofocus: true }, "Keep"),
      el("button", { type: "button", "data-answer": "yes", class: "bad" }, yes),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("click", (event) => {
      const answer = event.target.dataset.answer;
      if (answer) dialog.close(answer);
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
