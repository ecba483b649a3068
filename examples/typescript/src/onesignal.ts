// OneSignal's REST API, as far as a game server needs it.
const ONESIGNAL_API_KEY = "someapikey";
const ONESIGNAL_APP_ID = "someappid";

interface Audience {
  included_segments?: string[];
  excluded_segments?: string[];
  filters?: object[];
  include_player_ids?: string[];
}

function oneSignal(nk: nkruntime.Nakama, path: string, body: { [name: string]: any }): any {
  body.app_id = ONESIGNAL_APP_ID;
  const headers = {
    "Authorization": "Basic " + ONESIGNAL_API_KEY,
    "Content-Type": "application/json"
  };
  const url = "https://onesignal.com/api/v1" + path;
  const response = nk.httpRequest(url, "post", headers, JSON.stringify(body));
  if (response.code >= 400) {
    throw new Error("OneSignal answered " + response.code + ": " + response.body);
  }
  return JSON.parse(response.body);
}

function addDevice(nk: nkruntime.Nakama, deviceType: number, identifier: string): string {
  const player = oneSignal(nk, "/players", {
    device_type: deviceType, identifier: identifier, language: "en", tags: {}
  });
  return player.id;
}

function createNotification(nk: nkruntime.Nakama, text: string, audience: Audience): void {
  oneSignal(nk, "/notifications", {
    contents: { en: text },
    headings: { en: "English title" },
    included_segments: audience.included_segments,
    excluded_segments: audience.excluded_segments,
    filters: audience.filters,
    include_player_ids: audience.include_player_ids
  });
}
