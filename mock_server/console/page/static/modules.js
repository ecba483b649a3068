// Server modules: how they were loaded, and what they have registered.

import { getJson } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { badge, count, facts, time } from "/_web/kit/format.js";
import { row } from "/_web/kit/list.js";
import { pagedView } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { card } from "./elements.js";

const PATH = "/_control/console/modules";
const LOADED = "loaded";
const LANGUAGES = ["JavaScript", "Lua", "Python", "test", "built in"];
const KINDS = {
  rpc: "RPC function",
  before: "Before hook",
  after: "After hook",
  before_rt: "Before hook of the socket",
  after_rt: "After hook of the socket",
  match: "Match handler",
  storage_index: "Storage index",
  event: "Event function",
  session_start: "Session start",
  session_end: "Session end",
  matchmaker_matched: "Matchmaker matched",
  tournament_end: "Tournament end",
  tournament_reset: "Tournament reset",
  leaderboard_reset: "Leaderboard reset",
  shutdown: "Shutdown",
};
const TONES = { JavaScript: "warn", Lua: "accent", Python: "good" };
const wide = matchMedia("(min-width: 60rem)");

const functions = pagedView(PATH, {
  title: "Modules",
  one: "function",
  many: "functions",
  filters: ["language"],
  choices: { language: LANGUAGES.map((each) => [each, each]) },
  placeholder: "Search name or kind  ( / )",
  empty: "What server modules register is here.",
  name: (item) => item.name || KINDS[item.kind],
  text,
  labels: (item) => [badge(item.language, TONES[item.language] ?? "quiet")],
  facts: (item) => [
    ["Kind", KINDS[item.kind]],
    ["Language", item.language],
    ["Called", item.kind === "rpc" ? el("a", { href: placeOf({ view: "explorer", id: `rpc:${item.name}` }) }, "Call it") : null],
  ],
});

function text(item) {
  if (item.kind === "match" && item.language === "Lua") return "Module, of which matches can be made";
  return item.name ? KINDS[item.kind] : "The one function for it";
}

export const view = {
  ...functions,
  load,
  row: (item, now) => (item.id === LOADED ? loadedRow(item, now) : functions.row(item, now)),
  opened: (now) => now.id || (wide.matches ? LOADED : ""),
  detail: (id) => (id === LOADED ? loadedDetail() : functions.detail(id)),
};

async function load(now, more) {
  const found = await functions.load(now, more);
  return { ...found, items: [{ id: LOADED, ...found.loaded }, ...found.items] };
}

function loadedRow(loaded, now) {
  return row(
    LOADED,
    placeOf({ ...now, id: LOADED }),
    view.opened(now) === LOADED,
    el("div", { class: "first" }, el("span", { class: "title" }, "Server modules"), time(loaded.time)),
    el("div", { class: "text" }, loaded.path || "no folder"),
    el("div", { class: "last" }, state(loaded), count(loaded.files.length, "file")),
  );
}

function state(loaded) {
  return loaded.error ? badge("reload failed", "bad") : badge("loaded", "good");
}

async function loadedDetail() {
  const { loaded } = await getJson(PATH, { limit: 1 });
  const files = loaded.files.map((each) => el("div", {}, el("code", {}, each)));
  return {
    title: "Server modules",
    body: el(
      "article",
      { class: "stack", key: LOADED },
      el("header", {}, el("p", { class: "tags" }, state(loaded)), el("h2", { tabindex: "-1" }, "Server modules")),
      card(
        "loaded",
        "Loaded",
        facts([
          ["Folder", loaded.path ? el("code", {}, loaded.path) : "none (runtime.path)"],
          ["Files", files.length ? files : "none"],
          ["Last load", time(loaded.time)],
          ["Loads", loaded.loads],
          ["On a change", loaded.watching ? "loaded anew (runtime.watch)" : "nothing happens (see runtime.watch)"],
          ["Same as JSON", el("a", { href: PATH }, el("code", {}, PATH))],
        ]),
        el("p", { class: "buttons" }, el("button", { type: "button", "data-reload": "" }, "Load anew")),
      ),
      loaded.error
        ? card(
            "error",
            "The last load failed",
            el("p", {}, "What was loaded before stays."),
            el("pre", { class: "text-block", tabindex: "0" }, loaded.error),
          )
        : null,
    ),
  };
}
