--[[
  The border between Lua and the host: no object of the host is ever a value that a module sees.

  Gets the host's table, whose `memory` is how many KiB may be in use where the host is called.
  Returns a copy in which each function is one of Lua's, with the host's own inside, where nothing
  can get at it. What the host's function raises ends here, too: an error in Lua is a text.
]]--
local host = ...

local collectgarbage, error, pairs, pcall, type = collectgarbage, error, pairs, pcall, type
local memory = host.memory

local function passed(ok, ...)
  if ok then return ... end
  local problem = ...
  error(type(problem) == "string" and problem or "the mock failed; its log says how", 0)
end

local function enclosed(fn)
  return function(...)
    if collectgarbage("count") > memory then error("not enough memory", 0) end
    return passed(pcall(fn, ...))
  end
end

local functions = {}
for name, value in pairs(host) do
  functions[name] = type(value) == "userdata" and enclosed(value) or value
end
return functions
