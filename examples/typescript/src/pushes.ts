// Nakama's push tutorial: devices are registered with OneSignal, and messages are sent to them.

// { "DeviceType": 1, "Identifier": "somevalue" }
function registerPush(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama, payload: string
): void {
  const device = JSON.parse(payload);
  const playerId = addDevice(nk, device.DeviceType, device.Identifier);
  const metadata = nk.accountGetId(ctx.userId).user.metadata;
  metadata.os_player_id = playerId;
  nk.accountUpdateId(ctx.userId, null, null, null, null, null, null, metadata);
  logger.info("registered a device of %s", ctx.username);
}

function pushToSegments(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama, payload: string
): void {
  createNotification(nk, payload, {
    included_segments: ["Subscribed Users"], excluded_segments: ["Banned"]
  });
}

function pushByFilters(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama, payload: string
): void {
  createNotification(nk, payload, {
    filters: [{ field: "language", relation: "=", value: "en" }]
  });
}

// { "text": "English message", "userIds": ["3ea5608a-43c3-11e7-90f9-7b9397165f34"] }
function pushToUsers(
  ctx: nkruntime.Context, logger: nkruntime.Logger, nk: nkruntime.Nakama, payload: string
): void {
  const request = JSON.parse(payload);
  const playerIds = nk.usersGetId(request.userIds).map(function (user) {
    return user.metadata.os_player_id;
  });
  createNotification(nk, request.text, { include_player_ids: playerIds });
}
