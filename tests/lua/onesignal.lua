--[[
  A client of OneSignal's REST API with the functions of the module that Heroic Labs published, for
  the tests: they must not depend on a download.
]]--
local nk = require("nakama")

local BASE_URL = "https://onesignal.com/api/v1"
local SDK = "nakama-onesignal/0.1.0"

local Client = {}
Client.__index = Client

-- Sends a request and returns the decoded answer; anything but a success is an error.
local function request(self, method, path, body)
  local headers = {
    ["Accept"] = "application/json",
    ["Authorization"] = "Basic " .. self.apikey,
    ["Content-Type"] = "application/json"
  }
  local status, _, answer = nk.http_request(BASE_URL .. path, method, headers, body and nk.json_encode(body))
  if status >= 400 then
    nk.logger_warn(("OneSignal answered %d: %s"):format(status, answer))
    error(answer)
  end
  return nk.json_decode(answer)
end

local function with(fields, more)
  for name, value in pairs(more or {}) do
    fields[name] = value
  end
  return fields
end

function Client:add_device(device_type, identifier, language, tags, params)
  return request(self, "POST", "/players", with({
    app_id = self.appid,
    device_type = device_type,
    identifier = identifier,
    language = language or "en",
    sdk = SDK,
    tags = tags
  }, params))
end

function Client:edit_device(device_id, identifier, language, tags, params)
  return request(self, "PUT", "/players/" .. device_id, with({
    app_id = self.appid,
    identifier = identifier,
    language = language or "en",
    sdk = SDK,
    tags = tags
  }, params))
end

function Client:create_notification(contents, headings, included_segments, filters, player_ids, params)
  if not (included_segments or filters or player_ids) then
    error("'included_segments', 'filters' or 'player_ids' must say who receives it.")
  end
  return request(self, "POST", "/notifications", with({
    app_id = self.appid,
    contents = contents or {},
    headings = headings or {},
    included_segments = included_segments,
    filters = filters,
    include_player_ids = player_ids
  }, params))
end

function Client:cancel_notification(notification_id)
  return request(self, "DELETE", "/notifications/" .. notification_id .. "?app_id=" .. self.appid)
end

return {
  new = function(apikey, appid)
    return setmetatable({ apikey = apikey, appid = appid }, Client)
  end
}
