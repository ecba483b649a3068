// Matches, parties and the matchmaker's tickets: who is in them, and what they are looking for.

import { el } from "/_web/kit/dom.js";
import { badge, count, integer, time } from "/_web/kit/format.js";
import { pagedView } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { card, people, playerLink, readable, table, timeOf } from "./elements.js";

const KINDS = { handler: "With a handler", relayed: "Relayed" };
const STATES = { open: "Open", closed: "Closed", hidden: "Hidden" };

export const matches = pagedView("/_control/console/matches", {
  title: "Matches",
  one: "match",
  filters: ["kind"],
  choices: { kind: Object.entries(KINDS) },
  placeholder: "Search label, handler, player or id  ( / )",
  empty: "A match is here as long as it runs.",
  name: (item) => item.handler || "Relayed match",
  text: (item) => item.label || item.id,
  time: (item) => item.create_time,
  labels: (item) => [
    badge(item.kind === "handler" ? "handler" : "relayed", item.kind === "handler" ? "accent" : "quiet"),
    badge(count(item.presences.length, "presence"), item.presences.length ? "good" : "quiet"),
    item.problem && badge("unreadable state", "bad"),
  ],
  under: (item) => item.tick_rate && count(item.tick_rate, "tick a second", "ticks a second"),
  facts: (item) => [
    ["Handler", item.handler],
    ["Problem", item.problem],
    ["Tick rate", item.tick_rate && count(item.tick_rate, "tick a second", "ticks a second")],
    ["Ticks so far", item.tick === undefined ? null : integer(item.tick)],
    ["Since", timeOf(item.create_time)],
  ],
  sections: (item) => [
    people("presences", "Presences", item.presences),
    card("label", "Label", readable(item.label)),
    card("state", "State", readable(item.state)),
  ],
});

export const parties = pagedView("/_control/console/parties", {
  title: "Parties",
  one: "party",
  filters: ["state"],
  choices: { state: Object.entries(STATES) },
  placeholder: "Search label, member or id  ( / )",
  empty: "A party is here until its last member leaves.",
  name: (item) => `Party of ${item.leader.username}`,
  text: (item) => (item.label === "{}" ? item.id : item.label),
  time: (item) => item.create_time,
  labels: (item) => [
    badge(item.open ? "open" : "closed", item.open ? "good" : "quiet"),
    item.hidden && badge("hidden"),
    item.tickets.length ? badge("matchmaking", "accent") : null,
  ],
  under: (item) => `${item.members.length} of ${item.max_size} members`,
  facts: (item) => [
    ["Leader", playerLink(item.leader.user_id, item.leader.username)],
    ["Members", `${item.members.length} of at most ${item.max_size}`],
    ["Joining", item.open ? "anybody may" : "the leader accepts"],
    ["Since", time(item.create_time)],
  ],
  sections: (item) => [
    people("members", "Members", item.members, (each) =>
      each.session_id === item.leader.session_id ? badge("leader", "accent") : null,
    ),
    people("requests", "Ask to join", item.requests),
    table("tickets", "Matchmaker tickets", item.tickets, [
      ["Ticket", (each) => el("a", { href: placeOf({ view: "tickets", id: each.id }) }, el("code", {}, each.id))],
      ["Query", (each) => el("code", {}, each.query)],
      ["Players", players],
    ]),
    item.label === "{}" ? null : card("label", "Label", readable(item.label)),
  ],
});

export const tickets = pagedView("/_control/console/tickets", {
  title: "Tickets",
  one: "ticket",
  filters: [],
  placeholder: "Search query, player, party or id  ( / )",
  empty: "A matchmaker ticket is here until its players are matched.",
  name: (item) => item.members.map((each) => each.username).join(", "),
  text: (item) => item.query,
  time: (item) => item.create_time,
  labels: (item) => [
    badge(players(item), "accent"),
    item.party_id && badge("party"),
  ],
  under: (item) => `looked ${count(item.intervals, "time")}`,
  facts: (item) => [
    ["Query", el("code", {}, item.query)],
    ["Wants", players(item)],
    ["In multiples of", item.count_multiple > 1 ? item.count_multiple : null],
    [
      "Party",
      item.party_id && el("a", { href: placeOf({ view: "parties", id: item.party_id }) }, el("code", {}, item.party_id)),
    ],
    ["Looked", count(item.intervals, "time")],
    ["Since", time(item.create_time)],
  ],
  sections: (item) => [
    people("members", "Players", item.members),
    Object.keys(item.properties).length ? card("properties", "Properties", readable(JSON.stringify(item.properties))) : null,
  ],
});

function players(ticket) {
  const { min_count: least, max_count: most } = ticket;
  return least === most ? count(most, "player") : `${least} to ${most} players`;
}
