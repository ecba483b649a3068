"use strict";
// OneSignal's REST API, as far as a game server needs it.
var ONESIGNAL_API_KEY = "someapikey";
var ONESIGNAL_APP_ID = "someappid";
function oneSignal(nk, path, body) {
    body.app_id = ONESIGNAL_APP_ID;
    var headers = {
        "Authorization": "Basic " + ONESIGNAL_API_KEY,
        "Content-Type": "application/json"
    };
    var url = "https://onesignal.com/api/v1" + path;
    var response = nk.httpRequest(url, "post", headers, JSON.stringify(body));
    if (response.code >= 400) {
        throw new Error("OneSignal answered " + response.code + ": " + response.body);
    }
    return JSON.parse(response.body);
}
function addDevice(nk, deviceType, identifier) {
    var player = oneSignal(nk, "/players", {
        device_type: deviceType, identifier: identifier, language: "en", tags: {}
    });
    return player.id;
}
function createNotification(nk, text, audience) {
    oneSignal(nk, "/notifications", {
        contents: { en: text },
        headings: { en: "English title" },
        included_segments: audience.included_segments,
        excluded_segments: audience.excluded_segments,
        filters: audience.filters,
        include_player_ids: audience.include_player_ids
    });
}
// Nakama's push tutorial: devices are registered with OneSignal, and messages are sent to them.
// { "DeviceType": 1, "Identifier": "somevalue" }
function registerPush(ctx, logger, nk, payload) {
    var device = JSON.parse(payload);
    var playerId = addDevice(nk, device.DeviceType, device.Identifier);
    var metadata = nk.accountGetId(ctx.userId).user.metadata;
    metadata.os_player_id = playerId;
    nk.accountUpdateId(ctx.userId, null, null, null, null, null, null, metadata);
    logger.info("registered a device of %s", ctx.username);
}
function pushToSegments(ctx, logger, nk, payload) {
    createNotification(nk, payload, {
        included_segments: ["Subscribed Users"], excluded_segments: ["Banned"]
    });
}
function pushByFilters(ctx, logger, nk, payload) {
    createNotification(nk, payload, {
        filters: [{ field: "language", relation: "=", value: "en" }]
    });
}
// { "text": "English message", "userIds": ["3ea5608a-43c3-11e7-90f9-7b9397165f34"] }
function pushToUsers(ctx, logger, nk, payload) {
    var request = JSON.parse(payload);
    var playerIds = nk.usersGetId(request.userIds).map(function (user) {
        return user.metadata.os_player_id;
    });
    createNotification(nk, request.text, { include_player_ids: playerIds });
}
// In-app notifications: https://heroiclabs.com/docs/nakama/concepts/notifications/
var LEVEL_UNLOCKED = 101;
function unlockLevel(ctx, logger, nk, payload) {
    var receiverId = JSON.parse(payload).receiverId;
    if (!receiverId) {
        throw { message: "receiverId is missing", code: 3 };
    }
    var subject = "You've unlocked level 100!";
    var content = { rewardCoins: 1000 };
    var senderId = ctx.userId; // who the message is from
    var persistent = true;
    nk.notificationSend(receiverId, subject, content, LEVEL_UNLOCKED, senderId, persistent);
    return JSON.stringify({ success: true });
}
// Nakama reads what is registered from the text of this function: each call is a statement of its
// body, and each function one of the global names.
function InitModule(ctx, logger, nk, initializer) {
    initializer.registerRpc("register_push", registerPush);
    initializer.registerRpc("push_to_segments", pushToSegments);
    initializer.registerRpc("push_by_filters", pushByFilters);
    initializer.registerRpc("push_to_users", pushToUsers);
    initializer.registerRpc("unlock_level", unlockLevel);
    logger.info("server modules loaded");
}
// Keeps bundlers from dropping a function that nobody calls.
!InitModule && InitModule.bind(null);
//# sourceMappingURL=index.js.map