// Requests and frames: who sent what, the answer, what was ignored, the nearest route of a miss.

import { el } from "/_web/kit/dom.js";
import { badge } from "/_web/kit/format.js";
import { pagedView } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { card, playerLink, readable } from "./elements.js";

/** Kinds and states with their names. */
const KINDS = { http: "HTTP", grpc: "gRPC", frame: "Frame", fault: "Fault" };
const STATES = { problems: "Problems", refused: "Refused", ignored: "With ignored fields" };

export const view = pagedView("/_control/console/requests", {
  title: "Requests",
  one: "request",
  filters: ["kind", "state", "user"],
  choices: { kind: Object.entries(KINDS), state: Object.entries(STATES) },
  placeholder: "Search name, user, body or answer  ( / )",
  empty: "Each request and frame of a client shows up here.",
  name: (item) => item.name,
  text: (item) => item.username || item.user_id || "nobody",
  time: (item) => item.time,
  labels,
  under: (item) => item.body.slice(0, 60),
  facts: (item) => [
    ["Player", playerLink(item.user_id, item.username)],
    ["Status", item.status],
    ["Nearest", item.unmatched && el("code", {}, item.unmatched)],
    ["Query", item.query.length ? el("code", {}, queryText(item.query)) : null],
    ["Ignored", item.ignored.length ? item.ignored.join(", ") : null],
    [
      "More",
      item.user_id &&
        el("a", { href: placeOf({ view: "requests", user: item.user_id }) }, "All of this player"),
    ],
  ],
  sections: (item) => [
    card("error", "What failed", readable(item.error)),
    card("body", item.kind === "frame" ? "Frame" : "Request body", readable(item.body)),
    card("answer", "Answer", readable(item.answer)),
    item.curl &&
      card(
        "curl",
        "Send it again",
        el("pre", { class: "text-block", tabindex: "0" }, item.curl),
        el(
          "p",
          { class: "buttons" },
          el("button", { type: "button", "data-copy": item.curl }, "Copy as curl"),
        ),
      ),
  ],
});

function labels(item) {
  const answered = item.status >= 400 ? "warn" : "good";
  const isRefused = item.kind === "frame" && item.answer.slice(0, 80).includes('"error":{');
  return [
    badge(KINDS[item.kind], item.kind === "fault" ? "bad" : "quiet"),
    item.status && badge(item.status, item.status >= 500 ? "bad" : answered),
    isRefused && badge("refused", "warn"),
    item.unmatched && badge("no answer", "bad"),
    item.error && badge("failed", "bad"),
    item.ignored.length ? badge("ignored fields", "warn") : null,
  ];
}

function queryText(query) {
  return query.map(([name, value]) => `${name}=${value}`).join("&");
}
