--[[
  Runs one match whose handler is a Lua module.

  Gets the host's functions, what language.lua returned, and nakama.lua's registered callbacks and
  maker of runtime functions; the handler's name, and the match's context. Returns the context, or
  nil and what is wrong with the module. The handler's callbacks are registered as `match:NAME` for
  the host's `invoke`; each returns a list of what the callback returned, with `n`, its length, and
  without the state, of which the host learns only whether there is one.
]]--
local host, language, internals, name, context = ...

local callbacks, runtime_function = internals.callbacks, internals.runtime_function
local concat, find, gmatch = table.concat, string.find, string.gmatch
local ipairs, rawget, type, xpcall = ipairs, rawget, type, language.raw_xpcall
local pack, show, traceback, translate =
  language.pack, language.show, language.traceback, language.translate

local NAMES = {
  "match_init", "match_join_attempt", "match_join", "match_leave", "match_loop", "match_terminate",
  "match_signal",
}

local ok, handler = language.raw_pcall(require, name)
if not ok then return nil, "error loading match module: " .. show(translate(handler)) end
if type(handler) ~= "table" then
  return nil, "match module must return a table containing the match callback functions"
end
for _, callback in ipairs(NAMES) do
  if type(rawget(handler, callback)) ~= "function" then
    return nil, callback .. " not found or not a function"
  end
end

-- Where the handler's own code was when it failed.
local function trace_of(problem)
  if type(problem) == "table" then problem = rawget(problem, 1) end
  local lines = { show(translate(problem)), "stack traceback:" }
  for line in gmatch(traceback("", 2), "[^\n]+") do
    if find(line, ".lua:", 1, true) then lines[#lines + 1] = line end
  end
  return concat(lines, "\n")
end

local dispatcher = {}
for _, method in ipairs(
  { "broadcast_message", "broadcast_message_deferred", "match_kick", "match_label_update" }
) do
  dispatcher[method] = runtime_function("match." .. method, method)
end

local state

-- A state is kept in Lua; the host sees `true` for one, and everything else as it is.
local function keep(results, at)
  if at > 0 and results[at] ~= nil then
    state = results[at]
    results[at] = true
  end
  return results
end

function callbacks.match_init(params)
  local init, results, trace = rawget(handler, "match_init"), nil, nil
  local fine = xpcall(
    function() results = pack(init(context, params)) end,
    function(problem) trace = trace_of(problem) end
  )
  if not fine then language.raw_error(trace, 0) end
  if type(results[results.n - 1]) == "number" then
    context.match_tick_rate, context.match_label = results[results.n - 1], results[results.n]
  end
  return keep(results, results.n - 2)
end

-- Where the state is among the results; a reason is behind the decision.
function callbacks.match_join_attempt(applicant, tick, presence, metadata)
  for key, value in language.next, context do applicant[key] = value end
  local results =
    pack(rawget(handler, "match_join_attempt")(applicant, dispatcher, tick, state, presence, metadata))
  local at = results.n - 1
  if type(results[results.n]) == "string" then at = at - 1 end
  return keep(results, at)
end

function callbacks.match_signal(tick, data)
  local results = pack(rawget(handler, "match_signal")(context, dispatcher, tick, state, data))
  return keep(results, results.n - 1)
end

for _, callback in ipairs({ "match_join", "match_leave", "match_loop", "match_terminate" }) do
  callbacks[callback] = function(tick, argument)
    local results = pack(rawget(handler, callback)(context, dispatcher, tick, state, argument))
    return keep(results, results.n)
  end
end

function callbacks.match_state() return state end

return context
