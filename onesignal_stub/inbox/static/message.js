// Everything about one notification: previews, devices, audience, the request.

import { getJson } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { badge, count, facts, integer, json, time } from "/_web/kit/format.js";
import { gone } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { PLATFORMS, previews } from "./preview.js";

/** Statuses with their names and tones. */
export const STATUS = {
  sent: ["Sent", "good"],
  scheduled: ["Scheduled", "accent"],
  sending: ["Being sent", "accent"],
  canceled: ["Cancelled", "quiet"],
  nobody: ["Reached nobody", "bad"],
};
const STATES = { sent: "quiet", received: "accent", opened: "good", dismissed: "warn" };

/** Title and body of the notification with this number. */
export async function detail(id, now) {
  const path = `/_control/inbox/${encodeURIComponent(id)}`;
  const find = now.find ?? now.device ?? now.user ?? "";
  let message;
  let devices;
  try {
    [message, devices] = await Promise.all([
      getJson(path),
      getJson(`${path}/devices`, { find, after: now.after }),
    ]);
  } catch (error) {
    if (error.status !== 404) throw error;
    return gone("It was cleared, or was never there.");
  }
  const chosen =
    devices.reached.find((each) => String(each.push_id) === now.push) ?? devices.reached[0] ?? null;
  const title = message.title ?? message.text ?? message.app_name ?? "Notification";
  return {
    title,
    body: el(
      "article",
      { class: "stack", key: `message-${id}` },
      head(message, title, path),
      el("section", { class: "card", key: "preview" }, previews(message, chosen)),
      message.ignored.length ? ignored(message) : null,
      deviceTable(message, devices, chosen, now, find),
      audience(message, devices),
      el(
        "section",
        { class: "card", key: "request" },
        el("h3", {}, "The request as it came"),
        json(message.request),
      ),
    ),
  };
}

function head(message, title, path) {
  const template = message.template_id && [
    el(
      "a",
      { href: placeOf({ view: "templates", id: message.template_id }) },
      message.template_name ?? message.template_id,
    ),
  ];
  return el(
    "header",
    { class: "stack", key: "head" },
    el(
      "div",
      {},
      el("p", { class: "tags" }, badge(...STATUS[message.status]), counts(message)),
      el("h2", { tabindex: "-1" }, title),
    ),
    facts([
      ["Id", message.notification_id && el("code", {}, message.notification_id)],
      ["App", message.app_name ?? message.app_id],
      ["Requested", time(message.asked_at)],
      [
        message.status === "scheduled" ? "Scheduled for" : "Sent",
        message.status === "canceled" ? null : when(message),
      ],
      ["Would reach", message.status === "scheduled" ? count(message.recipients, "device") : null],
      ["Template", template],
      ["Collapse id", message.collapse_id && el("code", {}, message.collapse_id)],
      ["Same as JSON", el("a", { href: path }, el("code", {}, path))],
    ]),
  );
}

function when(message) {
  const at =
    message.status === "scheduled"
      ? message.send_after
      : (message.completed_at ?? message.send_after);
  return at === null ? null : time(at);
}

function counts(message) {
  const named = [
    [message.reached, "reached", "quiet"],
    [message.received, "received", "accent"],
    [message.opened, "opened", "good"],
    [message.dismissed, "dismissed", "warn"],
    [message.left_out, "left out", "warn"],
  ];
  return named
    .filter(([number]) => number)
    .map(([number, text, tone]) => badge(`${integer(number)} ${text}`, tone));
}

function ignored(message) {
  return el(
    "section",
    { class: "card", key: "ignored" },
    el("h3", {}, "Ignored, as OneSignal does"),
    el(
      "ul",
      { class: "tags" },
      message.ignored.map((name) => el("li", {}, badge(name, "warn"))),
    ),
  );
}

function deviceTable(message, devices, chosen, now, find) {
  if (!message.reached && !devices.left_out.length) return null;
  const searchable = message.reached + message.left_out > 10 || find;
  return el(
    "section",
    { class: "card", key: "devices" },
    el("h3", {}, "Devices"),
    searchable
      ? el("input", {
          type: "search",
          "data-find": true,
          "aria-label": "Find a user or device id",
          placeholder: "Find a user or device id",
          value: find,
        })
      : null,
    el(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": "Devices" },
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ["Device", "User", "State", "Language", "Included by"].map((name) =>
              el("th", { scope: "col" }, name),
            ),
          ),
        ),
        el(
          "tbody",
          {},
          devices.reached.map((each) => reachedRow(each, each === chosen, now)),
          devices.left_out.map(leftOutRow),
        ),
      ),
    ),
    devices.next === null
      ? null
      : el(
          "p",
          { class: "more" },
          el(
            "a",
            { href: placeOf({ ...now, id: message.number, after: devices.next }) },
            `Next devices of ${integer(message.reached)}`,
          ),
        ),
    now.after
      ? el(
          "p",
          { class: "more" },
          el("a", { href: placeOf({ ...now, after: "" }) }, "First devices"),
        )
      : null,
  );
}

function reachedRow(each, isChosen, now) {
  const name = each.device_model ?? PLATFORMS[each.platform] ?? each.platform;
  return el(
    "tr",
    { key: each.push_id },
    el(
      "td",
      {},
      el(
        "a",
        {
          href: placeOf({ ...now, push: each.push_id }),
          "aria-current": isChosen ? "true" : null,
          class: "pick",
        },
        name,
      ),
      el("div", { class: "soft id" }, el("code", {}, each.subscription_id)),
    ),
    el("td", {}, user(each)),
    el("td", {}, badge(stateText(each), STATES[each.state])),
    el("td", {}, language(each.language)),
    el("td", {}, each.included_by ?? ""),
  );
}

function leftOutRow(each) {
  return el(
    "tr",
    { key: `out-${each.subscription_id}` },
    el(
      "td",
      {},
      PLATFORMS[each.platform] ?? each.platform,
      el("div", { class: "soft id" }, el("code", {}, each.subscription_id)),
    ),
    el("td", {}, user(each)),
    el("td", { colspan: "3" }, badge("left out", "warn"), " ", each.reason),
  );
}

function user(each) {
  if (!each.external_id) return el("span", { class: "soft" }, "no external id");
  return el("a", { href: placeOf({ view: "users", id: each.onesignal_id }) }, each.external_id);
}

function stateText(each) {
  return each.state === "opened" && each.opened_on ? `opened by “${each.opened_on}”` : each.state;
}

/** `German (de)`; a code that is none as it is. */
function language(code) {
  if (!code) return "";
  try {
    return `${new Intl.DisplayNames(["en"], { type: "language" }).of(code)} (${code})`;
  } catch {
    return code;
  }
}

function audience(message, devices) {
  const { targeting, ways, excluded, platforms, unknown } = message.audience;
  const kinds = { segments: "By segments", filters: "By filters", ids: "By id" };
  const reasons = Object.entries(message.why);
  return el(
    "section",
    { class: "card", key: "audience" },
    el("h3", {}, "Audience"),
    el("p", {}, `${kinds[targeting]}${ways.length > 1 ? "; the first that fits counts" : ""}.`),
    el(
      "ul",
      { class: "ways" },
      ways.map((way) =>
        el(
          "li",
          {},
          el("strong", {}, way.name),
          way.filters.length ? [" ", el("code", {}, filterText(way.filters))] : null,
          message.status === "scheduled" ? null : [": ", count(way.devices, "device")],
        ),
      ),
      excluded.map((name) => el("li", {}, "Without the members of ", el("strong", {}, name))),
      platforms.length ? el("li", {}, "Only ", el("code", {}, platforms.join(", "))) : null,
    ),
    reasons.length
      ? [
          el("h3", {}, "Left out"),
          el(
            "ul",
            { class: "ways" },
            reasons.map(([why, number]) => el("li", {}, `${integer(number)} × ${why}`)),
          ),
        ]
      : null,
    Object.entries(unknown).map(([field, found]) =>
      el(
        "p",
        { class: "soft" },
        `Nobody has these of ${field}: `,
        el("code", {}, found.join(", ")),
      ),
    ),
    devices.left_out.length >= 100
      ? el("p", { class: "soft" }, "The first hundred that were left out are listed above.")
      : null,
  );
}

/** Filters of a segment as one line. */
export function filterText(filters) {
  return filters
    .map(
      (each) =>
        each.operator ??
        ["field", "key", "relation", "value", "hours_ago", "radius", "lat", "long"]
          .map((name) => each[name])
          .filter((value) => value !== undefined && value !== null)
          .join(" "),
    )
    .join(" · ");
}
