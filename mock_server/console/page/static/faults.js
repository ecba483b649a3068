// Faults: what goes wrong on purpose, how often it did, and a form for more.

import { getJson } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { badge, count, facts, json } from "/_web/kit/format.js";
import { row } from "/_web/kit/list.js";
import { gone } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { card, field } from "./elements.js";

const PATH = "/_control/faults";
const NEW = "new";
const KINDS = {
  latency: { seconds: 2 },
  bandwidth: { bytes_per_second: 1000 },
  status: { code: 503 },
  expired_token: {},
  close: { code: 1001 },
  reset: {},
  black_hole: {},
  drop_reply: {},
  garbage: {},
  truncated: {},
  frame: { size: 1000000 },
  duplicate: {},
  reorder: {},
};
const wide = matchMedia("(min-width: 60rem)");

export const view = {
  title: "Faults",
  one: "rule",
  many: "rules",
  filters: [],
  placeholder: "Search fault, route or player  ( / )",
  empty: "A rule makes requests fail on purpose.",
  choose: "Choose a rule, or add one.",
  load,
  row: faultRow,
  opened: (now) => now.id || (wide.matches ? NEW : ""),
  detail,
};

async function load(now) {
  const { faults } = await getJson(PATH);
  const wanted = (now.q ?? "").toLowerCase();
  const found = faults.filter((each) => JSON.stringify(each).toLowerCase().includes(wanted));
  return { items: [{ id: NEW }, ...found], total: found.length, next: null };
}

function faultRow(item, now) {
  const id = String(item.id);
  const href = placeOf({ ...now, id });
  const isCurrent = id === view.opened(now);
  if (id === NEW) return row(id, href, isCurrent, el("span", { class: "title" }, "Add a fault"));
  return row(
    id,
    href,
    isCurrent,
    el("div", { class: "first" }, el("span", { class: "title" }, item.fault)),
    el("div", { class: "text" }, item.route ?? "everywhere"),
    el("div", { class: "last" }, badge(count(item.hits, "hit"), item.hits ? "warn" : "quiet"), `${item.calls} checked`),
  );
}

async function detail(id) {
  if (id === NEW) return form();
  const rule = (await getJson(PATH)).faults.find((each) => String(each.id) === id);
  if (!rule) return gone("The rule was removed.");
  const { id: number, fault, calls, hits, route, user, after, times, probability, ...settings } = rule;
  return {
    title: fault,
    body: el(
      "article",
      { class: "stack", key: id },
      el("h2", { tabindex: "-1" }, fault),
      card(
        "rule",
        "Rule",
        facts([
          ["Where", el("code", {}, route ?? "everywhere")],
          ["Player", user],
          ["Happened", `${count(hits, "time")} in ${count(calls, "call")}`],
          ["Passes first", after || null],
          ["At most", times && count(times, "time")],
          ["Probability", probability],
        ]),
        Object.keys(settings).length ? json(settings) : null,
        el(
          "p",
          { class: "buttons" },
          el("button", { type: "button", class: "bad", "data-remove-fault": number }, "Remove"),
        ),
      ),
    ),
  };
}

function form() {
  const kinds = Object.keys(KINDS).map((kind) => el("option", { value: kind }, kind));
  return {
    title: "Add a fault",
    body: el(
      "article",
      { class: "stack", key: NEW },
      el("h2", { tabindex: "-1" }, "Add a fault"),
      el(
        "form",
        { class: "card form", "data-form": "fault" },
        field("What happens", "select", { name: "fault" }, kinds),
        field("Its settings, as JSON", "textarea", { name: "settings", spellcheck: "false" }, JSON.stringify(KINDS.latency)),
        field("Where: a route, open, in rpc, out *; empty is everywhere", "input", { name: "route", autocomplete: "off" }),
        field("Whose: a player's id; empty is everybody's", "input", { name: "user", autocomplete: "off" }),
        el(
          "div",
          { class: "pairs" },
          field("Passes first", "input", { name: "after", type: "number", min: 0, value: 0 }),
          field("Times at most", "input", { name: "times", type: "number", min: 1 }),
          field("Probability", "input", { name: "probability", type: "number", min: 0, max: 1, step: "any", value: 1 }),
        ),
        el("p", { class: "buttons" }, el("button", { type: "submit", class: "main" }, "Add")),
      ),
    ),
  };
}

/** The settings that a kind of fault usually has, as text. */
export function usual(kind) {
  return JSON.stringify(KINDS[kind] ?? {});
}

/** A rule after which a player's next call is refused, as if their token had expired. */
export function expiry(id) {
  return { fault: "expired_token", user: id, times: 1 };
}

/** The rule that a form describes; throws a SyntaxError for settings that are no JSON. */
export function ruleOf(form) {
  const { fault, settings, route, user, after, times, probability } = form.elements;
  const rule = { ...JSON.parse(settings.value || "{}"), fault: fault.value };
  if (route.value.trim()) rule.route = route.value.trim();
  if (user.value.trim()) rule.user = user.value.trim();
  if (times.value) rule.times = Number(times.value);
  return { ...rule, after: Number(after.value), probability: Number(probability.value) };
}
