// Devices, users, segments, templates and apps.

import { el } from "/_web/kit/dom.js";
import { badge, count, time } from "/_web/kit/format.js";
import { pagedView } from "/_web/kit/paged.js";
import { placeOf } from "/_web/kit/place.js";
import { filterText } from "./message.js";
import { PLATFORMS } from "./preview.js";

/** What each list shows: of an item its title, text, labels and facts. */
const VIEWS = {
  devices: {
    title: "Devices",
    one: "device",
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
      ["App", item.app_name],
      [
        "Platform",
        `${PLATFORMS[item.platform] ?? item.platform} (device_type ${item.device_type})`,
      ],
      ["Subscribed", item.subscribed ? "yes" : `no: ${item.why_not}`],
      [
        "User",
        el(
          "a",
          { href: placeOf({ view: "users", id: item.onesignal_id }) },
          item.external_id ?? item.onesignal_id,
        ),
      ],
      ["Language", item.language],
      ["Token", item.token && el("code", {}, item.token)],
      ["System", item.device_os],
      ["App version", item.app_version],
      ["Sessions", item.session_count],
      ["Last active", time(item.last_active)],
      sentTo({ device: item.id }),
    ],
    under: (item) => item.app_name,
    json: (item) => (Object.keys(item.tags).length ? { tags: item.tags } : null),
  },
  users: {
    title: "Users",
    one: "user",
    filters: ["app"],
    placeholder: "Search alias, id or tag  ( / )",
    empty: "A user is here once a device registers or the API makes one.",
    name: (item) => item.aliases.external_id ?? item.id,
    text: (item) => tags(item.tags) || item.id,
    labels: (item) => [el("span", {}, count(item.devices, "device"))],
    facts: (item) => [
      ["App", item.app_name],
      ...Object.entries(item.aliases),
      [
        "Devices",
        el("a", { href: placeOf({ view: "devices", q: item.id }) }, count(item.devices, "device")),
      ],
      ["Language", item.language],
      ["Country", item.country],
      ["Time zone", item.timezone_id],
      ["Last active", time(item.last_active)],
      sentTo({ user: item.aliases.external_id ?? item.id }),
    ],
    under: (item) => item.app_name,
    json: (item) => (Object.keys(item.tags).length ? { tags: item.tags } : null),
  },
  segments: {
    title: "Segments",
    one: "segment",
    filters: ["app"],
    placeholder: "Search name or filter  ( / )",
    empty: "Every app has segments.",
    name: (item) => item.name,
    text: (item) => filterText(item.filters) || "everybody",
    labels: (item) => [badge(item.source, item.source === "custom" ? "accent" : "quiet")],
    facts: (item) => [
      ["App", item.app_name],
      ["In it now", count(item.devices ?? 0, "device")],
      ["Description", item.description],
      ["Kind", item.source],
    ],
    under: (item) => item.app_name,
    json: (item) => ({ filters: item.filters }),
  },
  templates: {
    title: "Templates",
    one: "template",
    filters: ["app"],
    placeholder: "Search name or text  ( / )",
    empty: "A template is here once the API makes one.",
    name: (item) => item.name,
    text: (item) =>
      Object.values(item.content.contents ?? {})[0] ?? item.content.email_subject ?? "",
    labels: (item) => Object.keys(item.content.contents ?? {}).map((code) => badge(code)),
    facts: (item) => [
      ["App", item.app_name],
      ["Changed", item.updated_at && time(item.updated_at)],
      sentTo({ template: item.id }),
    ],
    under: (item) => item.app_name,
    json: (item) => item.content,
  },
  apps: {
    title: "Apps",
    one: "app",
    filters: [],
    placeholder: "Search name or id  ( / )",
    empty: "There is always one.",
    name: (item) => item.name,
    text: (item) => item.id,
    labels: (item) => [
      el("span", {}, `${count(item.devices, "device")}, ${count(item.messages, "notification")}`),
    ],
    facts: (item) => [
      [
        "Devices",
        el(
          "a",
          { href: placeOf({ view: "devices", app: item.id }) },
          count(item.devices, "device"),
        ),
      ],
      [
        "Users",
        el("a", { href: placeOf({ view: "users", app: item.id }) }, count(item.users, "user")),
      ],
      ["Made", time(item.created_at)],
      sentTo({ app: item.id }),
    ],
  },
};

/** The views of the lists, by name. */
export function views() {
  return Object.entries(VIEWS).map(([name, kind]) => [name, pagedView(`/_control/${name}`, kind)]);
}

/** A link to the notifications that came to something. */
function sentTo(query) {
  return ["Notifications", el("a", { href: placeOf(query) }, "What was sent")];
}

function tags(given) {
  return Object.entries(given)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ");
}
