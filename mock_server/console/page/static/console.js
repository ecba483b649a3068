// The console: its views, what a person does in them, and live updates.

import { send } from "/_web/kit/api.js";
import { browse } from "/_web/kit/browse.js";
import { ask } from "/_web/kit/dialog.js";
import { byId, on } from "/_web/kit/dom.js";
import { setChoices } from "/_web/kit/filters.js";
import { say } from "/_web/kit/list.js";
import { follow, spaced } from "/_web/kit/live.js";
import { go, onMove, place } from "/_web/kit/place.js";
import * as faults from "./faults.js";
import { view as overview } from "./overview.js";
import * as players from "./players.js";
import * as pushes from "./pushes.js";
import * as requests from "./requests.js";

const form = byId("filters");
const detail = byId("detail");
const update = browse({
  title: "Nakama console",
  views: new Map([
    ["overview", overview],
    ["requests", requests.view],
    ["players", players.view],
    ["pushes", pushes.view],
    ["faults", faults.view],
  ]),
  chips: ["user"],
});

/** Players and requests have states of their own. */
function chooseStates() {
  const names = place().view === "players" ? players.STATES : requests.STATES;
  setChoices(form.elements.state, Object.entries(names));
}

/** Do something, show it, and say what went wrong. */
async function act(doing, done) {
  try {
    await doing();
    if (done) say(done);
  } catch (error) {
    say(error.message, "bad");
  }
  await update();
}

on(detail, "click", "[data-copy]", (button) =>
  act(() => navigator.clipboard.writeText(button.dataset.copy), "Copied"),
);

on(detail, "click", "[data-advance]", (button) =>
  act(() => send("POST", "/_control/clock", { advance: Number(button.dataset.advance) })),
);

on(detail, "click", "[data-remove-fault]", (button) => {
  go({ ...place(), id: "" });
  return act(() => send("DELETE", `/_control/faults/${button.dataset.removeFault}`), "Removed");
});

on(detail, "change", '[data-form="fault"] [name="fault"]', (select) => {
  select.form.elements.settings.value = faults.usual(select.value);
});

on(detail, "click", "[data-act]", async ({ dataset }) => {
  const { act: action, id, name } = dataset;
  if (action === "disconnect") {
    await act(() => send("POST", "/_control/sockets/close", { user_id: id }), "Disconnected");
  } else if (action !== "ban" || (await ask(question(name)))) {
    await act(() => send("POST", `/_control/players/${encodeURIComponent(id)}/${action}`));
  }
});

function question(name) {
  return {
    title: `Ban ${name}?`,
    text: "Their tokens become invalid and their sockets are closed, until they are unbanned.",
    yes: "Ban",
  };
}

on(detail, "submit", "[data-form]", (filled, event) => {
  event.preventDefault();
  if (filled.dataset.form === "fault") addFault(filled);
  else notify(filled, event.submitter?.value === "all");
});

function addFault(filled) {
  return act(async () => {
    await send("POST", "/_control/faults", faults.ruleOf(filled));
    filled.elements.route.value = "";
  }, "Added");
}

function notify(filled, isAll) {
  const { subject, code, content, persistent } = filled.elements;
  return act(async () => {
    await send("POST", "/_control/notifications", {
      subject: subject.value,
      code: Number(code.value),
      content: JSON.parse(content.value || "{}"),
      persistent: persistent.checked,
      user_ids: isAll ? null : [filled.dataset.id],
    });
    subject.value = "";
  }, isAll ? "Sent to all" : "Sent");
}

setChoices(form.elements.kind, Object.entries(requests.KINDS));
setChoices(
  form.elements.outcome,
  Object.entries(pushes.OUTCOMES).map(([key, [text]]) => [key, text]),
);
onMove(chooseStates);
chooseStates();
const updateSoon = spaced(update);
follow({ request: updateSoon, socket: updateSoon, push: updateSoon, reset: update }, update);
