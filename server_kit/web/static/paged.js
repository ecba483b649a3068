// Views of lists that the server has as `{items, total, next}`, by `q`, `id`, `limit` and `offset`.

import { address, getJson } from "./api.js";
import { el } from "./dom.js";
import { facts, json, time } from "./format.js";
import { row } from "./list.js";
import { placeOf } from "./place.js";

const PAGE = 50;
const MOST = 200; // items that are asked for at once

/**
 * A view for `browse`.
 * @param {string} path The list's address.
 * @param {object} kind What `browse` shows of the list (`title`, `one`, `many`, `filters`, `placeholder`, `empty`),
 *     and of an item its `name(item)`, `text(item)`, `labels(item)`, `facts(item)` as pairs,
 *     `json(item)`, `under(item)`, what stands behind the labels, `time(item)`, in seconds, and
 *     `sections(item)`, elements behind the facts; the last four may be left out.
 */
export function pagedView(path, kind) {
  const many = kind.many ?? kind.title.toLowerCase();
  let shown = { key: "", items: [] };

  async function load(now, more) {
    const query = Object.fromEntries(["q", ...kind.filters].map((name) => [name, now[name]]));
    const key = JSON.stringify(query);
    const had = shown.key === key ? shown.items.length : 0;
    const length = Math.max(PAGE, had + (more ? PAGE : 0));
    const items = [];
    let page = { next: 0, total: 0 };
    while (page.next !== null && items.length < length) {
      const limit = Math.min(MOST, length - items.length);
      page = await getJson(path, { ...query, limit, offset: page.next });
      items.push(...page.items);
    }
    shown = { key, items };
    return { ...page, items };
  }

  /** The id of what is open: the one that the address names, or the first of the list. */
  function opened(now) {
    return now.id || ("latest" in now ? (shown.items[0]?.id ?? "") : "");
  }

  function itemRow(item, now) {
    const { latest, ...rest } = now; // of what comes
    const at = kind.time ? kind.time(item) : item.last_active;
    const last = at ? time(at) : null;
    return row(
      item.id,
      placeOf({ ...rest, id: item.id }),
      item.id === opened(now),
      el("div", { class: "first" }, el("span", { class: "title" }, kind.name(item)), last),
      el("div", { class: "text" }, kind.text(item)),
      el("div", { class: "last" }, kind.labels(item), el("span", {}, kind.under?.(item))),
    );
  }

  async function detail(id) {
    const item = (await getJson(path, { id })).items[0];
    if (!item) return gone();
    const same = address(path, { id });
    const extra = kind.json?.(item);
    const entries = [
      ["Id", el("code", {}, item.id)],
      ...kind.facts(item),
      ["Same as JSON", el("a", { href: same }, el("code", {}, same))],
    ];
    return {
      title: kind.name(item),
      body: el(
        "article",
        { class: "stack", key: `${path}/${id}` },
        el(
          "header",
          {},
          el("p", { class: "tags" }, kind.labels(item)),
          el("h2", { tabindex: "-1" }, kind.name(item)),
        ),
        el("section", { class: "card" }, facts(entries)),
        kind.sections?.(item),
        extra ? el("section", { class: "card" }, el("h3", {}, "Data"), json(extra)) : null,
      ),
    };
  }

  return {
    ...kind,
    many,
    choose: `Choose one of the ${many}.`,
    load,
    row: itemRow,
    opened,
    detail,
  };
}

/** The detail of what is not there, or no longer. */
export function gone(text = "It was removed, or was never there.") {
  const heading = el("h2", { tabindex: "-1" }, "Not here");
  return { title: "Not here", body: el("div", { class: "empty" }, heading, el("p", {}, text)) };
}
