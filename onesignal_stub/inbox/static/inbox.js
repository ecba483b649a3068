// The push inbox: its views, what a person does in it, and live updates.

import { getJson, send } from "/_web/kit/api.js";
import { browse } from "/_web/kit/browse.js";
import { ask } from "/_web/kit/dialog.js";
import { byId, el, on } from "/_web/kit/dom.js";
import { setChoices } from "/_web/kit/filters.js";
import { count } from "/_web/kit/format.js";
import { say } from "/_web/kit/list.js";
import { follow, spaced } from "/_web/kit/live.js";
import { go, onMove, place } from "/_web/kit/place.js";
import * as lists from "./lists.js";
import { STATUS } from "./message.js";
import { FILTERS, view as messages } from "./messages.js";
import { PLATFORMS } from "./preview.js";

const CHIPS = ["user", "device", "template"];

const form = byId("filters");
const detail = byId("detail");
const clear = el("button", { type: "button", id: "clear" }, "Clear…");
form.append(clear);
const update = browse({
  title: "Push inbox",
  views: new Map([["notifications", messages], ...lists.views()]),
  chips: CHIPS,
});

const updateSoon = spaced(update);

/** Only notifications can be cleared. */
function showClear() {
  clear.hidden = !["", "notifications"].includes(place().view ?? "");
}

clear.addEventListener("click", async () => {
  const now = place();
  const query = Object.fromEntries(FILTERS.map((name) => [name, now[name]]));
  try {
    const found = await getJson("/_control/inbox", { ...query, limit: 1 });
    if (!found.total) say("There is nothing to clear");
    else if (
      await ask(
        question(
          found,
          FILTERS.some((name) => now[name]),
        ),
      )
    ) {
      const until = found.messages[0].number; // what came during the question stays
      const { deleted } = await send("DELETE", "/_control/inbox", undefined, { ...query, until });
      say(`${count(deleted, "notification")} cleared`);
      go({ ...now, id: "", latest: null });
    }
  } catch (error) {
    say(error.message, "bad");
  }
});

function question({ total, all }, isSearch) {
  const others = all - total;
  const stay = others ? `The other ${count(others, "one stays", "stay")}.` : "These are all.";
  const number = count(total, "notification");
  return {
    title: isSearch ? `Clear the ${number} found?` : `Clear all ${number}?`,
    text: `${isSearch ? stay : "Devices, users and templates stay."} Scheduled ones are still sent and come back then.`,
    yes: total === 1 ? "Clear it" : `Clear these ${total}`,
  };
}

on(detail, "click", "[data-do]", async (button) => {
  const { do: action, push, on: actionId } = button.dataset;
  try {
    const body = action === "open" ? { action_id: actionId ?? "" } : {};
    await send("POST", `/_control/pushes/${push}/${action}`, body);
  } catch (error) {
    say(error.message, "bad");
  }
});

on(detail, "change", "[data-find]", (field) => {
  go({ ...place(), find: field.value.trim(), after: "" }, { replace: true });
});

async function refresh() {
  try {
    const apps = await getJson("/_control/apps", { limit: 200 });
    setChoices(
      form.elements.app,
      apps.items.map((app) => [app.id, app.name]),
    );
  } catch {
    // the update below says what is wrong
  }
  await update();
}

/** Devices, users and the like change by requests, which have no event of their own. */
function requested({ name }) {
  if (/^(GET|HEAD) /.test(name)) return;
  if (/\/apps(\/|$)/.test(name)) refresh();
  else if (place().view) updateSoon();
}

setChoices(form.elements.platform, Object.entries(PLATFORMS));
setChoices(
  form.elements.status,
  Object.entries(STATUS).map(([key, [text]]) => [key, text]),
);
onMove(showClear);
showClear();
follow(
  {
    notification: updateSoon,
    push: updateSoon,
    cleared: refresh,
    reset: refresh,
    request: requested,
  },
  refresh,
);
