// Players: who they are, what the server holds of them, and what an operator does to them.

import { el } from "/_web/kit/dom.js";
import { badge, count, json, time } from "/_web/kit/format.js";
import { row } from "/_web/kit/list.js";
import { pagedView } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { NEW, formForOne, sendToSome } from "./notify.js";
import { card, playerLink, table } from "./elements.js";

const STATE = ["State", "state"];
const STATES = { online: "Online", offline: "Offline", banned: "Banned" };

const players = pagedView("/_control/console/players", {
  title: "Players",
  one: "player",
  filters: ["state"],
  choices: { state: Object.entries(STATES) },
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
    ["Other ids", item.linked.length ? item.linked.join(", ") : null],
    ["Logs in with", item.login_devices.map((each) => el("div", {}, el("code", {}, each)))],
    [
      "More",
      [
        ["What they sent", "requests"],
        ["What was pushed to them", "pushes"],
        ["All their objects", "storage"],
      ].map(([text, view]) => el("div", {}, el("a", { href: placeOf({ view, user: item.id }) }, text))),
    ],
  ],
  sections: (item) => [
    actions(item),
    formForOne(item),
    table("sockets", "Sockets", item.sockets, [
      ["Session", (each) => el("code", {}, each.session_id)],
      ["Language", "lang"],
      ["From", "client_ip"],
      ["Format", "format"],
      ["Is in", (each) => el("div", {}, each.streams.map((stream) => el("div", {}, stream)))],
    ]),
    table("friends", "Friends", item.friends, [["Player", (each) => playerLink(each.id, each.username)], STATE]),
    table("groups", "Groups", item.groups, [["Group", "name"], STATE]),
    table("notifications", "Notifications", item.notifications, [
      ["Subject", "subject"],
      ["Code", "code"],
      ["Content", "content"],
      ["Sent", (each) => time(each.create_time)],
    ]),
    table("storage", "Storage", item.storage, [
      ["Collection", "collection"],
      ["Key", (each) => el("a", { href: placeOf({ view: "storage", id: each.id }) }, each.key)],
      ["Value", "value"],
    ]),
    table("devices", "Devices for pushes", item.devices, [
      ["OneSignal player id", (each) => each.player_id && el("code", {}, each.player_id)],
      ["Type", "device_type"],
      ["Problem", "problem"],
    ]),
    wallet(item),
  ],
});

export const view = {
  ...players,
  load: async (now, more) => {
    const found = await players.load(now, more);
    return { ...found, items: [{ id: NEW }, ...found.items] };
  },
  row: (item, now) => (item.id === NEW ? newRow(now) : players.row(item, now)),
  detail: (id, now) => (id === NEW ? sendToSome(now) : players.detail(id)),
};

function newRow(now) {
  const href = placeOf({ ...now, id: NEW });
  return row(NEW, href, now.id === NEW, el("span", { class: "title" }, "Send a notification"));
}

function actions(item) {
  return el(
    "p",
    { class: "buttons", key: "actions" },
    action("disconnect", "Disconnect", item, !item.sockets.length),
    action("expire", "Expire token", item),
    action("logout", "Invalidate tokens", item),
    item.banned ? action("unban", "Unban", item) : action("ban", "Ban…", item),
  );
}

function action(name, text, item, disabled = false) {
  const props = { type: "button", "data-act": name, "data-id": item.id, "data-name": item.username, disabled };
  return el("button", { ...props, class: name === "ban" ? "bad" : null }, text);
}

function wallet(item) {
  const given = { wallet: item.wallet, metadata: item.metadata };
  const filled = Object.entries(given).filter(([, value]) => Object.keys(value ?? {}).length);
  return filled.length ? card("wallet", "Wallet and metadata", json(Object.fromEntries(filled))) : null;
}
