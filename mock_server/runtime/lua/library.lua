--[[
  Makes the libraries of Lua 5.1 those inside of Nakama (gopher-lua): what they take, what they
  refuse in which words, what they print; and leaves no way out.

  Gets the host's functions: `clock()`, `call(name)` (see nakama.lua), and `case(text, upper)`,
  which changes the case of letters beyond ASCII; and what language.lua, limits.lua and patterns.lua
  returned. Returns functions for nakama.lua.
]]--
local host, language, limits, patterns = ...

local floor, max, raw_random = math.floor, math.max, math.random
local byte, char, find, gsub, lower, match, raw_format, raw_rep, sub, upper =
  string.byte, string.char, string.find, string.gsub, string.lower, string.match, string.format,
  string.rep, string.sub, string.upper
local raw_concat, raw_insert, raw_remove, raw_sort =
  table.concat, table.insert, table.remove, table.sort
local ipairs, next, select, setmetatable, type, unpack =
  ipairs, next, select, setmetatable, type, unpack
local raw_date = os.date
local call, pack, raise, raw_error, shortest, show = language.call, language.pack, language.raise,
  language.raw_error, language.shortest, language.show
local look, spend = limits.look, limits.spend

local LONGEST = 128 * 1024 * 1024 -- bytes of a text that is repeated; it takes three times as many
local PIECE = 1024 * 1024 -- bytes whose case is changed between two looks at the clock
local PRESORTED = 10000 -- values that C sorts in one go

local function refuse(number, name, expected)
  raise("bad argument #" .. number .. " to " .. name .. " (" .. expected .. ")")
end

local function check(number, name, kind, value)
  if type(value) ~= kind then refuse(number, name, kind .. " expected, got " .. type(value)) end
end

local function check_text(name, value)
  if type(value) ~= "number" then check(1, name, "string", value) end
end

local function whole(number)
  return number < 0 and -floor(-number) or floor(number)
end

-- Strings --------------------------------------------------------------------------------------

-- A text, changed a piece at a time; none ends within a letter.
local function piecewise(text, change)
  if #text <= PIECE then return change(text) end
  local pieces, first = {}, 1
  while first <= #text do
    local last = find(text, "[^\128-\191]", first + PIECE) or #text + 1
    pieces[#pieces + 1] = change(sub(text, first, last - 1))
    first = last
    look()
  end
  return raw_concat(pieces)
end

function string.lower(text)
  check_text("lower", text)
  return piecewise(text .. "", function(piece)
    return find(piece, "[\128-\255]") and host.case(piece, false) or lower(piece)
  end)
end

function string.upper(text)
  check_text("upper", text)
  return piecewise(text .. "", function(piece)
    return find(piece, "[\128-\255]") and host.case(piece, true) or upper(piece)
  end)
end

local raw_reverse = string.reverse

function string.reverse(text)
  if type(text) ~= "string" or #text <= PIECE then return call("reverse", raw_reverse, text) end
  local pieces = {}
  for last = #text, 1, -PIECE do
    pieces[#pieces + 1] = raw_reverse(sub(text, max(last - PIECE + 1, 1), last))
    look()
  end
  return raw_concat(pieces)
end

-- A text so many times. C's own appends one copy after the other, and leaves several times as much
-- behind; here a step is one copy of two halves.
local function repeated(text, count)
  if #text * count <= PIECE then return raw_rep(text, count) end
  look()
  local half = repeated(text, floor(count / 2))
  return count % 2 == 1 and half .. half .. text or half .. half
end

function string.rep(text, count, ...)
  if type(text) ~= "string" or type(count) ~= "number" then
    return call("rep", raw_rep, text, count, ...)
  end
  if text == "" or not (count >= 1) then return "" end
  if #text * count > LONGEST then raw_error("not enough memory", 0) end
  return repeated(text, floor(count))
end

-- There is no frontier in gopher-lua's patterns: its `%f` is the letter.
local function without_frontier(pattern)
  if type(pattern) ~= "string" or not find(pattern, "%f", 1, true) then return pattern end
  return (gsub(pattern, "%%(.)", function(class) return class == "f" and "f" or nil end))
end

for _, name in ipairs({ "find", "match", "gmatch" }) do
  local original = patterns[name]
  string[name] = function(text, pattern, ...)
    return original(text, without_frontier(pattern), ...)
  end
end
string.gfind = string.gmatch

function string.gsub(text, pattern, replacement, limit)
  local kind = type(replacement)
  if kind ~= "string" and kind ~= "table" and kind ~= "function" then
    refuse(3, "gsub", "string or table or function expected, got " .. kind)
  end
  return patterns.gsub(text, without_frontier(pattern), replacement, limit)
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quoted(text)
  text = gsub(text, '[%c"\\]', function(letter)
    return ESCAPES[letter] or raw_format("\\x%02x", byte(letter))
  end)
  return '"' .. text .. '"'
end

-- The UTF-8 of a code point.
local function letter_of(code)
  if code < 128 then return char(code) end
  if code < 2048 then return char(192 + floor(code / 64), 128 + code % 64) end
  return char(224 + floor(code / 4096), 128 + floor(code / 64) % 64, 128 + code % 64)
end

-- How Go prints a value with a verb that is not one of its type; nil where it is.
local function mismatch(kind, value)
  if value == nil then return "&{}" end
  if type(value) == "boolean" then return "%!" .. kind .. "(lua.LBool=" .. show(value) .. ")" end
  if type(value) ~= "string" then return nil end
  if kind == "d" or kind == "i" then return tonumber(value) and value or "0" end
  return "%!" .. kind .. "(string=" .. value .. ")"
end

-- What takes the place of one `%` of a format: a format of C's, and its value.
local function converted(flags, kind, value)
  if kind == "s" then return "%" .. flags .. "s", show(value) end
  if kind == "q" then return "%" .. flags .. "s", quoted(show(value)) end
  local odd = mismatch(kind, value)
  if odd then return "%s", odd end
  if type(value) ~= "number" then return "%" .. flags .. kind, value end
  if kind == "c" then return "%" .. flags .. "s", letter_of(value) end
  if (kind == "g" or kind == "G") and not find(flags, ".", 1, true) then
    local text = shortest(value)
    return "%" .. flags .. "s", kind == "G" and upper(text) or text
  end
  if (kind == "x" or kind == "X" or kind == "o") and value < 0 then
    return "%" .. flags .. "s", "-" .. raw_format("%" .. kind, -value)
  end
  return "%" .. flags .. kind, value
end

-- Go formats any value with %s and %q, and says what is missing.
function string.format(format, ...)
  check_text("format", format)
  local values, index = pack(...), 0
  local prepared = gsub(format, "%%([-+ #0]*%d*%.?%d*)(.)", function(flags, kind)
    if kind == "%" then return nil end
    index = index + 1
    if index > values.n then
      values[index] = "%!" .. kind .. "(MISSING)"
      return "%s"
    end
    flags, values[index] = converted(flags, kind, values[index])
    return flags
  end)
  return call("format", raw_format, prepared, unpack(values, 1, max(index, values.n)))
end

-- Tables -----------------------------------------------------------------------------------------

local read_only = setmetatable({}, { __mode = "k" })

local function check_writable(list)
  if read_only[list] then raise("attempt to modify read only table") end
end

local function seal(list)
  if read_only[list] then return end
  read_only[list] = true
  for _, value in next, list do
    if type(value) == "table" then seal(value) end
  end
end

function table.insert(list, ...)
  check(1, "insert", "table", list)
  local count = select("#", ...)
  if count == 0 then raise("wrong number of arguments") end
  if count == 1 then
    raw_insert(list, (...))
    return
  end
  check_writable(list)
  local position, value = ...
  check(2, "insert", "number", position)
  position = whole(position)
  if not (position >= 1 and position <= #list) then
    list[position] = value -- moves nothing
    return
  end
  spend(#list - position)
  raw_insert(list, position, value)
end

function table.remove(list, ...)
  check(1, "remove", "table", list)
  check_writable(list)
  local position = ...
  if type(position) == "number" and position >= 1 then spend(max(#list - position, 0)) end
  return call("remove", raw_remove, list, ...)
end

local function is_less(a, b)
  return a < b
end

function table.sort(list, ...)
  check(1, "sort", "table", list)
  check_writable(list)
  spend(#list)
  -- Lua's code can be cut, C's cannot.
  if (...) == nil and #list > PRESORTED then return raw_sort(list, is_less) end
  return raw_sort(list, ...)
end

function table.concat(list, separator, first, last)
  check(1, "concat", "table", list)
  if last and last > #list then last = #list end
  spend(#list)
  local text = call("concat", raw_concat, list, separator, first, last)
  spend(#text)
  return text
end

table.foreach, table.foreachi, table.setn = nil, nil, nil

-- Numbers ----------------------------------------------------------------------------------------

-- Texts are no numbers for these functions, whatever they hold.
local function strict(name, arity)
  local original = math[name]
  math[name] = function(first, second)
    check(1, name, "number", first)
    if arity == 1 then return original(first) end
    check(2, name, "number", second)
    return original(first, second)
  end
end

for _, name in ipairs({ "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "deg", "exp", "floor",
  "frexp", "log", "log10", "modf", "rad", "randomseed", "sin", "sinh", "sqrt", "tan", "tanh" }) do
  strict(name, 1)
end
for _, name in ipairs({ "atan2", "fmod", "ldexp", "pow" }) do strict(name, 2) end

local function strict_all(name)
  local original = math[name]
  math[name] = function(...)
    if select("#", ...) == 0 then raise("wrong number of arguments") end
    for i = 1, select("#", ...) do check(i, name, "number", (select(i, ...))) end
    return original(...)
  end
end

strict_all("max")
strict_all("min")

function math.mod(a, b)
  check(1, "mod", "number", a)
  check(2, "mod", "number", b)
  return a % b
end

function math.random(...)
  local count, low, high = select("#", ...), ...
  if count == 0 then return raw_random() end
  check(1, "random", "number", low)
  if count == 1 then
    low, high = 1, low
  else
    check(2, "random", "number", high)
  end
  low, high = whole(low), whole(high)
  if high < low then raw_error("invalid argument to Intn", 0) end
  return low + floor(raw_random() * (high - low + 1))
end

math.huge = 1.7976931348623157e308

-- Time -------------------------------------------------------------------------------------------

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
  local value = date[name]
  return type(value) == "number" and whole(value) or default
end

function os.time(date)
  if date == nil then
    local _, milliseconds = host.call("time")
    return floor(milliseconds / 1000)
  end
  check(1, "time", "table", date)
  local midnight =
    days(date_field(date, "year", -1), date_field(date, "month", -1), date_field(date, "day", -1))
  local minutes = date_field(date, "hour", 12) * 60 + date_field(date, "min", 0)
  return midnight * 86400 + minutes * 60 + date_field(date, "sec", 0)
end

-- What gopher-lua makes of each letter behind a `%`, its slips included; others stay as they are.
local DATES = {
  a = "mon", A = "%A", b = "%b", B = "%B", c = "%d %b %y %H:%M UTC", d = "%d", F = "%Y-%m-%d",
  H = "%H", I = "%I", m = "%m", M = "%M", p = "%p", S = "%S", w = "%w", x = "%H/%M/%S",
  X = "%H:%M:%S", y = "%y", Y = "%Y", z = "+0000", Z = "UTC",
}

function os.date(format, time)
  format = gsub(format or "%c", "^!+", "")
  time = time or os.time()
  if match(format, "^%*t") then
    local date = raw_date("!*t", time)
    date.wday = date.wday - 1 -- Go's weeks begin with 0
    return date
  end
  return (gsub(format, "%%(.)", function(letter)
    if letter == "%" then return "%" end
    if letter == "P" then return lower(raw_date("!%p", time)) end
    return DATES[letter] and raw_date("!" .. DATES[letter], time) or nil
  end))
end

for _, name in ipairs({ "io", "debug", "coroutine", "dofile", "loadfile", "python", "gcinfo" }) do
  _G[name] = nil
  package.loaded[name] = nil
end
package.loaded.os = os
package.path, package.cpath, package.config = "", "", nil
package.loadlib = nil
string.dump = nil

return { seal = seal }
