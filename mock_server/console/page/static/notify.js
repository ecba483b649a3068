// Sending a notification: to one player, to some, to all.

import { getJson, send } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { count } from "/_web/kit/format.js";
import { field } from "./elements.js";

/** The id of the place with the form. */
export const NEW = "new";

const OFFERED = 200; // players to choose from: the search finds others

/** The form in a player's detail. */
export function formForOne(item) {
  return el(
    "section",
    { class: "card", key: "notify" },
    el("h3", {}, "Send a notification"),
    form({ "data-id": item.id }, null, el("button", { type: "submit", class: "main" }, "Send")),
  );
}

/** The detail with the form for some and for all. */
export async function sendToSome(now) {
  const found = await getJson("/_control/console/players", { q: now.q, state: now.state, limit: OFFERED });
  return {
    title: "Send a notification",
    body: el(
      "article",
      { class: "stack", key: NEW },
      el("h2", { tabindex: "-1" }, "Send a notification"),
      el(
        "section",
        { class: "card", key: "notify" },
        form(
          {},
          receiverChoices(found),
          el("button", { type: "submit", class: "main", value: "some" }, "Send to the chosen"),
          el("button", { type: "submit", value: "all" }, "Send to all players"),
        ),
      ),
    ),
  };
}

function receiverChoices(found) {
  const more = found.total - found.items.length;
  return el(
    "fieldset",
    { class: "choices", key: "choices" },
    el("legend", {}, "To"),
    el("div", { class: "choice-list" }, found.items.map(choice)),
    el("p", { class: "soft" }, more ? `${count(more, "player more", "players more")}: search for them above.` : "The search above finds players."),
    el("p", { class: "buttons" }, el("button", { type: "button", "data-choose": "all" }, "Choose all of these"), el("button", { type: "button", "data-choose": "none" }, "Choose none")),
  );
}

function choice(player) {
  const box = el("input", { type: "checkbox", name: "to", value: player.id });
  return el("label", { class: "check", key: player.id }, box, player.username);
}

function form(props, receivers, ...buttons) {
  return el(
    "form",
    { class: "form", "data-form": "notification", ...props },
    el(
      "div",
      { class: "pairs" },
      field("Subject", "input", { name: "subject", required: true, maxlength: 255, autocomplete: "off" }),
      field("Code", "input", { name: "code", type: "number", value: 1 }),
    ),
    field("Content, as JSON", "textarea", { name: "content", spellcheck: "false" }, "{}"),
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "persistent", checked: true }), "Stored until it is deleted"),
    receivers,
    el("p", { class: "buttons" }, buttons),
  );
}

/**
 * Send what a form describes.
 * @returns {Promise<string>} What to say about it.
 */
export async function notify(filled, isForAll) {
  const { subject, code, content, persistent } = filled.elements;
  const to = isForAll ? null : chosen(filled);
  if (to && !to.length) throw new Error("Choose whom to send it to.");
  await send("POST", "/_control/notifications", {
    subject: subject.value,
    code: Number(code.value),
    content: JSON.parse(content.value || "{}"),
    persistent: persistent.checked,
    user_ids: to,
  });
  subject.value = "";
  if (!to) return "Sent to all";
  return filled.dataset.id ? "Sent" : `Sent to ${count(to.length, "player")}`;
}

function chosen(filled) {
  if (filled.dataset.id) return [filled.dataset.id];
  return [...filled.querySelectorAll('[name="to"]:checked')].map((box) => box.value);
}

/** Choose all players of a form, or none. */
export function choose(button) {
  const boxes = button.form.querySelectorAll('[name="to"]');
  for (const box of boxes) box.checked = button.dataset.choose === "all";
}
