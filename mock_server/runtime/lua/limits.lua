--[[
  Looks at the clock while Lua runs, so that a call can be cut and others have their turns.

  Gets the host's functions: `over()` gives others a turn, and returns a text if the call under way
  must end. Returns `look()`, and `spend(steps)` for what a function of C does in one go.
]]--
local host = ...

local clock, max, min, raw_error, sethook = os.clock, math.max, math.min, error, debug.sethook

local INTERVAL = 0.01 -- seconds of CPU between two turns of others
local STEPS = 200000 -- of a function of C, between two looks at the clock
-- Instructions between two looks. The most cost Lua 1 to 2 per cent; fewer are for code of which an
-- instruction takes long, as one that joins texts of a megabyte.
local FEWEST, MOST = 100, 10000
local QUICK, SLOW = 0.001, 0.05 -- seconds of CPU between two looks

local looked, spent = clock(), 0

local function look()
  spent = 0
  local passed = clock() - looked
  if passed >= 0 and passed < INTERVAL then return end
  local over = host.over()
  looked = clock()
  if over then raw_error(over, 0) end
end

local function spend(steps)
  spent = spent + steps
  if spent >= STEPS then look() end
end

local count, watched = MOST, clock()

local function watch()
  local now = clock()
  local passed, before = now - watched, count
  if passed > SLOW then
    count = max(FEWEST, count / 10)
  elseif passed < QUICK then
    count = min(MOST, count * 10)
  end
  if count ~= before then sethook(watch, "", count) end
  look()
  watched = clock()
end

sethook(watch, "", count)

return { look = look, spend = spend }
