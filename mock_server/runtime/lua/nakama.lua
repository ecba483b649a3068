--[[
  Brings `nk`, `bit32` and `require`, and loads and runs server modules.

  Gets the host's functions, and what language.lua and library.lua returned. The host's
    `call(name, …)` calls a runtime function: returns true and its results, or false, a message
      and, for a bad argument, its number and what was expected;
    `announce(kind, id)` hears of each registration;
    `once()` tells whether `nk.run_once` may run, and gives its context.
  Returns functions for the host.
]]--
local host, language, library = ...

local lower, gsub, find, match, sub =
  string.lower, string.gsub, string.find, string.match, string.sub
local max = math.max
local ipairs, rawget, select, setmetatable, tonumber, type, unpack =
  ipairs, rawget, select, setmetatable, tonumber, type, unpack
local getinfo, pack, position, show, translate =
  language.getinfo, language.pack, language.position, language.show, language.translate
local compile, raw_error, raw_pcall = language.compile, language.raw_error, language.raw_pcall

-- Runtime functions ---------------------------------------------------------------------------------

-- The name by which a runtime function was called, as gopher-lua shows it.
local function called_name(level, name)
  local caller = getinfo(level + 2, "S")
  if caller and caller.what == "C" then return "(anonymous)" end
  if caller and caller.what == "tail" then return name end
  return getinfo(level + 1, "n").name or "?"
end

local function fail(name, message, number, expected)
  if number then
    message = "bad argument #" .. number .. " to " .. called_name(2, name) .. " (" .. expected .. ")"
  end
  if find(message, "runtime error: ", 1, true) == 1 then
    raw_error(message, 0) -- a panic of Nakama's own has no place in Lua
  end
  raw_error(position(2) .. message, 0)
end

-- Arguments that have to be given, if only as nil: from the first one to the second one.
local GIVEN = {
  groups_list = { 3, 3 }, json_encode = { 1, 1 }, match_create = { 2, 2 }, match_list = { 2, 6 },
  party_list = { 2, 2 },
}
-- What is looked at before: of an optional argument its type.
local LOOKED_AT = {
  groups_list = { "string", "string" }, match_list = { "number" }, party_list = { "number" },
}
-- From the second one on, what the arguments of `match_list` have to be if they are not nil.
local FILTERS = {
  { "boolean", "authoritative true/false" }, { "string", "label string" },
  { "number", "minimum size number" }, { "number", "maximum size number" },
}

-- The number of the argument that is missing or wrong, and what is expected of it.
local function missing(name, first, count, ...)
  for number, kind in ipairs(LOOKED_AT[name] or {}) do
    local got = type((select(number, ...)))
    if got ~= kind and got ~= "nil" then return number, kind .. " expected, got " .. got end
  end
  local value = ...
  for index, filter in ipairs(name == "match_list" and FILTERS or {}) do
    if index + 1 > count then break end
    local got = type((select(index + 1, ...)))
    if got ~= filter[1] and got ~= "nil" then
      return index + 1, "expects " .. filter[2] .. " or nil"
    end
  end
  if name == "match_create" then
    if type(value) ~= "string" and type(value) ~= "number" then
      return 1, "string expected, got " .. type(value)
    end
    if value == "" then return 1, "expects module name" end
  elseif name == "party_list" and value and not (value >= 1 and value < 101) then
    return 1, "expects limit to be 1-100"
  end
  return count < first and first or count + 1, "value expected"
end

local function runtime_function(name, shown)
  local call, first, last = host.call, unpack(GIVEN[name] or { 0, 0 })
  local results_end = name == "json_decode" and 2 or 1 -- a JSON null is one value, nil
  return function(...)
    local count = select("#", ...)
    if count < last then fail(shown, nil, missing(name, first, count, ...)) end
    local results = pack(call(name, ...))
    if results[1] then return unpack(results, 2, max(results.n, results_end)) end
    fail(shown, results[2], results[3], results[4])
  end
end

local nk = {}
for _, name in ipairs(host.functions) do nk[name] = runtime_function(name, name) end
setmetatable(nk, {
  __index = function(_, name)
    if type(name) == "string" then return runtime_function(name, name) end
  end,
})

function nk.get_satori()
  local satori = {}
  for _, name in ipairs(host.satori) do satori[name] = runtime_function("satori." .. name, name) end
  return satori
end

bit32 = {}
for _, name in ipairs(host.bit32) do bit32[name] = runtime_function("bit32." .. name, name) end

-- The local cache -------------------------------------------------------------------------------------

-- What this state has put or read, as it is in Lua: key -> { stamp, value }. The host keeps the stamps.
local cached = {}

-- A function of the cache: `finish` makes its results of the host's.
local function cache_function(operation, shown, finish)
  local call = host.call
  return function(...)
    local results = pack(call("localcache." .. operation, ...))
    if not results[1] then fail(shown, results[2], results[3], results[4]) end
    if results[3] ~= nil or operation ~= "find" then return finish(results[2], results[3], ...) end
    return (select(2, ...))
  end
end

nk.localcache_get = cache_function("find", "localcache_get", function(key, stamp)
  local known = cached[key]
  if known and known[1] == stamp then return known[2] end
  local ok, value = host.call("localcache.value", key)
  if not ok then raw_error(position(2) .. value, 0) end
  cached[key] = { stamp, value }
  return value
end)
nk.localcache_put = cache_function("put", "localcache_put", function(key, stamp, _, value)
  cached[key] = { stamp, value }
end)
nk.localcache_delete = cache_function("delete", "localcache_delete", function(key)
  cached[key] = nil
end)
nk.localcache_clear = cache_function("clear", "localcache_clear", function() cached = {} end)

-- Registrations ---------------------------------------------------------------------------------------

local callbacks = {}

local function refuse_argument(number, name, expected)
  raw_error(position(2) .. "bad argument #" .. number .. " to " .. name .. " (" .. expected .. ")", 0)
end

local function check_function(name, fn)
  if type(fn) ~= "function" then
    refuse_argument(1, name, "function expected, got " .. type(fn))
  end
end

local function register_named(name, kind, missing)
  nk[name] = function(fn, id)
    check_function(name, fn)
    if type(id) ~= "string" and type(id) ~= "number" then
      refuse_argument(2, name, "string expected, got " .. type(id))
    end
    if id == "" then refuse_argument(2, name, missing) end
    local key = lower(show(id))
    callbacks[kind .. ":" .. key] = fn
    host.announce(kind, key)
  end
end

-- Of these there is one function, the last one that was registered.
local function register_single(kind)
  nk["register_" .. kind] = function(fn)
    check_function("register_" .. kind, fn)
    callbacks[kind .. ":"] = fn
    host.announce(kind, "")
  end
end

register_named("register_rpc", "rpc", "expects rpc id")
register_named("register_req_before", "before", "expects method name")
register_named("register_req_after", "after", "expects method name")
register_named("register_rt_before", "before_rt", "expects message name")
register_named("register_rt_after", "after_rt", "expects message name")
function nk.register_storage_index_filter(name, fn)
  if type(name) ~= "string" and type(name) ~= "number" then
    refuse_argument(1, "register_storage_index_filter", "string expected, got " .. type(name))
  end
  if type(fn) ~= "function" then
    refuse_argument(2, "register_storage_index_filter", "function expected, got " .. type(fn))
  end
  callbacks["storage_index_filter:" .. show(name)] = fn
  host.announce("storage_index_filter", show(name))
end

register_single("matchmaker_matched")
register_single("tournament_end")
register_single("tournament_reset")
register_single("leaderboard_reset")
register_single("shutdown")

function nk.run_once(fn)
  check_function("run_once", fn)
  local context = host.once()
  if not context then return end
  local ok, problem = raw_pcall(fn, context)
  if not ok then fail("run_once", "error in run_once function: " .. show(translate(problem))) end
end

-- Modules ------------------------------------------------------------------------------------------

local loaded, preload = package.loaded, package.preload
local LOADING = newproxy()
local sources = {} -- the modules' compiled sources, by name
preload.nakama = function() return nk end
-- What this mock offers and Nakama does not; a module of the game's of that name replaces it.
preload.nakama_mock = function()
  local mock = {}
  for _, name in ipairs(host.mock) do mock[name] = runtime_function("nakama_mock." .. name, name) end
  return mock
end

-- As in Nakama: one for `package.preload`, one for the modules; neither knows of files.
package.loaders = {
  function(name) return preload[name] or "no field package.preload['" .. show(name) .. "']" end,
  function(name)
    return sources[name] or "no cached module '" .. show(name) .. "'"
  end,
}

function require(name)
  local value = loaded[name]
  if value == LOADING then fail("require", "loop or previous error loading module: " .. name) end
  if value then return value end
  local loader = preload[name]
  local dotted = gsub(name, "[/\\]", ".")
  if not loader then loader = preload[dotted] end
  if not loader then
    fail("require", "module " .. name .. " not found:\n\tno field package.preload['" .. name
      .. "']\n\tno cached module '" .. dotted .. "', ")
  end
  loaded[name] = LOADING
  value = loader(name)
  if loaded[name] == LOADING then
    loaded[name] = value == nil and true or value
  end
  return loaded[name]
end

local host_functions = {}

-- Compiles a module; returns what is wrong with it.
function host_functions.compile(name, path, source)
  local fn, problem = compile(source, "@" .. path)
  if not fn then
    local rest = match(problem, ":%d+: .*$") -- Lua shortens the path before it
    return path .. (rest or (": " .. problem))
  end
  language.know_source(fn, path)
  preload[name], sources[name] = fn, fn
end

-- Runs a module, unless another one has required it already; returns what went wrong.
function host_functions.run(name)
  if loaded[name] then return nil end
  local ok, problem = raw_pcall(preload[name])
  if not ok then
    if type(problem) == "table" then problem = problem[1] end
    return show(translate(problem))
  end
end

-- Makes what the loaded modules share read-only, as far as Nakama does: `table.insert` at a position,
-- `table.remove` and `table.sort` refuse it; assignments do not.
function host_functions.seal()
  library.seal(_G)
  library.seal(loaded)
end

-- What a client is told of an error: message, code, whether the module chose the code; and the text
-- for the log, with its position.
local function explain(fn, problem)
  local code, chosen = nil, false
  if type(problem) == "table" and #problem > 0 then
    code, chosen = rawget(problem, 2), #problem > 1
    if type(code) ~= "number" then code = nil end -- also "3" is no code
    problem = rawget(problem, 1)
  end
  local full = show(translate(problem))
  local source = sub(getinfo(fn, "S").source, 2)
  local message = full
  if sub(full, 1, #source) == source then
    local rest = sub(full, #source + 1)
    local _, last = find(rest, ": ", 1, true)
    message = last and sub(rest, last + 1) or rest
  end
  return message, code or false, chosen, full
end

-- Calls a registered function; returns true and its last result, or false and an explanation.
function host_functions.invoke(key, ...)
  local fn = callbacks[key]
  if not fn then return false, key .. " is registered in another state of the pool only" end
  local results = pack(raw_pcall(fn, ...))
  if not results[1] then return false, explain(fn, results[2]) end
  if results.n == 1 then return true end
  return true, results[results.n]
end

-- What match.lua needs.
host_functions.internals = { callbacks = callbacks, runtime_function = runtime_function }

return host_functions
