// Elements that several views of the console are made of.

import { el } from "/_web/kit/dom.js";
import { json, time } from "/_web/kit/format.js";
import { placeOf } from "/_web/kit/place.js";

/** A card with a heading; nothing where there is nothing in it. */
export function card(key, title, ...children) {
  const shown = children.flat().filter((child) => child !== null && child !== undefined);
  return shown.length ? el("section", { class: "card", key }, el("h3", {}, title), shown) : null;
}

/** A text as JSON where it is some, else as it is; nothing for an empty one. */
export function readable(text) {
  if (!text) return null;
  try {
    return json(JSON.parse(text));
  } catch {
    return el("pre", { class: "text-block", tabindex: "0" }, text);
  }
}

/** A link to a player, by name where they are known. */
export function playerLink(id, username) {
  return id ? el("a", { href: placeOf({ view: "players", id }) }, username || id) : null;
}

/** A labelled field of a form; `props` are its attributes. */
export function field(label, tag, props, ...children) {
  return el("label", {}, label, el(tag, props, children));
}

/**
 * A card with a table; nothing without items.
 * @param {Array} columns Pairs of a heading and what makes the cell of an item, or the name of
 *     the item's member.
 */
export function table(key, title, items, columns) {
  if (!items?.length) return null;
  const head = columns.map(([name]) => el("th", { scope: "col" }, name));
  const rows = items.map((item) => el("tr", {}, columns.map(([, from]) => el("td", {}, cell(from, item)))));
  const body = el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  return card(key, title, el("div", { class: "table", tabindex: "0" }, body));
}

function cell(from, item) {
  const value = typeof from === "function" ? from(item) : item[from];
  if (value === null || value === undefined || value instanceof Node) return value;
  return typeof value === "object" ? el("code", {}, JSON.stringify(value)) : value;
}

/** A card with people of a match, a party or a ticket. */
export function people(key, title, members, role = null) {
  return table(key, title, members, [
    ["Player", (each) => playerLink(each.user_id, each.username)],
    ["Session", (each) => el("code", {}, each.session_id)],
    ...(role ? [["Role", role]] : []),
  ]);
}

/** A `<time>`, or nothing for a time that there is not. */
export function timeOf(seconds) {
  return seconds ? time(seconds) : null;
}
