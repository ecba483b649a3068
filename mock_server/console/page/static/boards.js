// Leaderboards and tournaments: their rules, when they are reset, and who leads.

import { el } from "/_web/kit/dom.js";
import { badge, count, duration, integer, json, time } from "/_web/kit/format.js";
import { pagedView } from "/_web/kit/paged.js";
import { card, playerLink, table, timeOf } from "./elements.js";

const KINDS = { leaderboard: "Leaderboards", tournament: "Tournaments" };
const OPERATORS = {
  best: "the best score counts",
  set: "the last score counts",
  increment: "scores are added",
  decrement: "scores are subtracted",
  no_override: "the best score counts",
};

export const view = pagedView("/_control/console/boards", {
  title: "Boards",
  one: "board",
  filters: ["kind"],
  choices: { kind: Object.entries(KINDS) },
  placeholder: "Search id or title  ( / )",
  empty: "A leaderboard or tournament is here once a server module creates it.",
  name: (item) => item.title || item.id,
  text: (item) => rules(item),
  time: (item) => item.create_time,
  labels,
  under: (item) => (item.next_reset ? ["reset at ", time(item.next_reset)] : "never reset"),
  facts,
  sections: (item) => [
    item.ranked > item.records.length
      ? el("p", { class: "soft", key: "some" }, `The best ${item.records.length} of ${integer(item.ranked)} records:`)
      : null,
    records(item),
    isFilled(item.metadata) ? card("metadata", "Metadata", json(item.metadata)) : null,
  ],
});

function rules(item) {
  const first = item.sort_order === "ascending" ? "Lowest first" : "Highest first";
  return `${first}, ${OPERATORS[item.operator]}`;
}

function labels(item) {
  return [
    badge(item.kind, item.kind === "tournament" ? "accent" : "quiet"),
    item.kind === "tournament" && (item.is_active ? badge("active", "good") : badge("not active")),
    item.authoritative && badge("server writes", "warn"),
    item.problem && badge("bad schedule", "bad"),
  ];
}

function facts(item) {
  return [
    ["Problem", item.problem],
    ["Description", item.description],
    ["Order", rules(item)],
    ["Who writes", item.authoritative ? "server modules only" : "players and server modules"],
    ["Ranks", item.ranks ? "yes" : "no"],
    ["Schedule", item.reset_schedule && el("code", {}, item.reset_schedule)],
    ["Last reset", timeOf(item.previous_reset)],
    ["Next reset", timeOf(item.next_reset)],
    ["Since", time(item.create_time)],
    ...(item.kind === "tournament" ? tournament(item) : []),
  ];
}

function tournament(item) {
  const places = item.max_size === null ? null : `${integer(item.size)} of ${integer(item.max_size)} taken`;
  return [
    ["Starts", timeOf(item.start_time)],
    ["Ends", timeOf(item.end_time) ?? "never"],
    ["Takes scores", [timeOf(item.start_active), " – ", timeOf(item.end_active) ?? "open end"]],
    ["Duration", duration(item.duration)],
    ["Places", places],
    ["Attempts", item.max_num_score === UNLIMITED ? "as many as they like" : count(item.max_num_score, "score each", "scores each")],
    ["Category", item.category],
    ["Join first", item.join_required ? "yes" : "no"],
  ];
}

const UNLIMITED = 1_000_000; // scores that an owner may write where nothing else is said

function attempts(record) {
  const number = integer(record.num_score);
  return record.max_num_score === UNLIMITED ? number : `${number} of ${integer(record.max_num_score)}`;
}

function records(item) {
  const metadata = (each) => (isFilled(each.metadata) ? el("code", {}, JSON.stringify(each.metadata)) : null);
  return table("records", "Records", item.records, [
    ["Rank", (each) => el("span", { class: "number" }, each.rank ? integer(each.rank) : "–")],
    ["Player", (each) => playerLink(each.owner_id, each.username)],
    ["Score", (each) => el("span", { class: "number" }, integer(BigInt(each.score)))],
    ["Subscore", (each) => el("span", { class: "number" }, integer(BigInt(each.subscore)))],
    ["Attempts", attempts],
    ["Written", (each) => time(each.update_time)],
    ...(item.records.some((each) => isFilled(each.metadata)) ? [["Metadata", metadata]] : []),
  ]);
}

function isFilled(object) {
  return Object.keys(object ?? {}).length > 0;
}
