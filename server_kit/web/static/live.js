// Live updates by server-sent events, and what the page says while the server is gone.

import { address } from "./api.js";
import { byId } from "./dom.js";

const ADDRESS = "/_control/events";
const AGAIN_MS = 1000;
const STATES = { connecting: "Connecting…", live: "Live", gone: "Server gone, trying again…" };

/**
 * Follow the server's events.
 *
 * A page that is hidden lets its connection go (a browser has six for each server) and continues
 * where it left off when it is shown again.
 * @param {object} handlers Event name → function that gets the event's data; no other events are
 *     sent to the page.
 * @param {function()} refresh Called when events may have been missed: show everything anew.
 * @param {function(string)} [state] Called with `connecting`, `live` or `gone`.
 */
export function follow(handlers, refresh, state = showState) {
  let source = null;
  let last = "";
  let timer = 0;

  function open() {
    clearTimeout(timer);
    const only = Object.keys(handlers).join();
    source = new EventSource(address(ADDRESS, { only, last_event_id: last }));
    listen("hello", ({ resumed }) => {
      state("live");
      if (!resumed) refresh();
    });
    listen("lost", refresh);
    for (const [name, handler] of Object.entries(handlers)) listen(name, handler);
    source.onerror = () => {
      state("gone");
      close(); // the browser gives up after some answers; this does not
      timer = setTimeout(open, AGAIN_MS);
    };
  }

  function close() {
    source?.close();
    source = null;
  }

  function listen(name, handler) {
    source.addEventListener(name, (event) => {
      last = event.lastEventId;
      handler(JSON.parse(event.data));
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
      close();
    } else if (!source) open();
  });
  addEventListener("pagehide", close);
  state("connecting");
  open();
}

/**
 * One run of an asynchronous function at a time: whoever asks during a run gets one more after it,
 * however many ask. A page that shows everything anew keeps up with any number of events so.
 */
export function oneAtATime(act) {
  let running = null;
  let again = null;
  return function ask() {
    if (!running) {
      running = act().finally(() => (running = null));
      return running;
    }
    again ??= running
      .catch(() => {})
      .then(() => {
        again = null;
        return ask();
      });
    return again;
  };
}

/**
 * A function for events that may come by the thousand: it acts at once, then once in a while for
 * all that came meanwhile, so that an open page costs the server little.
 */
export function spaced(act, pause = 250) {
  let timer = 0;
  let asked = false;
  return function ask() {
    asked = Boolean(timer);
    if (timer) return;
    act();
    timer = setTimeout(() => {
      timer = 0;
      if (asked) ask();
    }, pause);
  };
}

/** Show the state in the element `#live` of the page. */
function showState(state) {
  const element = byId("live");
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  element.textContent = STATES[state];
}
