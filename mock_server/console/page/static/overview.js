// The overview: counts, the clock, and the problems by kind.

import { getJson } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { badge, count, facts, integer, time } from "/_web/kit/format.js";
import { row } from "/_web/kit/list.js";
import { gone } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { card } from "./parts.js";

const PATH = "/_control/console/overview";
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
  if (id === SERVER) return server(found);
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

function server(found) {
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
      el("p", { class: "soft" }, "Same as JSON: ", el("a", { href: PATH }, el("code", {}, PATH))),
    ),
  };
}

function number(value, text, query) {
  return el("a", { href: placeOf(query) }, el("strong", {}, integer(value)), el("span", {}, text));
}
