// Parts that several views of the console are made of.

import { el } from "/_web/kit/dom.js";
import { json } from "/_web/kit/format.js";
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
