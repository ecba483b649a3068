--[[
  Makes Lua 5.1 the Lua inside of Nakama (gopher-lua): its error texts and positions, its numbers
  as text, its base library. The other libraries are in library.lua.

  Gets the host's functions: `print(text)`, and `caught(text)`, which hears of each error that a
  pcall caught, and returns a text if the whole call must end; and what limits.lua returned. Returns
  what library.lua and nakama.lua need.
]]--
local host, limits = ...

local OWN = "=nakama" -- the chunk name of these files; their frames have no position

local floor, huge, max = math.floor, math.huge, math.max
local find, gsub, match, raw_format, sub =
  string.find, string.gsub, string.match, string.format, string.sub
local concat, ipairs, rawget, select, type = table.concat, ipairs, rawget, select, type
local getinfo, set_metatable_of, traceback = debug.getinfo, debug.setmetatable, debug.traceback
local raw_collect, raw_error, raw_getmetatable, raw_load, raw_loadstring, raw_pcall, raw_set,
  raw_tonumber, raw_tostring, raw_xpcall = collectgarbage, error, getmetatable, load, loadstring,
  pcall, rawset, tonumber, tostring, xpcall

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
  { "^bad argument #(%d+) to '([^']*)' (%(.*) got no value%)$", "bad argument #%1 to %2 %3 got nil)" },
  { "^bad argument #(%d+) to '([^']*)' (%(.*%))$", "bad argument #%1 to %2 %3" },
  { "^(invalid value %(%a+%) at index %d+ in table for) 'concat'$", "%1 concat" },
  { "^'for' initial value must be a number$", "for statement init must be a number" },
  { "^'for' (%a+) must be a number$", "for statement %1 must be a number" },
}

local LONGEST_PROBLEM = 64 * 1024 -- bytes of an error text; Lua's own have few

-- An error text of Lua 5.1 in gopher-lua's words.
local function translate(message)
  if type(message) ~= "string" or #message > LONGEST_PROBLEM then return message end
  local source, line, text = match(message, "^(.-):(%d+): (.*)$")
  local path = source and paths[source]
  text = (path or source == "nakama") and text or message
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

-- The fewest digits that tell a number from all others.
local function shortest(value)
  if value ~= value then return "NaN" end
  if value == huge then return "+Inf" end
  if value == -huge then return "-Inf" end
  for digits = 0, 16 do
    local text = raw_format("%." .. digits .. "e", value)
    if raw_tonumber(text) == value then
      local exponent = raw_tonumber(match(text, "e(.*)$"))
      if exponent < -4 or exponent >= 6 then return text end
      return raw_format("%." .. max(digits - exponent, 0) .. "f", value)
    end
  end
end

local function number_text(value)
  if value == floor(value) and value >= -2 ^ 63 and value < 2 ^ 63 then
    return raw_format("%.0f", value + 0) -- no -0
  end
  return shortest(value)
end

local function show(value)
  if type(value) == "number" then return number_text(value) end
  local text = raw_tostring(value)
  if type(text) ~= "string" then raw_error("'tostring' must return a string", 0) end
  return text
end

-- What values of other types refuse ------------------------------------------------------------

local function arithmetic_type(value)
  return type(value) == "string" and raw_tonumber(value) and "number" or type(value)
end

-- Handles a binary operation whose first operand is no table: the second one may know it.
local function binary(event, kind_of)
  local operation = sub(event, 3)
  return function(a, b)
    local meta = (type(b) == "table" or type(b) == "userdata") and raw_getmetatable(b)
    local handler = type(meta) == "table" and rawget(meta, event)
    if handler then return handler(a, b) end
    raise("cannot perform " .. operation .. " operation between " .. kind_of(a) .. " and "
      .. kind_of(b))
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
    __concat = binary("__concat", type),
    __unm = function() raise("__unm undefined") end,
  }
  for _, name in ipairs({ "add", "sub", "mul", "div", "mod", "pow" }) do
    events["__" .. name] = binary("__" .. name, arithmetic_type)
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

local function check_any(name, ...)
  if select("#", ...) == 0 then raise("bad argument #1 to " .. name .. " (value expected)") end
end

function error(...)
  check_any("error", ...)
  local problem, level = ...
  if type(problem) ~= "string" then raw_error(problem, 0) end
  level = level or 1
  -- gopher-lua's levels 1 and 2 are the same place
  raw_error(level > 0 and position(max(level - 1, 1) + 1) .. problem or problem, 0)
end

function assert(...)
  local ok, message = ...
  if ok then return ... end
  local kind = type(message)
  if kind ~= "nil" and kind ~= "string" then
    raise("bad argument #2 to assert (string expected, got " .. kind .. ")")
  end
  raise(message or "assertion failed!")
end

local PIECE = 64 * 1024 -- bytes of a source that C compiles between two looks at the clock

-- Compiles a source; bytecode is none, for it can break the machine that runs it.
local function compile(source, name)
  if sub(source, 1, 1) == "\27" then
    return nil, (gsub(name, "^[=@]", "")) .. " line:1(column:1) near '\27':   Invalid token\n"
  end
  if #source <= PIECE then return raw_loadstring(source, name) end
  local first = 1
  return raw_load(function()
    limits.look()
    first = first + PIECE
    return sub(source, first - PIECE, first - 1)
  end, name)
end

local function check_loaded(number, name, kind, value)
  if type(value) ~= kind then
    raise("bad argument #" .. number .. " to " .. name .. " (" .. kind .. " expected, got "
      .. (value == nil and "nil" or type(value)) .. ")")
  end
end

local MOST_NAMES = 1000 -- of code from strings, that are kept
local named = 0

-- Compiles a source from a string, whose errors have its name.
local function compile_named(source, name)
  local fn, problem = compile(source, "=" .. name)
  if fn and not paths[name] and named < MOST_NAMES then
    named = named + 1
    know_source(fn, name)
  end
  return fn, problem
end

function loadstring(text, name)
  if type(text) ~= "number" then check_loaded(1, "loadstring", "string", text) end
  return compile_named(text .. "", name or "<string>")
end

function load(reader, name)
  check_loaded(1, "load", "function", reader)
  local pieces = {}
  while true do
    local part = reader()
    if part == nil or part == "" then break end
    if type(part) ~= "string" then return nil, "reader function must return a string" end
    pieces[#pieces + 1] = part
  end
  return compile_named(concat(pieces), name or "?")
end

-- The metatables of userdata. In Nakama's Lua there is no `__gc`, and here it could run outside of
-- every limit: it is never stored.
local of_userdata, raw_newproxy = setmetatable({}, { __mode = "k" }), newproxy
local WITHOUT_GC = {
  __metatable = false,
  __newindex = function(events, event, handler)
    if event ~= "__gc" then raw_set(events, event, handler) end
  end,
}

function newproxy(model)
  local proxy = raw_newproxy(model)
  local events = raw_getmetatable(proxy)
  if model == true then of_userdata[setmetatable(events, WITHOUT_GC)] = true end
  return proxy
end

function getmetatable(value)
  local kind = type(value)
  if kind == "table" or kind == "userdata" or kind == "string" then
    return raw_getmetatable(value)
  end
  return nil
end

function tostring(...)
  check_any("tostring", ...)
  return show((...))
end

local LONGEST_NUMBER = 1024 * 1024 -- bytes; the patterns look at each several times

-- As Go's strconv: without a point only whole numbers count, so that "1e5" is none.
function tonumber(value, base)
  if type(value) ~= "string" then return raw_tonumber(value) end
  if #value > LONGEST_NUMBER then return nil end
  local text = sub(match(value, "^.*[^ \n\t]") or "", find(value, "[^ \n\t]") or 1)
  if find(text, ".", 1, true) then
    local tail = match(text, "^[+-]?[%d.]+()") -- not in one pattern, which would backtrack
    return tail and find(text, "^[eE]?[+-]?%d*$", tail) and raw_tonumber(text) or nil
  end
  if not base and find(text, "^0[xX]%x+$") then return raw_tonumber(text) end
  if not find(text, base and "^[+-]?%w+$" or "^[+-]?%d+$") or find(text, "0[xX]") then return nil end
  local is_negative, digits = sub(text, 1, 1) == "-", match(text, "%w+")
  local number = raw_tonumber(digits, base or 10)
  if not number or number > 2 ^ 63 then return nil end
  -- 2^63 - 1, which fits, and 2^63 are the same double: their digits tell.
  local is_largest = (base or 10) == 10 and find(digits, "^0*922337203685477580[0-7]$")
  if number == 2 ^ 63 and not is_negative and not is_largest then return nil end
  return is_negative and -number or number
end

function rawset(table, key, value)
  if key == "__gc" and of_userdata[table] then return end
  raw_set(table, key, value)
end

function collectgarbage()
  raw_collect()
  limits.look()
end

function print(...)
  local texts = pack(...)
  for i = 1, texts.n do texts[i] = show(texts[i]) end
  host.print(concat(texts, "\t"))
end

local function passed(name, ok, ...)
  if ok then return ... end
  raise((gsub((...), "^bad argument (#%d+) to '%?'", "bad argument %1 to " .. name)))
end

-- Calls a function of C so that its errors have the position of the module's line, and its name.
local function call(name, original, ...)
  return passed(name, raw_pcall(original, ...))
end

return {
  call = call,
  compile = compile,
  getinfo = getinfo,
  know_source = know_source,
  next = next,
  pack = pack,
  position = position,
  raw_error = raw_error,
  raw_pcall = raw_pcall,
  raw_xpcall = raw_xpcall,
  raise = raise,
  raw_tonumber = raw_tonumber,
  shortest = shortest,
  show = show,
  traceback = traceback,
  translate = translate,
}
