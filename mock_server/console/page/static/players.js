// Players: who they are, what the server holds of them, and what an operator does to them.

import { el } from "/_web/kit/dom.js";
import { badge, count, json, time } from "/_web/kit/format.js";
import { pagedView } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { card, field, playerLink } from "./parts.js";

/** States with their names. */
export const STATES = { online: "Online", offline: "Offline", banned: "Banned" };

export const view = pagedView("/_control/console/players", {
  title: "Players",
  one: "player",
  filters: ["state"],
  placeholder: "Search name or id  ( / )",
  empty: "A player is here once a client logs in.",
  name: (item) => item.username,
  text: (item) => item.display_name || item.id,
  time: (item) => item.create_time,
  labels: (item) => [
    item.sockets.length ? badge(count(item.sockets.length, "socket"), "good") : badge("offline"),
    item.banned && badge("banned", "bad"),
  ],
  facts: (item) => [
    ["Name", item.display_name],
    ["Since", time(item.create_time)],
    ["Email", item.email],
    ["Custom id", item.custom_id],
    ["Requests", el("a", { href: placeOf({ view: "requests", user: item.id }) }, "What they sent")],
    ["Pushes", el("a", { href: placeOf({ view: "pushes", user: item.id }) }, "What was pushed to them")],
  ],
  sections: (item) => [
    actions(item),
    notify(item),
    table("sockets", "Sockets", item.sockets, ["session_id", "lang"]),
    table("friends", "Friends", item.friends, ["username", "state"], (each) => playerLink(each.id, each.username)),
    table("groups", "Groups", item.groups, ["name", "state"]),
    table("notifications", "Notifications", item.notifications, ["subject", "code", "content", "create_time"]),
    table("storage", "Storage", item.storage, ["collection", "key", "value"]),
    table("devices", "Devices for pushes", item.devices, ["player_id", "device_type", "problem"]),
    wallet(item),
  ],
});

function actions(item) {
  return el(
    "p",
    { class: "buttons", key: "actions" },
    action("disconnect", "Disconnect", item, !item.sockets.length),
    action("logout", "Invalidate tokens", item),
    item.banned ? action("unban", "Unban", item) : action("ban", "Ban…", item),
  );
}

function action(name, text, item, disabled = false) {
  const props = { type: "button", "data-act": name, "data-id": item.id, "data-name": item.username, disabled };
  return el("button", { ...props, class: name === "ban" ? "bad" : null }, text);
}

function notify(item) {
  return el(
    "section",
    { class: "card", key: "notify" },
    el("h3", {}, "Send a notification"),
    el(
      "form",
      { class: "form", "data-form": "notification", "data-id": item.id },
      el(
        "div",
        { class: "pairs" },
        field("Subject", "input", { name: "subject", required: true, maxlength: 255, autocomplete: "off" }),
        field("Code", "input", { name: "code", type: "number", value: 1 }),
      ),
      field("Content, as JSON", "textarea", { name: "content", spellcheck: "false" }, "{}"),
      el("label", { class: "check" }, el("input", { type: "checkbox", name: "persistent", checked: true }), "Stored until it is deleted"),
      el(
        "p",
        { class: "buttons" },
        el("button", { type: "submit", class: "main", value: "one" }, "Send"),
        el("button", { type: "submit", value: "all" }, "Send to all players"),
      ),
    ),
  );
}

function wallet(item) {
  const given = { wallet: item.wallet, metadata: item.metadata };
  const filled = Object.entries(given).filter(([, value]) => Object.keys(value ?? {}).length);
  return filled.length ? card("wallet", "Wallet and metadata", json(Object.fromEntries(filled))) : null;
}

function table(key, title, items, columns, first = null) {
  if (!items?.length) return null;
  const head = columns.map((name) => el("th", { scope: "col" }, name.replace("_", " ")));
  const rows = items.map((item) =>
    el("tr", {}, columns.map((name, i) => el("td", {}, i === 0 && first ? first(item) : cell(name, item[name])))),
  );
  const body = el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  return card(key, title, el("div", { class: "table", tabindex: "0" }, body));
}

function cell(name, value) {
  if (name === "create_time") return time(value);
  if (value !== null && typeof value === "object") return el("code", {}, JSON.stringify(value));
  return value ?? "";
}
