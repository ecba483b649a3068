// Notifications as a list.

import { getJson } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { badge, integer, time } from "/_web/kit/format.js";
import { row } from "/_web/kit/list.js";
import { placeOf } from "/_web/kit/place.js";
import { STATUS, detail } from "./message.js";
import { PLATFORMS } from "./preview.js";

/** The parameters that narrow the list. */
export const FILTERS = ["q", "app", "platform", "status", "user", "device", "template"];
const PAGE = 50;
const MOST = 200; // rows that are asked for anew at once

let shown = { key: "", items: [], next: null };

export const view = {
  title: "Notifications",
  one: "notification",
  many: "notifications",
  filters: ["app", "platform", "status"],
  placeholder: "Search text, user, device, app or template  ( / )",
  empty: "Send a notification to this stub, and it is here at once.",
  choose: "Choose a notification to see who got it, and why.",
  load,
  row: messageRow,
  opened: (now, found) => now.id || ("latest" in now ? found.items[0]?.number : ""),
  detail,
};

/** The newest page again, or one page more; what was shown below it stays. */
async function load(now, more) {
  const query = Object.fromEntries(FILTERS.map((name) => [name, now[name] ?? ""]));
  const key = JSON.stringify(query);
  const old = shown.key === key ? shown : { items: [], next: null };
  const goOn = more && old.next !== null;
  const limit = goOn ? PAGE : Math.min(MOST, Math.max(PAGE, old.items.length));
  const page = await getJson("/_control/inbox", { ...query, limit, before: goOn ? old.next : "" });
  const last = page.messages.at(-1)?.number ?? 0;
  const kept = goOn ? [] : old.items.filter((item) => item.number < last && page.next !== null);
  const items = goOn ? [...old.items, ...page.messages] : [...page.messages, ...kept];
  shown = { key, items, next: kept.length ? old.next : page.next };
  return { ...shown, total: page.total };
}

function messageRow(item, now) {
  const { latest, push, find, after, ...rest } = now; // of another detail
  const isCurrent = String(item.number) === String(now.id ?? "");
  const reached =
    item.reached || item.status === "sent" ? `${integer(item.reached)} reached` : null;
  return row(
    item.number,
    placeOf({ ...rest, id: item.number }),
    isCurrent || ("latest" in now && !now.id && item.number === shown.items[0]?.number),
    el(
      "div",
      { class: "first" },
      el("span", { class: "title" }, item.title ?? item.app_name ?? item.app_id),
      time(item.status === "scheduled" ? item.send_after : item.asked_at),
    ),
    el("div", { class: "text" }, item.text ?? "(silent: nothing to show)"),
    el(
      "div",
      { class: "last" },
      item.status === "sent" ? null : badge(...STATUS[item.status]),
      reached && el("span", { class: "number" }, reached),
      item.opened ? badge(`${integer(item.opened)} opened`, "good") : null,
      item.left_out ? badge(`${integer(item.left_out)} left out`, "warn") : null,
      el("span", {}, item.platforms.map((name) => PLATFORMS[name] ?? name).join(", ")),
    ),
  );
}
