// Times, numbers, names and JSON as text for people.

import { el } from "./dom.js";

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const NUMBER = new Intl.NumberFormat("en-US");

/** A `<time>` in the reader's zone; `seconds` since the epoch on the server's clock. */
export function time(seconds, props = {}) {
  const at = new Date(seconds * 1000);
  return el("time", { datetime: at.toISOString(), title: at.toString(), ...props }, timeText(at));
}

/** `12:04:31` today, with the day otherwise. */
export function timeText(at, today = new Date()) {
  if (at.toDateString() === today.toDateString()) return CLOCK.format(at);
  const day = at.getFullYear() === today.getFullYear() ? DAY : YEAR;
  return `${day.format(at)}, ${CLOCK.format(at)}`;
}

/** `1 device`, `2,000 devices`. */
export function count(number, one, many = `${one}s`) {
  return `${NUMBER.format(number)} ${number === 1 ? one : many}`;
}

/** `100,000`. */
export function integer(number) {
  return NUMBER.format(number);
}

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** `1 day 2 hours`: a duration in its two largest units. */
export function duration(seconds) {
  const pieces = [];
  let left = Math.round(seconds);
  for (const [unit, size] of UNITS) {
    const number = Math.floor(left / size);
    left -= number * size;
    if (number) pieces.push(count(number, unit));
  }
  return pieces.slice(0, 2).join(" ") || "0 seconds";
}

/** A value as indented JSON in a `<pre>`, with names, texts and numbers told apart. */
export function json(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const token = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g;
  const pieces = [];
  let end = 0;
  for (const found of text.matchAll(token)) {
    pieces.push(text.slice(end, found.index));
    const kind = found[2] ? "name" : found[1] ? "text" : "value";
    pieces.push(el("span", { class: `json-${kind}` }, found[1] ?? found[0]), found[2] ?? "");
    end = found.index + found[0].length;
  }
  pieces.push(text.slice(end));
  return el("pre", { class: "json", tabindex: "0" }, pieces);
}

/** A table of names and values; entries without a value are left out. */
export function facts(entries) {
  const rows = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el(
    "dl",
    { class: "facts" },
    rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

/** A small label; `tone` is good, warn, bad or quiet. */
export function badge(text, tone = "quiet") {
  return el("span", { class: `badge ${tone}` }, text);
}
