// Pushes: the way of each from its event to the devices.

import { el, isLink } from "/_web/kit/dom.js";
import { badge, count, json, time } from "/_web/kit/format.js";
import { pagedView } from "/_web/kit/paged.js";
import { card, playerLink } from "./elements.js";

/** Outcomes with their names and tones. */
const OUTCOMES = {
  pending: ["Pending", "accent"],
  sent: ["Sent", "good"],
  nobody_reached: ["Reached nobody", "bad"],
  failed: ["Failed", "bad"],
  skipped: ["Skipped", "quiet"],
};

export const view = pagedView("/_control/console/pushes", {
  title: "Pushes",
  one: "push",
  filters: ["outcome", "user"],
  choices: { outcome: Object.entries(OUTCOMES).map(([key, [text]]) => [key, text]) },
  placeholder: "Search event, player, text or id  ( / )",
  empty: "An event with a push rule shows up here.",
  name,
  text: (item) => Object.values(item.contents)[0] ?? item.reason,
  time: (item) => item.time,
  labels: (item) => [badge(...OUTCOMES[item.outcome])],
  under: recipient,
  facts: (item) => [
    ["Player", playerLink(item.user_id, item.username)],
    ["External id", item.external_user_id],
    ["Audience", audience(item)],
    ["When", time(item.time)],
    ["Reason", item.reason],
  ],
  sections: (item) => [card("way", "Its way", el("ol", { class: "steps" }, steps(item)))],
});

function recipient(item) {
  return item.username || item.user_id || audience(item);
}

function audience(item) {
  const chosen = Object.entries(item.audience);
  return chosen.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
}

/** A notification's own code is a number. */
function name(item) {
  return /^-?\d+$/.test(item.event) ? `Notification with code ${item.event}` : item.event;
}

function steps(item) {
  const failures = item.failures.map((each) =>
    step("bad", "Attempt failed", time(each.time), ` ${each.problem}`),
  );
  return [
    step("good", "Event", `${name(item)} for `, playerLink(item.user_id, item.username) ?? audience(item)),
    item.rule
      ? step("good", "Rule", `for ${item.rule.event}${item.rule.also_online ? ", also while online" : ", not while online"}`, whole(item.rule))
      : step("quiet", "Rule", "It has gone since."),
    Object.keys(item.contents).length
      ? step("good", "Message", Object.entries(item.contents).map(([code, text]) => el("div", {}, `${code}: ${text}`)))
      : null,
    failures,
    item.notification_id ? step("good", "OneSignal", onesignal(item)) : end(item),
    devices(item),
  ];
}

function whole(rule) {
  return el("details", { key: "rule" }, el("summary", {}, "The whole rule"), json(rule));
}

function step(tone, title, ...children) {
  return el("li", { class: tone }, el("strong", {}, title), children);
}

function end(item) {
  const [text, tone] = OUTCOMES[item.outcome];
  return step(tone, text, item.reason);
}

function onesignal(item) {
  const id = el("code", {}, item.notification_id);
  const inbox = `${item.onesignal_url}/?q=${encodeURIComponent(item.notification_id)}`;
  const isLocal = isLink(inbox) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(inbox).hostname);
  return isLocal ? [id, " ", el("a", { href: inbox }, "Open in the inbox")] : id;
}

function devices(item) {
  if (!item.notification_id) return null;
  const known = item.player_ids.map((id) =>
    el("div", {}, el("code", {}, id), item.device_sources[id] ? ` (${item.device_sources[id]})` : ""),
  );
  const reached = item.recipients === null ? "OneSignal did not say how many" : count(item.recipients, "device");
  return step(item.recipients === 0 ? "bad" : "good", `Devices: ${reached}`, known);
}
