// What a person does in the detail of a view: buttons and forms.

import { send } from "/_web/kit/api.js";
import { ask } from "/_web/kit/dialog.js";
import { byId, on } from "/_web/kit/dom.js";
import { say } from "/_web/kit/list.js";
import { go, place } from "/_web/kit/place.js";
import { call } from "./explorer.js";
import * as faults from "./faults.js";
import { choose, notify } from "./notify.js";

/**
 * Do what is clicked and submitted.
 * @param {function(): Promise} update Shows everything anew, which follows each action.
 */
export function bindActions(update) {
  const detail = byId("detail");

  /** Do something, show it, say what it returns, or what went wrong. */
  async function act(doing) {
    try {
      const done = await doing();
      if (typeof done === "string") say(done);
    } catch (error) {
      say(error.message, "bad");
    }
    await update();
  }

  const click = (selector, doing) => on(detail, "click", selector, (button) => act(() => doing(button.dataset, button)));

  click("[data-copy]", ({ copy }) => navigator.clipboard.writeText(copy).then(() => "Copied"));
  click("[data-advance]", ({ advance }) => send("POST", "/_control/clock", { advance: Number(advance) }));
  click("[data-reload]", () => send("POST", "/_control/modules/reload").then(() => "Modules loaded anew"));
  click("[data-remove-fault]", ({ removeFault }) => {
    go({ ...place(), id: "" });
    return send("DELETE", `/_control/faults/${removeFault}`).then(() => "Removed");
  });
  click("[data-act]", ({ act: action, id, name }) => ACTIONS[action](id, name));
  on(detail, "click", "[data-choose]", choose);
  on(detail, "change", '[data-form="fault"] [name="fault"]', (select) => {
    select.form.elements.settings.value = faults.usual(select.value);
  });
  on(detail, "change", '[data-form="call"] [name="player"]', (input) => {
    go({ ...place(), as: input.value.trim() }, { replace: true });
  });
  on(detail, "submit", "[data-form]", (filled, event) => {
    event.preventDefault();
    const acted = act(() => FORMS[filled.dataset.form](filled, event.submitter));
    acted.then(() => detail.querySelector('[data-key="result"]')?.scrollIntoView({ block: "nearest" }));
  });
}

const FORMS = {
  fault: async (filled) => {
    await send("POST", "/_control/faults", faults.ruleOf(filled));
    filled.elements.route.value = "";
    return "Added";
  },
  notification: (filled, button) => notify(filled, button?.value === "all"),
  call,
};

const ACTIONS = {
  disconnect: (id) => send("POST", "/_control/sockets/close", { user_id: id }).then(() => "Disconnected"),
  expire: (id) => send("POST", "/_control/faults", faults.expiry(id)).then(() => "Their next call is refused: the token has expired"),
  logout: (id) => moderate(id, "logout").then(() => "Tokens invalidated"),
  unban: (id) => moderate(id, "unban").then(() => "Unbanned"),
  ban: async (id, name) => ((await ask(question(name))) ? moderate(id, "ban").then(() => "Banned") : null),
};

function moderate(id, action) {
  return send("POST", `/_control/players/${encodeURIComponent(id)}/${action}`);
}

function question(name) {
  return {
    title: `Ban ${name}?`,
    text: "Their tokens become invalid and their sockets are closed, until they are unbanned.",
    yes: "Ban",
  };
}
