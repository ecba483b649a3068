// The push inbox: which view is shown, its filters, and live updates.

import { getJson, send } from "/_web/kit/api.js";
import { ask } from "/_web/kit/dialog.js";
import { byId, el, on, show } from "/_web/kit/dom.js";
import { bindFilters, setChoices } from "/_web/kit/filters.js";
import { count } from "/_web/kit/format.js";
import { bindKeys, closeDetail, focusHeading, say } from "/_web/kit/list.js";
import { follow, oneAtATime } from "/_web/kit/live.js";
import { go, onMove, place, placeOf } from "/_web/kit/place.js";
import * as lists from "./lists.js";
import * as messages from "./messages.js";

const FILTERS = ["q", "app", "platform", "status"];
const CHIPS = ["user", "device", "template"];
const PLATFORMS = [
  ["ios", "iOS"], ["android", "Android"], ["web", "Web"], ["huawei", "Huawei"],
  ["amazon", "Amazon"], ["windows", "Windows"], ["macos", "macOS"], ["email", "E-mail"], ["sms", "SMS"],
];
const STATUSES = [
  ["sent", "Sent"], ["scheduled", "Scheduled"], ["sending", "Being sent"],
  ["canceled", "Cancelled"], ["nobody", "Reached nobody"],
];
const VIEWS = [["", "Notifications"], ...Object.entries(lists.VIEWS).map(([key, v]) => [key, v.title])];

const rows = byId("rows");
const detail = byId("detail");
let opened = null; // what is open, to put the focus on its heading once it is shown
let moreAsked = false;

const viewOf = (now) => (now.view in lists.VIEWS ? lists.view(now.view) : messages.view);

const update = oneAtATime(async () => {
  const now = place();
  const view = viewOf(now);
  try {
    const more = moreAsked;
    moreAsked = false;
    const found = await view.load(now, more);
    if (view !== viewOf(place())) return; // left meanwhile; another update follows
    showFrame(now, view, found);
    show(rows, found.items.map((item) => view.row(item, now)));
    await showDetail(now, view, found);
  } catch (error) {
    if (error.status !== 0) say(error.message, "bad"); // a server that is gone shows at the top
  }
});

function showFrame(now, view, found) {
  show(
    byId("views"),
    VIEWS.map(([key, title]) => {
      const isCurrent = key === (now.view ?? "");
      return el("a", { href: placeOf({ view: key }), "aria-current": isCurrent ? "page" : null }, title);
    }),
  );
  const form = byId("filters");
  form.platform.hidden = !view.filters.includes("platform");
  form.status.hidden = !view.filters.includes("status");
  form.app.hidden = !view.filters.includes("app");
  form.q.placeholder = view.placeholder;
  show(byId("chips"), CHIPS.filter((name) => now[name]).map((name) => chip(now, name)));
  byId("count").textContent = count(found.total, view.one, view.many);
  byId("clear").hidden = view !== messages.view;
  byId("clear").disabled = found.total === 0;
  const below = found.items.length ? more(found) : empty(now, view);
  show(byId("below"), below);
}

function chip(now, name) {
  return el(
    "span",
    { key: name, class: "badge accent" },
    `${name} ${now[name]} `,
    el("a", { href: placeOf({ ...now, [name]: "" }), "aria-label": `Remove ${name}` }, "×"),
  );
}

function more(found) {
  if (found.next === null) return null;
  const left = count(found.total - found.items.length, "more", "more");
  return el("p", { class: "more" }, el("button", { type: "button", id: "more" }, `Show older (${left})`));
}

function empty(now, view) {
  const isSearch = [...FILTERS, ...CHIPS].some((name) => now[name]);
  const text = isSearch ? "What comes and matches shows up here." : view.empty;
  return el(
    "div",
    { class: "empty" },
    el("h2", {}, isSearch ? "Nothing matches" : "Nothing yet"),
    el("p", {}, text),
  );
}

async function showDetail(now, view, found) {
  const id = view.opened(now, found);
  byId("panes").dataset.open = String(Boolean(id));
  const shown = id ? await view.detail(id, now) : null;
  const title = shown?.title ? `${shown.title} · Push inbox` : "Push inbox";
  if (document.title !== title) document.title = title;
  if (!shown) {
    show(detail, el("div", { class: "empty" }, el("p", {}, view.choose)));
    opened = null;
    return;
  }
  const back = el("button", { type: "button", class: "back", "data-close": true }, "← Back to the list");
  show(detail, back, shown.body);
  if (opened !== id) {
    detail.scrollTop = 0;
    if (opened === "" || rows.contains(document.activeElement)) focusHeading(detail);
  }
  opened = id;
}

byId("clear").addEventListener("click", async () => {
  const now = place();
  const query = Object.fromEntries([...FILTERS, ...CHIPS].map((name) => [name, now[name] ?? ""]));
  const isSearch = Object.values(query).some(Boolean);
  const found = await getJson("/_control/inbox", { ...query, limit: 1 });
  if (!found.total) return;
  const others = found.all - found.total;
  const rest = others ? `The other ${count(others, "one stays", "stay")}.` : "That is all there are.";
  const yes = await ask({
    title: isSearch
      ? `Clear the ${count(found.total, "notification")} found?`
      : `Clear all ${count(found.total, "notification")}?`,
    text: `${isSearch ? rest : "Devices, users and templates stay."} Scheduled ones are still sent and come back then.`,
    yes: `Clear ${found.total === 1 ? "it" : `these ${found.total}`}`,
  });
  if (!yes) return;
  try {
    const until = found.messages[0].number;
    const { deleted } = await send("DELETE", "/_control/inbox", undefined, { ...query, until });
    say(`${count(deleted, "notification")} cleared`);
    go({ ...now, id: "", latest: null });
  } catch (error) {
    say(error.message, "bad");
  }
});

on(byId("below"), "click", "#more", () => {
  moreAsked = true;
  update();
});
on(detail, "click", "[data-close]", () => closeDetail(rows));
on(detail, "click", "[data-do]", async (button) => {
  const { do: action, push, on: actionId } = button.dataset;
  try {
    const body = action === "open" ? { action_id: actionId ?? "" } : {};
    await send("POST", `/_control/pushes/${push}/${action}`, body);
  } catch (error) {
    say(error.message, "bad");
  }
});
on(detail, "change", "[data-find]", (field) => go({ ...place(), find: field.value.trim() }, { replace: true }));
on(rows, "click", "a.row", () => (opened = ""));

const form = byId("filters");
setChoices(form.platform, PLATFORMS);
setChoices(form.status, STATUSES);
bindFilters(form, (now, values) => ({ ...now, ...values, id: "" }));
bindKeys({ rows, search: byId("search") });
onMove(update);

async function refresh() {
  try {
    const apps = await getJson("/_control/apps", { limit: 200 });
    setChoices(form.app, apps.items.map((app) => [app.id, app.name]));
  } catch {
    // the update below says what is wrong
  }
  await update();
}

follow({ notification: update, push: update, cleared: refresh, reset: refresh, request: others }, refresh);

/** Devices, users and the like come by requests that have no event of their own. */
function others(entry) {
  const changes = !/^(GET|HEAD) /.test(entry.name);
  if (changes && place().view) update();
  if (changes && /\/apps$/.test(entry.name)) refresh();
}
