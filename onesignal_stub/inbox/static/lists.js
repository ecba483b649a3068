// Devices, users, segments, templates and apps.

import { getJson } from "/_web/kit/api.js";
import { el } from "/_web/kit/dom.js";
import { badge, count, facts, json, time } from "/_web/kit/format.js";
import { row } from "/_web/kit/list.js";
import { placeOf } from "/_web/kit/place.js";
import { filterText } from "./messages.js";
import { PLATFORMS } from "./preview.js";

const PAGE = 50;
const MOST = 200;

/** What each list shows: of an item its title, text, labels, facts and notifications. */
export const VIEWS = {
  devices: {
    title: "Devices",
    filters: ["app", "platform"],
    placeholder: "Search id, user or model  ( / )",
    empty: "A device is here once it registers.",
    name: (item) => item.device_model ?? PLATFORMS[item.platform] ?? item.platform,
    text: (item) => item.external_id ?? item.id,
    labels: (item) => [
      item.subscribed ? badge("subscribed", "good") : badge(item.why_not, "warn"),
      el("span", {}, PLATFORMS[item.platform] ?? item.platform),
    ],
    facts: (item) => [
      ["Platform", `${PLATFORMS[item.platform] ?? item.platform} (device_type ${item.device_type})`],
      ["Subscribed", item.subscribed ? "yes" : `no: ${item.why_not}`],
      ["User", el("a", { href: placeOf({ view: "users", id: item.onesignal_id }) }, item.external_id ?? item.onesignal_id)],
      ["Language", item.language],
      ["Token", item.token && el("code", {}, item.token)],
      ["System", item.device_os],
      ["App version", item.app_version],
      ["Sessions", item.session_count],
      ["Last active", time(item.last_active)],
    ],
    sent: (item) => ({ device: item.id }),
    json: (item) => (Object.keys(item.tags).length ? { tags: item.tags } : null),
  },
  users: {
    title: "Users",
    filters: ["app"],
    placeholder: "Search alias, id or tag  ( / )",
    empty: "A user is here once a device registers or the API makes one.",
    name: (item) => item.aliases.external_id ?? item.id,
    text: (item) => tags(item.tags) || item.id,
    labels: (item) => [el("span", {}, count(item.devices, "device"))],
    facts: (item) => [
      ...Object.entries(item.aliases),
      ["Devices", el("a", { href: placeOf({ view: "devices", q: item.id }) }, count(item.devices, "device"))],
      ["Language", item.language],
      ["Country", item.country],
      ["Time zone", item.timezone_id],
      ["Last active", time(item.last_active)],
    ],
    sent: (item) => ({ user: item.aliases.external_id ?? item.id }),
    json: (item) => (Object.keys(item.tags).length ? { tags: item.tags } : null),
  },
  segments: {
    title: "Segments",
    filters: ["app"],
    placeholder: "Search name or filter  ( / )",
    empty: "Every app has segments.",
    name: (item) => item.name,
    text: (item) => filterText(item.filters) || "everybody",
    labels: (item) => [badge(item.source, item.source === "custom" ? "accent" : "quiet")],
    facts: (item) => [
      ["In it now", count(item.devices ?? 0, "device")],
      ["Description", item.description],
      ["Kind", item.source],
    ],
    json: (item) => ({ filters: item.filters }),
  },
  templates: {
    title: "Templates",
    filters: ["app"],
    placeholder: "Search name or text  ( / )",
    empty: "A template is here once the API makes one.",
    name: (item) => item.name,
    text: (item) => Object.values(item.content.contents ?? {})[0] ?? item.content.email_subject ?? "",
    labels: (item) => Object.keys(item.content.contents ?? {}).map((code) => badge(code)),
    facts: (item) => [["Changed", item.updated_at && time(item.updated_at)]],
    sent: (item) => ({ template: item.id }),
    json: (item) => item.content,
  },
  apps: {
    title: "Apps",
    filters: [],
    placeholder: "Search name or id  ( / )",
    empty: "There is always one.",
    name: (item) => item.name,
    text: (item) => item.id,
    labels: (item) => [el("span", {}, `${count(item.devices, "device")}, ${count(item.messages, "notification")}`)],
    facts: (item) => [
      ["Devices", el("a", { href: placeOf({ view: "devices", app: item.id }) }, count(item.devices, "device"))],
      ["Users", el("a", { href: placeOf({ view: "users", app: item.id }) }, count(item.users, "user"))],
      ["Made", time(item.created_at)],
    ],
    sent: (item) => ({ app: item.id }),
  },
};

const views = new Map(Object.entries(VIEWS).map(([name, kind]) => [name, make(name, kind)]));

/** The view of a list by its name. */
export function view(name) {
  return views.get(name);
}

function make(name, kind) {
  let shown = { key: "", items: [] };
  const path = `/_control/${name}`;

  async function load(now, more) {
    const query = { q: now.q, app: now.app, platform: now.platform };
    const key = JSON.stringify(query);
    const had = shown.key === key ? shown.items : [];
    const length = had.length + (more ? PAGE : 0);
    const limit = Math.min(MOST, Math.max(PAGE, length));
    const first = await getJson(path, { ...query, limit });
    let items = first.items;
    let next = first.next;
    while (next !== null && items.length < length) {
      const page = await getJson(path, { ...query, limit: PAGE, offset: next });
      items = [...items, ...page.items];
      next = page.next;
    }
    shown = { key, items };
    return { items, total: first.total, next };
  }

  function itemRow(item, now) {
    return row(
      item.id,
      placeOf({ ...now, id: item.id }),
      item.id === now.id,
      el("div", { class: "first" }, el("span", { class: "title" }, kind.name(item)), item.last_active ? time(item.last_active) : null),
      el("div", { class: "text" }, kind.text(item)),
      el("div", { class: "last" }, kind.labels(item), el("span", {}, name === "apps" ? null : item.app_name)),
    );
  }

  async function detail(id) {
    const item = (await getJson(path, { id })).items[0];
    if (!item) {
      return { title: "Gone", body: el("div", { class: "empty" }, el("h2", { tabindex: "-1" }, "Not here any more")) };
    }
    const address = `${path}?id=${encodeURIComponent(id)}`;
    const extra = kind.json?.(item);
    const sent = kind.sent && el("a", { href: placeOf(kind.sent(item)) }, "What was sent");
    return {
      title: kind.name(item),
      body: el(
        "article",
        { class: "stack", key: `${name}-${id}` },
        el("header", {}, el("p", { class: "tags" }, kind.labels(item)), el("h2", { tabindex: "-1" }, kind.name(item))),
        el(
          "section",
          { class: "card" },
          facts([["Id", el("code", {}, item.id)], ["App", name === "apps" ? null : item.app_name], ...kind.facts(item), ["Notifications", sent], ["Same as JSON", el("a", { href: address }, el("code", {}, address))]]),
        ),
        extra ? el("section", { class: "card" }, json(extra)) : null,
      ),
    };
  }

  return {
    one: kind.title.toLowerCase().slice(0, -1),
    many: kind.title.toLowerCase(),
    filters: kind.filters,
    placeholder: kind.placeholder,
    empty: kind.empty,
    choose: `Choose one of the ${kind.title.toLowerCase()}.`,
    load,
    row: itemRow,
    opened: (now) => now.id ?? "",
    detail,
  };
}

function tags(given) {
  return Object.entries(given).map(([key, value]) => `${key}: ${value}`).join(", ");
}
