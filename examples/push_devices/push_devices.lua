-- Keeps the player ids of all of a user's devices, and pushes to all devices of many users.
-- It runs on every Nakama, with Heroic Labs' onesignal.lua beside it.
local nk = require("nakama")
local onesignal = require("onesignal").new("someapikey", "someappid")

local MOST_DEVICES = 10 -- of one user; the one that registered first makes room
local MOST_IDS = 2000 -- that OneSignal takes in one message
local MOST_TRIES = 20 -- of a write; each time one of those who write at once gets through
local NOBODY, OWNER = 0, 1 -- who may read and write the object, besides modules

-- Where a user's player ids are. Metadata would not do: it has no version, so that of two phones
-- that register at once one would be lost.
local function place(user_id)
  return { collection = "push", key = "devices", user_id = user_id }
end

-- Writes the ids, or deletes the object when there are none; fails if it changed since its version.
local function keep(user_id, player_ids, version)
  local object = place(user_id)
  object.version = version
  if #player_ids == 0 then
    nk.storage_delete({ object })
    return
  end
  object.value = { os_player_ids = player_ids }
  object.permission_read, object.permission_write = OWNER, NOBODY
  nk.storage_write({ object })
end

-- Takes a device from the user's list, and puts it at its end if it is to stay.
local function change_once(user_id, player_id, stays)
  local stored = nk.storage_read({ place(user_id) })[1]
  local player_ids = {}
  for _, id in ipairs(stored and stored.value.os_player_ids or {}) do
    if id ~= player_id then table.insert(player_ids, id) end
  end
  if stays then table.insert(player_ids, player_id) end
  if #player_ids > MOST_DEVICES then table.remove(player_ids, 1) end
  if stored or stays then keep(user_id, player_ids, stored and stored.version or "*") end
end

local function change(user_id, player_id, stays)
  local done, problem
  for _ = 1, MOST_TRIES do
    done, problem = pcall(change_once, user_id, player_id, stays)
    if done then return end
  end
  error(problem)
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
  change(context.user_id, player_id, true)
  return nk.json_encode({ os_player_id = player_id })
end, "register_push")

-- The same, before the logout: the user's other devices stay, and the device's other users.
nk.register_rpc(function(context, payload)
  change(context.user_id, player_id_of(context, payload), false)
end, "unregister_push")

-- { "user_ids": ["…"], "contents": { "en": "Hello" } }, from your backend with the HTTP key
nk.register_rpc(function(context, payload)
  if context.user_id and context.user_id ~= "" then
    error({ "only the game's backend may push", 7 })
  end
  local asked = nk.json_decode(payload)
  local places, batch, seen = {}, {}, {}
  for _, user_id in ipairs(asked.user_ids) do
    table.insert(places, place(user_id))
  end
  local function send()
    if #batch > 0 then onesignal:create_notification(asked.contents, {}, nil, nil, batch, {}) end
    batch = {}
  end
  for _, stored in ipairs(nk.storage_read(places)) do
    for _, player_id in ipairs(stored.value.os_player_ids) do
      if not seen[player_id] then -- several users of one device
        seen[player_id] = true
        table.insert(batch, player_id)
        if #batch == MOST_IDS then send() end
      end
    end
  end
  send()
end, "push_to_users")
