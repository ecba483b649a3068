// The overview: counts, the clock, and the problems by kind.

import { getJson } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { badge, count, facts, integer, time } from "/_web/kit/format.js";
import { row } from "/_web/kit/list.js";
import { gone } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { card } from "./elements.js";

const PATH = "/_control/console/overview";
const METRICS = "/_control/metrics";
const MOST_METRICS = 100;
const SERVER = "server";
const STEPS = [
  ["+1 min", 60],
  ["+1 h", 3600],
  ["+1 day", 86400],
];
const wide = matchMedia("(min-width: 60rem)");

export const view = {
  title: "Overview",
  one: "problem",
  many: "problems",
  filters: [],
  placeholder: "Search problems  ( / )",
  empty: "A request that nothing answers is here, and a handler that fails.",
  choose: "Choose the server or a problem.",
  load,
  row: problemRow,
  opened: (now) => now.id || (wide.matches ? SERVER : ""),
  detail,
};

async function load(now) {
  const found = await getJson(PATH);
  const wanted = (now.q ?? "").toLowerCase();
  const groups = found.problem_groups.filter((each) => text(each).toLowerCase().includes(wanted));
  const total = groups.reduce((sum, each) => sum + each.count, 0);
  return { items: [{ id: SERVER, ...found }, ...groups], total, next: null };
}

function text(group) {
  return `${group.name} ${group.unmatched ?? group.error}`;
}

function problemRow(item, now) {
  const isCurrent = item.id === view.opened(now);
  const href = placeOf({ ...now, id: item.id });
  if (item.id === SERVER) {
    const players = `${count(item.online, "player")} online`;
    return row(
      item.id,
      href,
      isCurrent,
      el("div", { class: "first" }, el("span", { class: "title" }, "Server")),
      el("div", { class: "text" }, `${players}, ${count(item.requests, "request")}`),
    );
  }
  return row(
    item.id,
    href,
    isCurrent,
    el("div", { class: "first" }, el("span", { class: "title" }, item.name), time(item.time)),
    el("div", { class: "text" }, item.unmatched ? `nearest: ${item.unmatched}` : item.error),
    el("div", { class: "last" }, badge(item.unmatched ? "no answer" : "failed", "bad"), `× ${integer(item.count)}`),
  );
}

async function detail(id) {
  const found = await getJson(PATH);
  if (id === SERVER) return server(found, (await getJson(METRICS)).metrics);
  const group = found.problem_groups.find((each) => each.id === id);
  if (!group) return gone("It has another number now, or the journal was cleared.");
  const entries = [
    ["Nearest", group.unmatched && el("code", {}, group.unmatched)],
    ["Error", group.error],
    ["How often", integer(group.count)],
    ["Last", time(group.time)],
    ["Requests", el("a", { href: placeOf({ view: "requests", q: group.name, state: "problems" }) }, "Show them")],
  ];
  return {
    title: group.name,
    body: el(
      "article",
      { class: "stack", key: id },
      el("h2", { tabindex: "-1" }, group.name),
      el("section", { class: "card" }, facts(entries)),
    ),
  };
}

function server(found, metrics) {
  return {
    title: "Server",
    body: el(
      "article",
      { class: "stack", key: SERVER },
      el("h2", { tabindex: "-1" }, "Server"),
      el(
        "div",
        { class: "numbers", key: "numbers" },
        number(found.players, "players", { view: "players" }),
        number(found.online, "online", { view: "players", state: "online" }),
        number(found.sockets, "sockets", { view: "players", state: "online" }),
        number(found.requests, "requests", { view: "requests" }),
        number(found.problems, "problems", { view: "requests", state: "problems" }),
        number(found.faults, "fault rules", { view: "faults" }),
        number(found.boards, "boards", { view: "boards" }),
        number(found.matches, "matches", { view: "matches" }),
        number(found.parties, "parties", { view: "parties" }),
        number(found.tickets, "tickets", { view: "tickets" }),
      ),
      card(
        "clock",
        "Clock",
        el("p", { class: "hand" }, time(found.time)),
        el("p", { class: "soft" }, "What becomes due by then is done: tokens expire, leaderboards are reset."),
        el(
          "p",
          { class: "buttons" },
          STEPS.map(([text, seconds]) => el("button", { type: "button", "data-advance": seconds }, text)),
        ),
      ),
      metrics.length ? counted(metrics) : null,
      el("p", { class: "soft" }, "Same as JSON: ", el("a", { href: PATH }, el("code", {}, PATH))),
    ),
  };
}

/** What server modules count with `metrics_*`: each series with its newest value. */
function counted(metrics) {
  const entries = metrics.slice(0, MOST_METRICS).map((each) => {
    const tags = Object.entries(each.tags).map(([name, value]) => `${name}=${value}`);
    const value = each.kind === "timer" ? `${each.value / 1e6} ms` : String(each.value);
    return [[each.name, ...tags].join(" "), `${value} (${each.kind}, ${count(each.count, "write")})`];
  });
  return card(
    "metrics",
    "Metrics of modules",
    facts(entries),
    el(
      "p",
      { class: "soft" },
      metrics.length > MOST_METRICS ? `The first ${MOST_METRICS} of ${integer(metrics.length)}. ` : "",
      "All as JSON: ",
      el("a", { href: METRICS }, el("code", {}, METRICS)),
    ),
  );
}

function number(value, text, query) {
  return el("a", { href: placeOf(query) }, el("strong", {}, integer(value)), el("span", {}, text));
}
