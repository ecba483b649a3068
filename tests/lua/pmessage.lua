-- Registers devices for pushes, as Nakama's push tutorial does, with the `self` that it forgets.
local nk = require("nakama")
local onesignal = require("onesignal").new("someapikey", "someappid")

nk.register_rpc(function(context, payload)
  local device = nk.json_decode(payload)
  local success, player = pcall(
    onesignal.add_device, onesignal, device.DeviceType, device.Identifier, "en", {}
  )
  if success then
    pcall(nk.account_update_id, context.user_id, { os_player_id = player.id })
  end
end, "register_push")
