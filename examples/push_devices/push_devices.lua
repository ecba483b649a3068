-- Keeps the player ids of all of a user's devices, and pushes to all devices of many users.
-- It runs on every Nakama, with Heroic Labs' onesignal.lua beside it.
local nk = require("nakama")
local onesignal = require("onesignal").new("someapikey", "someappid")

local MOST_DEVICES = 10 -- of one user; the one that registered first makes room
local MOST_IDS = 2000 -- that OneSignal takes in one message

-- The user's player ids without this one, and the metadata they are in.
local function other_devices(user_id, player_id)
  local metadata = nk.account_get_id(user_id).user.metadata
  local others = {}
  for _, id in ipairs(metadata.os_player_ids or {}) do
    if id ~= player_id then table.insert(others, id) end
  end
  return others, metadata
end

-- Writes the whole metadata: account_update_id replaces what it does not find there.
local function keep(user_id, metadata, player_ids)
  metadata.os_player_ids = #player_ids > 0 and player_ids or nil
  nk.account_update_id(user_id, metadata)
end

-- The player id of a device. OneSignal answers with the same id each time a token comes.
local function player_id_of(context, payload)
  if not context.user_id or context.user_id == "" then
    error({ "a device belongs to a user: call this with a session", 16 })
  end
  local device = nk.json_decode(payload)
  return onesignal:add_device(device.DeviceType, device.Identifier, "en", {}).id
end

-- { "DeviceType": 1, "Identifier": "the push token" }, after each login
nk.register_rpc(function(context, payload)
  local player_id = player_id_of(context, payload)
  local player_ids, metadata = other_devices(context.user_id, player_id)
  table.insert(player_ids, player_id)
  if #player_ids > MOST_DEVICES then table.remove(player_ids, 1) end
  keep(context.user_id, metadata, player_ids)
  return nk.json_encode({ os_player_id = player_id })
end, "register_push")

-- The same, before the logout: the user's other devices stay, and the device's other users.
nk.register_rpc(function(context, payload)
  local player_ids, metadata = other_devices(context.user_id, player_id_of(context, payload))
  keep(context.user_id, metadata, player_ids)
end, "unregister_push")

-- { "user_ids": ["…"], "contents": { "en": "Hello" } }, from your backend with the HTTP key
nk.register_rpc(function(context, payload)
  if context.user_id and context.user_id ~= "" then
    error({ "only the game's backend may push", 7 })
  end
  local asked = nk.json_decode(payload)
  local batch, seen = {}, {}
  local function send()
    if #batch > 0 then onesignal:create_notification(asked.contents, {}, nil, nil, batch, {}) end
    batch = {}
  end
  for _, user in ipairs(nk.users_get_id(asked.user_ids)) do
    for _, player_id in ipairs(user.metadata.os_player_ids or {}) do
      if not seen[player_id] then -- several users of one device
        seen[player_id] = true
        table.insert(batch, player_id)
        if #batch == MOST_IDS then send() end
      end
    end
  end
  send()
end, "push_to_users")
