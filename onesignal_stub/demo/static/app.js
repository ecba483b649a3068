// The app around the website: OneSignal's SDK, GoNative's bridge, and the phone that shows pushes.

import { getJson, send } from "/_web/kit/api.js";
import { byId, el, show } from "/_web/kit/dom.js";
import { follow, oneAtATime } from "/_web/kit/live.js";

const SHOWN = 20; // pushes on the phone
const DEVICE = "device"; // what this tab keeps over page loads

const device = JSON.parse(sessionStorage.getItem(DEVICE)) ?? {
  token: randomText(),
  installationId: crypto.randomUUID(),
  playerId: null,
};

/** What the app knows of its device; before OneSignal has answered there is no id. */
function info() {
  const known = device.playerId && { oneSignalUserId: device.playerId, oneSignalSubscribed: true };
  return {
    ...known,
    oneSignalPushToken: device.token,
    oneSignalRequiresUserPrivacyConsent: false,
    platform: "ios",
    appId: "com.example.demo",
    appVersion: "1.0.0",
    distribution: "debug",
    installationId: device.installationId,
    language: navigator.language.slice(0, 2),
    model: "iPhone",
    os: "iOS",
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

async function register() {
  const player = await send("POST", "/api/v1/players", {
    app_id: await appId(),
    device_type: 0,
    identifier: device.token,
    language: info().language,
    notification_types: 1,
  });
  device.playerId = player.id;
  sessionStorage.setItem(DEVICE, JSON.stringify(device));
  tellWebsite();
}

async function setExternalUserId(externalId) {
  if (!device.playerId) throw new Error("This device is not registered yet.");
  await send("PUT", `/api/v1/players/${device.playerId}`, {
    app_id: await appId(),
    external_user_id: externalId,
  });
}

/** The bridge. */
window.gonative = {
  onesignal: {
    externalUserId: {
      set: ({ externalId }) => setExternalUserId(String(externalId)),
      remove: () => setExternalUserId(""),
    },
  },
};

/** What the app does after every page load. */
function tellWebsite() {
  byId("state").textContent = device.playerId ? "Registered" : "Not registered";
  window.gonative_onesignal_info?.(info());
}

async function showPushes() {
  if (!device.playerId) return;
  const { pushes } = await getJson("/_control/pushes", { player_id: device.playerId });
  const newest = pushes.slice(-SHOWN).reverse();
  show(byId("pushes"), newest.map((push) => el("li", { key: push.id }, push.contents)));
}

/** The app's id at OneSignal: the stub's first, which it starts with. */
async function appId() {
  const [first] = (await getJson("/_control/state")).apps;
  return first.id;
}

function showProblem(error) {
  byId("problem").textContent = error.message;
}

function randomText() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

byId("register").addEventListener("click", () => {
  register().catch(showProblem);
});
tellWebsite();
const nextShow = oneAtATime(showPushes);
const update = () => nextShow().catch(showProblem);
follow({ notification: update, reset: update }, update, () => {});
