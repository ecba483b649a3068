--[[
  Makes Lua 5.1 the Lua inside of Nakama (gopher-lua): its error texts and positions, its numbers
  as text, and a library without a way out.

  Gets the host's functions: `print(text)`, `clock()`, `call(name)` (see nakama.lua), and
  `caught(text)`, which hears of each error that a pcall caught, and returns a text if the whole
  call must end. Returns what nakama.lua needs.
]]--
local host = ...

local OWN = "=nakama" -- the chunk name of these files; their frames have no position

local abs, floor, huge, max = math.abs, math.floor, math.huge, math.max
local find, gsub, match, raw_format, rep, sub =
  string.find, string.gsub, string.match, string.format, string.rep, string.sub
local concat, ipairs, select, tonumber, type, unpack =
  table.concat, ipairs, select, tonumber, type, unpack
local getinfo, set_metatable_of, sethook = debug.getinfo, debug.setmetatable, debug.sethook
local raw_error, raw_getmetatable, raw_loadstring, raw_pcall, raw_tostring, raw_xpcall =
  error, getmetatable, loadstring, pcall, tostring, xpcall
local raw_date = os.date

local function pack(...)
  return { n = select("#", ...), ... }
end

-- Positions and errors ------------------------------------------------------------------------

-- "path:line: " of the first Lua function from a stack level upwards; "" without one.
local function position(level)
  while true do
    level = level + 1
    local info = getinfo(level, "Sl")
    if not info then return "" end
    if info.currentline > 0 and info.source ~= OWN then
      return sub(info.source, 2) .. ":" .. info.currentline .. ": "
    end
  end
end

local function raise(message)
  raw_error(position(2) .. message, 0)
end

local paths = { ["<string>"] = "<string>" } -- of each name under which Lua shows a source

local function know_source(fn, path)
  paths[getinfo(fn, "S").short_src] = path
  paths[path] = path
end

local WORDINGS = {
  { "^attempt to compare two (%a+) values$", "attempt to compare %1 with %1" },
  { "^attempt to call .*$", "attempt to call a non-function object" },
  { "^attempt to concatenate .*$", "cannot perform concat operation between table and table" },
  { "^bad argument #(%d+) to '([^']*)' (%(.*%))$", "bad argument #%1 to %2 %3" },
  { "^'for' initial value must be a number$", "for statement init must be a number" },
  { "^'for' (%a+) must be a number$", "for statement %1 must be a number" },
}

-- An error text of Lua 5.1 in gopher-lua's words.
local function translate(message)
  if type(message) ~= "string" then return message end
  local source, line, text = match(message, "^(.-):(%d+): (.*)$")
  local path = source and paths[source]
  text = path and text or message
  for _, wording in ipairs(WORDINGS) do
    local translated, count = gsub(text, wording[1], wording[2])
    if count > 0 then
      text = translated
      break
    end
  end
  return path and (path .. ":" .. line .. ": " .. text) or text
end

-- Text of numbers and other values ------------------------------------------------------------

local function number_text(value)
  if value ~= value then return "NaN" end
  if value == huge then return "+Inf" end
  if value == -huge then return "-Inf" end
  if value == floor(value) and abs(value) < 2 ^ 63 then return raw_format("%.0f", value) end
  for digits = 0, 16 do
    local text = raw_format("%." .. digits .. "e", value)
    if tonumber(text) == value then
      local exponent = tonumber(match(text, "e(.*)$"))
      if exponent < -4 or exponent >= 6 then return text end
      return raw_format("%." .. max(digits - exponent, 0) .. "f", value)
    end
  end
end

local function show(value)
  return type(value) == "number" and number_text(value) or raw_tostring(value)
end

-- What values of other types refuse ------------------------------------------------------------

local function arithmetic_type(value)
  return type(value) == "string" and tonumber(value) and "number" or type(value)
end

local function refuse_arithmetic(name)
  return function(a, b)
    raise("cannot perform " .. name .. " operation between " .. arithmetic_type(a) .. " and "
      .. arithmetic_type(b))
  end
end

local function refuse_index(object, key)
  raise("attempt to index a non-table object(" .. type(object) .. ") with key '" .. show(key) .. "'")
end

local function refuse_order(a, b)
  raise("attempt to compare " .. type(a) .. " with " .. type(b))
end

local function refusals()
  local events = {
    __newindex = refuse_index,
    __call = function() raise("attempt to call a non-function object") end,
    __concat = function(a, b)
      raise("cannot perform concat operation between " .. type(a) .. " and " .. type(b))
    end,
    __unm = function() raise("__unm undefined") end,
  }
  for _, name in ipairs({ "add", "sub", "mul", "div", "mod", "pow" }) do
    events["__" .. name] = refuse_arithmetic(name)
  end
  return events
end

for event, handler in pairs(refusals()) do
  raw_getmetatable("")[event] = handler
end
do
  local events = refusals()
  events.__index, events.__lt, events.__le = refuse_index, refuse_order, refuse_order
  events.__len = function() raise("__len undefined") end
  set_metatable_of(nil, events)
  set_metatable_of(true, events)
  set_metatable_of(0, events)
  events = refusals()
  events.__index, events.__lt, events.__le = refuse_index, refuse_order, refuse_order
  events.__len, events.__call = function() raise("__len undefined") end, nil
  set_metatable_of(print, events)
end

-- The base library --------------------------------------------------------------------------------

local function is_callable(value)
  local kind = type(value)
  if kind == "function" then return true end
  local meta = (kind == "table" or kind == "userdata") and raw_getmetatable(value)
  return meta and type(meta) == "table" and meta.__call ~= nil or kind == "userdata"
end

local function caught(ok, ...)
  if ok then return true, ... end
  local problem = translate((...))
  local over = host.caught(show(type(problem) == "table" and problem[1] or problem))
  if over then raw_error(over, 0) end
  return false, problem
end

function pcall(fn, ...)
  if not is_callable(fn) then
    local problem = "attempt to call a " .. type(fn) .. " value"
    host.caught(problem)
    return false, problem
  end
  return caught(raw_pcall(fn, ...))
end

function xpcall(fn, handler)
  return caught(raw_xpcall(fn, function(problem) return handler(translate(problem)) end))
end

function error(problem, level)
  if type(problem) ~= "string" then raw_error(problem, 0) end
  level = level or 1
  -- gopher-lua's levels 1 and 2 are the same place
  raw_error(level > 0 and position(max(level - 1, 1) + 1) .. problem or problem, 0)
end

function assert(...)
  if not (...) then raise("assertion failed!") end
  return ...
end

function loadstring(text, name)
  return raw_loadstring(text, "=" .. (name or "<string>"))
end

function getmetatable(value)
  local kind = type(value)
  if kind == "table" or kind == "userdata" or kind == "string" then
    return raw_getmetatable(value)
  end
  return nil
end

function tostring(value)
  return show(value)
end

function print(...)
  local texts = pack(...)
  for i = 1, texts.n do texts[i] = show(texts[i]) end
  host.print(concat(texts, "\t"))
end

-- The string library --------------------------------------------------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quoted(text)
  text = gsub(text, '[%c"\\]', function(char)
    return ESCAPES[char] or raw_format("\\x%02x", char:byte())
  end)
  return '"' .. text .. '"'
end

-- Go formats any value with %s and %q, and says what is missing.
function string.format(format, ...)
  local values, index = pack(...), 0
  local prepared = gsub(format, "%%([-+ #0]*%d*%.?%d*)(.)", function(flags, kind)
    if kind == "%" then return nil end
    index = index + 1
    if index > values.n then
      values[index] = "%!" .. kind .. "(MISSING)"
      return "%s"
    end
    if kind == "s" then values[index] = show(values[index]) end
    if kind == "q" then
      values[index] = quoted(show(values[index]))
      return "%" .. flags .. "s"
    end
    return nil
  end)
  return raw_format(prepared, unpack(values, 1, max(index, values.n)))
end

-- What is left of the other libraries -------------------------------------------------------------

local clock = host.clock
os = {
  clock = function() return clock() end,
  difftime = function(a, b) return a - b end,
}

-- The days since 1970-01-01; a month or day too large is one of the following year or month.
local function days(year, month, day)
  year, month = year + floor((month - 1) / 12), (month - 1) % 12 + 1
  if month <= 2 then year, month = year - 1, month + 12 end -- a year that begins with March
  return 365 * year + floor(year / 4) - floor(year / 100) + floor(year / 400)
    + floor((153 * month - 457) / 5) + day - 719469
end

local function date_field(date, name, default)
  local value = tonumber(date[name]) or default
  if not value then raise("field '" .. name .. "' missing in date table") end
  return value
end

function os.time(date)
  if date == nil then
    local _, milliseconds = host.call("time")
    return floor(milliseconds / 1000)
  end
  local midnight = days(date_field(date, "year"), date_field(date, "month"), date_field(date, "day"))
  local minutes = date_field(date, "hour", 12) * 60 + date_field(date, "min", 0)
  return midnight * 86400 + minutes * 60 + date_field(date, "sec", 0)
end

function os.date(format, time)
  format = gsub(format or "%c", "^!", "")
  local date = raw_date("!" .. format, time or os.time())
  if type(date) == "table" then
    date.wday = date.wday - 1 -- Go's weeks begin with 0
  end
  return date
end

for _, name in ipairs({ "io", "debug", "coroutine", "dofile", "loadfile", "python", "gcinfo" }) do
  _G[name] = nil
  package.loaded[name] = nil
end
package.loaded.os = os
package.loadlib = nil
string.dump = nil

return {
  caught = caught,
  getinfo = getinfo,
  know_source = know_source,
  pack = pack,
  position = position,
  raw_error = raw_error,
  raw_loadstring = raw_loadstring,
  raw_pcall = raw_pcall,
  sethook = sethook,
  show = show,
  translate = translate,
}
