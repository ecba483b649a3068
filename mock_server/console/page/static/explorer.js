// The API explorer: each operation, RPC function and message with a form that calls it as a player.

import { address, getJson, send } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { badge, facts, json } from "/_web/kit/format.js";
import { gone, pagedView } from "/_web/kit/paged.js";
import { place } from "/_web/kit/place.js";
import { card, readable } from "./elements.js";

const PATH = "/_control/console/endpoints";
const KINDS = { http: "Operations", rpc: "RPC functions", frame: "Socket messages" };
const PLAYERS = 100; // that are offered as the caller

const results = new Map(); // what came back last, by the endpoint's id

const list = pagedView(PATH, {
  title: "Explorer",
  one: "endpoint",
  many: "endpoints",
  filters: ["kind"],
  choices: { kind: Object.entries(KINDS) },
  placeholder: "Search name, path or field  ( / )",
  empty: "",
  name: (item) => item.name,
  text: (item) => (item.kind === "frame" ? item.fields.join(", ") || "no fields" : item.path),
  labels,
  facts: () => [],
});

function labels(item) {
  if (item.kind === "http") return [badge(item.method)];
  return [item.kind === "rpc" ? badge("RPC function", "accent") : badge("socket message", "good")];
}

export const view = { ...list, detail };

async function detail(id) {
  const [found, players] = await Promise.all([
    getJson(PATH, { id }),
    getJson("/_control/console/players", { limit: PLAYERS }),
  ]);
  const item = found.items[0];
  if (!item) return gone();
  const same = address(PATH, { id });
  return {
    title: item.name,
    body: el(
      "article",
      { class: "stack", key: id },
      el("header", {}, el("p", { class: "tags" }, labels(item)), el("h2", { tabindex: "-1" }, item.name)),
      facts([
        ["Request", item.method && el("code", {}, `${item.method} ${item.path}`)],
        ["Authorization", { none: "none", "server key": "the server key" }[item.auth] ?? caller(item)],
        ["Same as JSON", el("a", { href: same }, el("code", {}, same))],
      ]),
      el("div", { class: "sides", key: "call" }, form(item, players.items), result(results.get(id))),
      item.answer && Object.keys(item.answer.example).length
        ? el("details", { class: "card", key: "answer" }, el("summary", {}, `Answer: ${item.answer.name}`), json(item.answer.example))
        : null,
    ),
  };
}

function caller(item) {
  return item.kind === "rpc" ? "the player's session; the HTTP key without a player" : "the player's session";
}

function form(item, players) {
  const who = item.auth === "bearer" ? player(players) : null;
  return el(
    "form",
    { class: "card form", "data-form": "call", "data-id": item.id, key: "form" },
    who,
    item.fields.map(input),
    el("p", { class: "buttons" }, el("button", { type: "submit", class: "main" }, "Call")),
  );
}

function player(players) {
  const options = players.map((each) => el("option", { value: each.username }, each.display_name));
  return el(
    "label",
    { key: "player" },
    "As player: user name or id",
    el("input", { name: "player", list: "players", value: place().as ?? "", autocomplete: "off" }),
    el("datalist", { id: "players" }, options),
  );
}

function input(field) {
  const props = { name: `field.${field.name}`, autocomplete: "off", spellcheck: "false", required: field.required };
  return el(
    "label",
    { key: field.name },
    el("span", {}, el("code", {}, field.name), " ", note(field)),
    control(field, props),
  );
}

function note(field) {
  const notes = [field.type, field.in === "body" ? null : `in the ${field.in}`, field.oneof && `one of ${field.oneof}`];
  const lines = field.control === "lines" ? "one a line" : null;
  return notes.concat(lines).filter(Boolean).join(", ");
}

function control(field, props) {
  const choices = { bool: ["true", "false"], choice: field.choices }[field.control];
  if (choices) return el("select", props, ["", ...choices].map((each) => el("option", { value: each }, each || "not set")));
  if (field.control === "lines") return el("textarea", { ...props, rows: 2 });
  if (field.control === "json") return el("textarea", { ...props, placeholder: JSON.stringify(field.example) });
  if (field.name === "payload") return el("textarea", props);
  return el("input", props);
}

/** Call what a form describes, and keep the result for its detail. */
export async function call(filled) {
  const { id } = filled.dataset;
  const item = (await getJson(PATH, { id })).items[0];
  const fields = {};
  for (const field of item.fields) {
    const value = valueOf(field, filled.elements[`field.${field.name}`].value);
    if (value !== undefined) fields[field.name] = value;
  }
  const as = filled.elements.player?.value.trim() ?? "";
  results.set(id, await send("POST", "/_control/console/call", { endpoint: id, fields, player: as }));
}

function valueOf(field, text) {
  if (text === "" && !field.required) return undefined;
  if (field.control === "bool") return text === "true";
  if (field.control === "lines") return text.split("\n").filter((line) => line !== "");
  if (field.control !== "json") return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${field.name} is no JSON: ${error.message}`);
  }
}

function result(found) {
  if (!found) return null;
  const tone = found.problem || found.status >= 500 ? "bad" : found.status >= 400 ? "warn" : "good";
  return card(
    "result",
    "What came back",
    el(
      "p",
      { class: "tags" },
      badge(found.status ?? (found.problem ? "no answer" : "sent"), tone),
      badge(`${(found.seconds * 1000).toFixed(1)} ms`),
    ),
    facts([
      ["Request", el("code", {}, found.request)],
      ["Body", found.body && el("code", {}, found.body)],
      ["Problem", found.problem],
    ]),
    el("div", { class: "stack answer" }, found.frames ? frames(found.frames) : readable(found.answer)),
  );
}

function frames(received) {
  return received.length ? received.map((each) => readable(each)) : el("p", { class: "soft" }, "No frame came back.");
}
