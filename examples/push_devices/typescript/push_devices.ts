// Keeps the player ids of all of a user's devices, and pushes to all devices of many users.
// It runs on every Nakama.
const API_KEY = "someapikey";
const APP_ID = "someappid";
// Where a user's player ids are. Metadata would not do: it has no version, so that of two phones
// that register at once one would be lost.
const COLLECTION = "push";
const KEY = "devices";
const MOST_DEVICES = 10; // of one user; the one that registered first makes room
const MOST_IDS = 2000; // that OneSignal takes in one message
const MOST_TRIES = 20; // of a write; each time one of those who write at once gets through
const NOBODY = 0; // who may read and write the object, besides modules
const OWNER = 1;

function post(nk: nkruntime.Nakama, path: string, body: { [name: string]: any }): any {
  body.app_id = APP_ID;
  const headers = { "Authorization": "Basic " + API_KEY, "Content-Type": "application/json" };
  const url = "https://onesignal.com/api/v1" + path;
  const response = nk.httpRequest(url, "post", headers, JSON.stringify(body));
  if (response.code >= 400) {
    throw new Error("OneSignal answered " + response.code + ": " + response.body);
  }
  return JSON.parse(response.body);
}

// The player id of a device. OneSignal answers with the same id each time a token comes.
function playerIdOf(ctx: nkruntime.Context, nk: nkruntime.Nakama, payload: string): string {
  if (!ctx.userId) {
    throw { message: "a device belongs to a user: call this with a session", code: 16 };
  }
  const device = JSON.parse(payload);
  return post(nk, "/players", {
    device_type: device.DeviceType, identifier: device.Identifier, language: "en"
  }).id;
}

function place(userId: string): nkruntime.StorageReadRequest {
  return { collection: COLLECTION, key: KEY, userId: userId };
}

// Writes the ids, or deletes the object when there are none; fails if it changed since its version.
function keep(nk: nkruntime.Nakama, userId: string, playerIds: string[], version: string): void {
  if (playerIds.length === 0) {
    nk.storageDelete([{ collection: COLLECTION, key: KEY, userId: userId, version: version }]);
    return;
  }
  nk.storageWrite([{
    collection: COLLECTION, key: KEY, userId: userId, version: version,
    value: { os_player_ids: playerIds }, permissionRead: OWNER, permissionWrite: NOBODY
  }]);
}

// Takes a device from the user's list, and puts it at its end if it is to stay.
function changeOnce(
  nk: nkruntime.Nakama, userId: string, playerId: string, stays: boolean
): void {
  const stored = nk.storageRead([place(userId)])[0];
  if (!stored && !stays) {
    return;
  }
  const before: string[] = stored ? stored.value.os_player_ids : [];
  const others = before.filter(function (id) { return id !== playerId; });
  const after = (stays ? others.concat([playerId]) : others).slice(-MOST_DEVICES);
  keep(nk, userId, after, stored ? stored.version : "*");
}

function change(nk: nkruntime.Nakama, userId: string, playerId: string, stays: boolean): void {
  for (let tries = 1; ; tries++) {
    try {
      return changeOnce(nk, userId, playerId, stays);
    } catch (error) {
      if (tries === MOST_TRIES) {
        throw error;
      }
    }
  }
}

// { "DeviceType": 1, "Identifier": "the push token" }, after each login
function registerPush(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama, payload: string
): string {
  const playerId = playerIdOf(ctx, nk, payload);
  change(nk, ctx.userId, playerId, true);
  return JSON.stringify({ os_player_id: playerId });
}

// The same, before the logout: the user's other devices stay, and the device's other users.
function unregisterPush(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama, payload: string
): void {
  change(nk, ctx.userId, playerIdOf(ctx, nk, payload), false);
}

// { "user_ids": ["…"], "contents": { "en": "Hello" } }, from your backend with the HTTP key
function pushToUsers(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama, payload: string
): void {
  if (ctx.userId) {
    throw { message: "only the game's backend may push", code: 7 };
  }
  const asked = JSON.parse(payload);
  const playerIds: string[] = [];
  const seen: { [playerId: string]: boolean } = {};
  nk.storageRead(asked.user_ids.map(place)).forEach(function (stored) {
    stored.value.os_player_ids.forEach(function (playerId: string) {
      if (!seen[playerId]) { // several users of one device
        seen[playerId] = true;
        playerIds.push(playerId);
      }
    });
  });
  for (let first = 0; first < playerIds.length; first += MOST_IDS) {
    const some = playerIds.slice(first, first + MOST_IDS);
    post(nk, "/notifications", { contents: asked.contents, include_player_ids: some });
  }
}

function InitModule(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama,
  initializer: nkruntime.Initializer
): void {
  initializer.registerRpc("register_push", registerPush);
  initializer.registerRpc("unregister_push", unregisterPush);
  initializer.registerRpc("push_to_users", pushToUsers);
}

// Keeps bundlers from dropping a function that nobody calls.
!InitModule && (InitModule as any).bind(null);
