// How a phone and a browser show a notification, for one of the devices that got it.

import { el, isLink } from "/_web/kit/dom.js";
import { timeText } from "/_web/kit/format.js";

export const PLATFORMS = {
  ios: "iOS",
  android: "Android",
  web: "Web",
  huawei: "Huawei",
  amazon: "Amazon",
  windows: "Windows",
  macos: "macOS",
  email: "E-mail",
  sms: "SMS",
};

/** The previews and what the person with the device can do. */
export function previews(message, device) {
  const text = device ?? { heading: message.title, contents: message.text, subtitle: null };
  if (message.channel !== "push") return letter(message, text, device);
  return [
    el("h3", {}, device ? `As ${device.external_id ?? "the device"} sees it` : "Preview"),
    el("div", { class: "previews" }, phone(message, text, device), browser(message, text, device)),
    actions(device, true),
  ];
}

function phone(message, text, device) {
  const { phone: look } = message;
  const isOn = device && device.platform !== "web";
  return el(
    "figure",
    { class: "phone" },
    el(
      "figcaption",
      {},
      isOn ? `Phone: ${device.device_model ?? PLATFORMS[device.platform]}` : "Phone",
    ),
    el(
      "div",
      { class: "screen" },
      el("p", { class: "clock", "aria-hidden": "true" }, device ? hours(device.sent_at) : "9:41"),
      el(
        "div",
        { class: "bubble" },
        el(
          "p",
          { class: "from" },
          icon(message, look.badge),
          el("span", {}, message.app_name ?? message.app_id),
          el("span", { class: "now" }, "now"),
        ),
        text.heading ? el("p", { class: "heading" }, text.heading) : null,
        text.subtitle ? el("p", { class: "subtitle" }, text.subtitle) : null,
        el("p", { class: "body" }, text.contents ?? ""),
        image(look.image),
        buttons(look.buttons, isOn ? device : null),
      ),
    ),
  );
}

function browser(message, text, device) {
  const { web: look } = message;
  const isOn = device?.platform === "web";
  return el(
    "figure",
    { class: "browser" },
    el("figcaption", {}, isOn ? `Browser: ${device.device_model ?? "Web"}` : "Browser"),
    el(
      "div",
      { class: "bubble" },
      el(
        "div",
        { class: "side" },
        icon(message, null),
        el(
          "div",
          {},
          el("p", { class: "heading" }, text.heading ?? message.app_name ?? message.app_id),
          el("p", { class: "body" }, text.contents ?? ""),
          look.url ? el("p", { class: "site" }, look.url) : null,
        ),
      ),
      image(look.image),
      buttons(look.buttons, isOn ? device : null),
    ),
  );
}

function letter(message, text, device) {
  return [
    el("h3", {}, message.channel === "sms" ? "SMS" : "E-mail"),
    el(
      "div",
      { class: `letter ${message.channel}` },
      text.heading ? el("p", { class: "heading" }, text.heading) : null,
      el("p", { class: "body" }, text.contents ?? ""),
    ),
    actions(device, false),
  ];
}

/** The app's first letter in a tile, with the badge that the notification sets. */
function icon(message, mark) {
  const letter = [...(message.app_name ?? message.app_id)][0] ?? "?";
  const text = mark && (mark.type === "Increase" ? `+${mark.count}` : String(mark.count));
  return el(
    "span",
    { class: "tile" },
    el("span", { "aria-hidden": "true" }, letter.toUpperCase()),
    text ? el("span", { class: "mark" }, el("span", { class: "unseen" }, "Badge "), text) : null,
  );
}

/** Where the image is: the page asks nobody outside, so it is a link, not a picture. */
function image(url) {
  if (!url) return null;
  const name = url.split("/").at(-1) || url;
  const place = isLink(url) ? el("a", { href: url }, name) : el("code", {}, url);
  return el("p", { class: "image" }, el("span", { class: "unseen" }, "Image "), place);
}

function buttons(given, device) {
  if (!given.length) return null;
  return el(
    "p",
    { class: "acts" },
    given.map((button) =>
      el(
        "button",
        {
          type: "button",
          "data-do": "open",
          "data-push": device?.push_id,
          "data-on": button.id,
          disabled: !device || device.state === "opened",
        },
        button.text,
      ),
    ),
  );
}

function actions(device, canDismiss) {
  if (!device) return null;
  const act = (name, text, isDone) =>
    el(
      "button",
      { type: "button", "data-do": name, "data-push": device.push_id, disabled: isDone },
      text,
    );
  return el(
    "div",
    { class: "actions" },
    el(
      "div",
      { class: "buttons" },
      act("receive", "Receive", device.received_at !== null),
      act("open", "Open", device.opened_at !== null),
      act("dismiss", "Dismiss", device.dismissed_at !== null),
    ),
    el("p", { class: "soft" }, story(device)),
  );
}

function story(device) {
  const steps = [
    ["sent", device.sent_at],
    ["received", device.received_at],
    [device.opened_on ? `opened by “${device.opened_on}”` : "opened", device.opened_at],
    ["dismissed", device.dismissed_at],
  ];
  const done = steps.filter(([, at]) => at !== null);
  return done.map(([name, at]) => `${name} ${timeText(new Date(at * 1000))}`).join(" → ");
}

function hours(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", {
    hour: "numeric",
    minute: "2-digit",
  });
}
