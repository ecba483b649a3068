"use strict";
// Keeps the player ids of all of a user's devices, and pushes to all devices of many users.
// It runs on every Nakama.
var API_KEY = "someapikey";
var APP_ID = "someappid";
// Where a user's player ids are. Metadata would not do: it has no version, so that of two phones
// that register at once one would be lost.
var COLLECTION = "push";
var KEY = "devices";
var MOST_DEVICES = 10; // of one user; the one that registered first makes room
var MOST_IDS = 2000; // that OneSignal takes in one message
var MOST_TRIES = 20; // of a write; each time one of those who write at once gets through
var NOBODY = 0; // who may read and write the object, besides modules
var OWNER = 1;
function post(nk, path, body) {
    body.app_id = APP_ID;
    var headers = { "Authorization": "Basic " + API_KEY, "Content-Type": "application/json" };
    var url = "https://onesignal.com/api/v1" + path;
    var response = nk.httpRequest(url, "post", headers, JSON.stringify(body));
    if (response.code >= 400) {
        throw new Error("OneSignal answered " + response.code + ": " + response.body);
    }
    return JSON.parse(response.body);
}
// The player id of a device. OneSignal answers with the same id each time a token comes.
function playerIdOf(ctx, nk, payload) {
    if (!ctx.userId) {
        throw { message: "a device belongs to a user: call this with a session", code: 16 };
    }
    var device = JSON.parse(payload);
    return post(nk, "/players", {
        device_type: device.DeviceType, identifier: device.Identifier, language: "en"
    }).id;
}
function place(userId) {
    return { collection: COLLECTION, key: KEY, userId: userId };
}
// Writes the ids, or deletes the object when there are none; fails if it changed since its version.
function keep(nk, userId, playerIds, version) {
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
function changeOnce(nk, userId, playerId, stays) {
    var stored = nk.storageRead([place(userId)])[0];
    if (!stored && !stays) {
        return;
    }
    var before = stored ? stored.value.os_player_ids : [];
    var others = before.filter(function (id) { return id !== playerId; });
    var after = (stays ? others.concat([playerId]) : others).slice(-MOST_DEVICES);
    keep(nk, userId, after, stored ? stored.version : "*");
}
function change(nk, userId, playerId, stays) {
    for (var tries = 1;; tries++) {
        try {
            return changeOnce(nk, userId, playerId, stays);
        }
        catch (error) {
            if (tries === MOST_TRIES) {
                throw error;
            }
        }
    }
}
// { "DeviceType": 1, "Identifier": "the push token" }, after each login
function registerPush(ctx, logger, nk, payload) {
    var playerId = playerIdOf(ctx, nk, payload);
    change(nk, ctx.userId, playerId, true);
    return JSON.stringify({ os_player_id: playerId });
}
// The same, before the logout: the user's other devices stay, and the device's other users.
function unregisterPush(ctx, logger, nk, payload) {
    change(nk, ctx.userId, playerIdOf(ctx, nk, payload), false);
}
// { "user_ids": ["…"], "contents": { "en": "Hello" } }, from your backend with the HTTP key
function pushToUsers(ctx, logger, nk, payload) {
    if (ctx.userId) {
        throw { message: "only the game's backend may push", code: 7 };
    }
    var asked = JSON.parse(payload);
    var playerIds = [];
    var seen = {};
    nk.storageRead(asked.user_ids.map(place)).forEach(function (stored) {
        stored.value.os_player_ids.forEach(function (playerId) {
            if (!seen[playerId]) { // several users of one device
                seen[playerId] = true;
                playerIds.push(playerId);
            }
        });
    });
    for (var first = 0; first < playerIds.length; first += MOST_IDS) {
        var some = playerIds.slice(first, first + MOST_IDS);
        post(nk, "/notifications", { contents: asked.contents, include_player_ids: some });
    }
}
function InitModule(ctx, logger, nk, initializer) {
    initializer.registerRpc("register_push", registerPush);
    initializer.registerRpc("unregister_push", unregisterPush);
    initializer.registerRpc("push_to_users", pushToUsers);
}
// Keeps bundlers from dropping a function that nobody calls.
!InitModule && InitModule.bind(null);
