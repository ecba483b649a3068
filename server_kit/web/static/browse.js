// A page of lists: views at the top, filters, a list and the detail of what is open in it.
//
// The page's HTML has the elements `views`, `filters` (a form with a field `q`), `chips`, `count`,
// `panes` with `rows`, `below` and `detail` in it, `live` and `said`.

import { byId, el, on, show } from "./dom.js";
import { bindFilters, named, setChoices } from "./filters.js";
import { count } from "./format.js";
import { bindKeys, closeDetail, focusHeading, say } from "./list.js";
import { oneAtATime } from "./live.js";
import { onMove, place, placeOf } from "./place.js";

/**
 * Show a page of lists, and keep it at the place that the address names.
 *
 * A view is an object with
 * - `title`, and `one` and `many` for its count;
 * - `filters`: the names of the form's fields that it has besides `q`, and of chips;
 * - `choices`, if any: the choices of fields by name, as pairs of value and text;
 * - `placeholder` of the search, `empty` for a list without anything, `choose` for no detail;
 * - `load(now, more)`: a promise of `{items, total, next}` for the place `now`; `next` is null where
 *   there are no more, and `more` asks for one page more than is shown;
 * - `row(item, now)`: a row, made with `row` of list.js;
 * - `opened(now, found)`: the id of what is open, "" for nothing;
 * - `detail(id, now)`: a promise of its `{title, body}`, with an `h2` that can take the focus.
 * @param {string} title The page's.
 * @param {Map<string, object>} views By name; the first is shown where the address names none.
 * @param {string[]} chips Parameters without a field, shown as labels that can be removed.
 * @returns {function(): Promise} Shows everything anew, once however often it is asked.
 */
export function browse({ title, views, chips = [] }) {
  const rows = byId("rows");
  const detail = byId("detail");
  const form = byId("filters");
  const first = views.keys().next().value;
  const nameOf = (now) => (views.has(now.view) ? now.view : first);
  let opened = null; // "" after a person has chosen a row, until it is open
  let moreAsked = false;
  let shown = ""; // the view

  const update = oneAtATime(async () => {
    const now = place();
    const name = nameOf(now);
    const view = views.get(name);
    const more = moreAsked;
    moreAsked = false;
    try {
      const found = await view.load(now, more);
      if (name !== nameOf(place())) return; // left meanwhile; another update follows
      showFrame(now, name, found);
      show(
        rows,
        found.items.map((item) => view.row(item, now)),
      );
      await showDetail(now, view, found);
    } catch (error) {
      if (error.status !== 0) say(error.message, "bad"); // a server that is gone shows at the top
    }
  });

  function showFrame(now, name, found) {
    const view = views.get(name);
    const tabs = byId("views");
    show(
      tabs,
      [...views].map(([key, { title: text }]) => tab(key, text, key === name)),
    );
    if (shown !== name) tabs.querySelector("[aria-current]").scrollIntoView({ block: "nearest" });
    shown = name;
    for (const field of named(form)) {
      field.hidden = field.name !== "q" && !view.filters.includes(field.name);
      if (view.choices?.[field.name]) setChoices(field, view.choices[field.name]);
    }
    form.elements.q.placeholder = view.placeholder;
    show(
      byId("chips"),
      chips.filter((chip) => now[chip]).map((chip) => label(now, chip)),
    );
    byId("count").textContent = count(found.total, view.one, view.many);
    show(byId("below"), found.total ? older(found) : empty(now, view));
  }

  function tab(key, text, isCurrent) {
    const href = placeOf({ view: key === first ? "" : key });
    return el("a", { href, "aria-current": isCurrent ? "page" : null }, text);
  }

  function label(now, chip) {
    const href = placeOf({ ...now, [chip]: "" });
    const remove = el("a", { href, "aria-label": `Remove ${chip}` }, "×");
    return el("span", { key: chip, class: "badge accent" }, `${chip} ${now[chip]} `, remove);
  }

  function older(found) {
    if (found.next === null) return null;
    const text = `Show more (${count(found.total - found.items.length, "left", "left")})`;
    return el("p", { class: "more" }, el("button", { type: "button", id: "more" }, text));
  }

  function empty(now, view) {
    const isSearch = [...named(form).map((field) => field.name), ...chips].some((key) => now[key]);
    return el(
      "div",
      { class: "empty" },
      el("h2", {}, isSearch ? "Nothing matches" : "Nothing yet"),
      el("p", {}, isSearch ? "What comes and matches shows up here." : view.empty),
    );
  }

  async function showDetail(now, view, found) {
    const id = String(view.opened(now, found) ?? "");
    byId("panes").dataset.open = String(id !== "");
    const shown = id ? await view.detail(id, now) : null;
    if (placeOf(place()) !== placeOf(now)) return; // moved on meanwhile; another update follows
    const text = shown ? `${shown.title} · ${title}` : title;
    if (document.title !== text) document.title = text;
    if (!shown) {
      show(detail, el("div", { class: "empty" }, el("p", {}, view.choose)));
      opened = null;
      return;
    }
    show(
      detail,
      el("button", { type: "button", class: "back", id: "back" }, "← Back to the list"),
      shown.body,
    );
    if (opened !== id) detail.scrollTop = 0;
    if (opened === "") focusHeading(detail);
    opened = id;
  }

  on(byId("below"), "click", "#more", () => {
    moreAsked = true;
    update();
  });
  on(detail, "click", "#back", () => closeDetail(rows));
  on(rows, "click", "a.row", () => (opened = ""));
  bindFilters(form);
  bindKeys({ rows, search: form.elements.q });
  onMove(update);
  return update;
}
