// Storage objects of players and of the system.

import { el } from "/_web/kit/dom.js";
import { badge, count, json, time } from "/_web/kit/format.js";
import { pagedView } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { card, playerLink } from "./elements.js";

const READ = ["nobody reads", "owner reads", "everybody reads"];
const WRITE = ["nobody writes", "owner writes"];

export const view = pagedView("/_control/console/storage", {
  title: "Storage",
  one: "object",
  many: "objects",
  filters: ["collection", "user"],
  placeholder: "Search collection, key or owner  ( / )",
  empty: "An object is here once a client or a server module writes it.",
  name: (item) => item.key,
  text: (item) => `${item.collection} of ${item.username || "the system"}`,
  time: (item) => item.update_time,
  labels: (item) => [
    badge(READ[item.permission_read], item.permission_read === 2 ? "accent" : "quiet"),
    badge(WRITE[item.permission_write]),
  ],
  under: (item) => count(item.bytes, "byte"),
  facts: (item) => [
    ["Collection", el("a", { href: placeOf({ view: "storage", collection: item.collection }) }, item.collection)],
    ["Key", item.key],
    ["Owner", item.is_of_system ? "the system" : playerLink(item.user_id, item.username)],
    ["Version", el("code", {}, item.version)],
    ["Size", count(item.bytes, "byte")],
    ["Created", time(item.create_time)],
    ["Written", time(item.update_time)],
  ],
  sections: (item) => [card("value", "Value", json(item.value))],
});
