// A list and the detail of what is chosen in it, for mouse, keyboard and screen reader.
//
// The list's rows are links (`a.row`) inside of an element whose `data-open` says whether a detail
// is open. Up, Down, Home and End
// move between rows, Down also from the search field; `/` goes there, Escape closes what is open.

import { byId, el, on } from "./dom.js";
import { go, place } from "./place.js";

/** A row: a link to the place with its detail, current when that is shown. */
export function row(key, href, isCurrent, ...children) {
  const current = isCurrent ? "true" : null;
  return el("li", { key }, el("a", { class: "row", href, "aria-current": current }, children));
}

/** Move between rows, to the search and back by keys. */
export function bindKeys({ rows, search }) {
  on(rows, "keydown", "a.row", (link, event) => {
    const all = [...rows.querySelectorAll("a.row")];
    const at = all.indexOf(link);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].focus();
  });
  search.addEventListener("keydown", (event) => {
    const first = rows.querySelector("a.row");
    if (event.key !== "ArrowDown" || !first) return;
    event.preventDefault();
    first.focus();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && !event.target.closest("dialog") && place().id) {
      closeDetail(rows);
    }
  });
}

/** Close what is open and put the focus back on its row. */
export function closeDetail(rows) {
  const current = rows.querySelector('a.row[aria-current="true"]');
  go({ ...place(), id: "", latest: null });
  rows.closest("[data-open]").dataset.open = "false"; // where only one of both is shown: the list
  (current ?? rows.querySelector("a.row"))?.focus();
}

/** Put the focus on a detail's heading after a person has opened it. */
export function focusHeading(detail) {
  detail.querySelector("h2")?.focus();
}

/**
 * Say something to screen readers, and show it for a while.
 * @param {string} tone `quiet`, or `bad` for what went wrong.
 */
export function say(text, tone = "quiet") {
  const line = byId("said");
  line.textContent = text;
  line.dataset.tone = tone;
  line.getAnimations().forEach((animation) => animation.cancel());
  line.animate([{ opacity: 1 }, { opacity: 1, offset: 0.85 }, { opacity: 0 }], 6000);
}
