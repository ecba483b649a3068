--[[
  string.find, match, gmatch and gsub that can be cut: a pattern of C that backtracks holds the
  whole server, and one with many `?` overflows the stack of C.

  C's functions are used where the worst case is small: with k quantifiers a text of n letters has
  about n^(k+1) / (k+1)! ways to be matched. Otherwise the pattern is matched here, item by item, to
  the same result; C only tells how far a single item reaches.

  Gets what language.lua and limits.lua returned, and the host's `find(text, plain, first)`, which
  tells where a text begins in another. Returns the four functions.
]]--
local host, language, limits = ...

local byte, raw_find, raw_gmatch, raw_gsub, raw_match, sub =
  string.byte, string.find, string.gmatch, string.gsub, string.match, string.sub
local concat, floor, huge, max = table.concat, math.floor, math.huge, math.max
local raw_tonumber, type, unpack = language.raw_tonumber, type, unpack
local call, look, spend, raise = language.call, limits.look, limits.spend, language.raise

local MOST = 2000000 -- the most steps that C may take in one go: some milliseconds
local FEW = 10000 -- steps that are not worth a look at the clock
local DEEPEST = 1000 -- items: C calls itself for most of them, and has no limit
local CAPTURES = 32
local KEPT, KEPT_LENGTH = 200, 1000 -- how many patterns are remembered, and how long ones

-- From a pattern to its items ---------------------------------------------------------------------

local SINGLE, OPTIONAL, MANY, LAZY, OPEN, CLOSE, BALANCE, SAME, TAIL, PROBLEM, FINISH =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
local QUANTIFIERS = { ["?"] = OPTIONAL, ["*"] = MANY, ["+"] = MANY, ["-"] = LAZY }

-- Where the class that begins at `i` ends, or nil and what is wrong with it.
local function class_end(pattern, i)
  local first = sub(pattern, i, i)
  if first == "%" then
    if i == #pattern then return nil, "malformed pattern (ends with '%')" end
    return i + 1
  elseif first ~= "[" then
    return i
  end
  i = i + 1
  if sub(pattern, i, i) == "^" then i = i + 1 end
  repeat -- a `]` that comes first is one of the set
    local letter = sub(pattern, i, i)
    if letter == "" then return nil, "malformed pattern (missing ']')" end
    i = i + 1
    if letter == "%" and i <= #pattern then i = i + 1 end
  until sub(pattern, i, i) == "]"
  return i
end

-- The item of a class with its quantifier, and where it ends.
local function class_item(pattern, i)
  local last, problem = class_end(pattern, i)
  if not last then return { op = PROBLEM, text = problem }, #pattern end
  local class = sub(pattern, i, last)
  local item = { op = SINGLE }
  if last == i and class ~= "." then
    item.code = byte(class)
    if raw_find(class, "^%p") then class = "%" .. class end
  end
  item.one, item.run = "^" .. class, "^" .. class .. "*"
  local quantifier = sub(pattern, last + 1, last + 1)
  if QUANTIFIERS[quantifier] then
    item.op, item.least, last = QUANTIFIERS[quantifier], quantifier == "+" and 1 or 0, last + 1
  end
  return item, last
end

-- The item that begins at `i`, and where it ends.
local function item_at(pattern, i)
  local first, second = sub(pattern, i, i), sub(pattern, i + 1, i + 1)
  if first == "(" then
    if second == ")" then return { op = OPEN, is_position = true }, i + 1 end
    return { op = OPEN }, i
  elseif first == ")" then
    return { op = CLOSE }, i
  elseif first == "$" and i == #pattern then
    return { op = TAIL }, i
  elseif first == "%" and second == "b" then
    if #pattern < i + 3 then return { op = PROBLEM, text = "unbalanced pattern" }, #pattern end
    return { op = BALANCE, run = "^" .. sub(pattern, i, i + 3) }, i + 3
  elseif first == "%" and raw_find(second, "^%d") then
    return { op = SAME, number = raw_tonumber(second) }, i + 1
  end
  return class_item(pattern, i)
end

local function items_of(pattern, i)
  local items = {}
  while i <= #pattern do
    spend(1)
    items[#items + 1], i = item_at(pattern, i)
    i = i + 1
  end
  items[#items + 1] = { op = FINISH }
  return items
end

-- The last item that can fail; a quantifier behind it gives nothing back.
local function last_failing(items)
  for number = #items, 1, -1 do
    local item = items[number]
    local op = item.op
    local is_sure = op == FINISH or op == OPTIONAL or op == OPEN or op == CLOSE
      or (op == MANY or op == LAZY) and item.least == 0
    if not is_sure then return op == MANY and number - 1 or number end
  end
  return 0
end

-- How long a text may be so that C takes no more steps than `most` for it.
local function longest(items, tries, most)
  local ways, each = tries, 1
  for number = 1, last_failing(items) do
    local op = items[number].op
    if op == MANY or op == LAZY or op == BALANCE or op == SAME then
      ways = ways + 1
      most = most * ways
    elseif op == OPTIONAL then
      each = each * 2
    end
  end
  if ways > 100 or #items > DEEPEST then return -1 end
  each = each * max(1, #items / (ways + 1))
  if ways == 0 then return each <= most and huge or -1 end
  return floor((most / each) ^ (1 / ways)) - ways
end

local SPECIAL = "[%^%$%*%+%?%.%(%[%%%-]"

local function analysed(pattern, is_anchored)
  local text = raw_match(pattern, "^%Z*") -- in C a zero ends a pattern
  local items = items_of(text, is_anchored and 2 or 1)
  local tries = is_anchored and 0 or 1
  return {
    is_plain = not raw_find(text, SPECIAL),
    is_anchored = is_anchored,
    items = items,
    safe = longest(items, tries, MOST),
    cheap = longest(items, tries, FEW),
  }
end

-- Returns a function that analyses patterns and remembers some; `anchor` is the byte that ties one
-- to where a search begins.
local function remembering(anchor)
  local known, count = {}, 0
  return function(pattern)
    local found = known[pattern]
    if found then return found end
    found = analysed(pattern, byte(pattern) == anchor)
    if #pattern > KEPT_LENGTH then return found end
    if count == KEPT then known, count = {}, 0 end
    known[pattern], count = found, count + 1
    return found
  end
end

local about = remembering(byte("^"))
local about_all = remembering(0) -- for gmatch, to which `^` is a letter

-- Whether C may match it.
local function is_safe(text, known)
  if #text > known.safe then return false end
  if #text > known.cheap then look() end
  return true
end

-- Matching ----------------------------------------------------------------------------------------

local UNFINISHED, POSITION = -1, -2

-- Returns `try(i)`, which tells where a match that begins at `i` ends, and `captured(first, last)`,
-- which returns the captures of this match; the whole of it where there are none.
local function matcher(text, items)
  local last = #text
  local level, starts, lengths = 0, {}, {}
  local run

  local function is_one(item, i)
    if i > last then return false end
    if item.code then return byte(text, i) == item.code end
    return raw_find(text, item.one, i) ~= nil
  end

  local function many(item, i, n)
    local _, reached = raw_find(text, item.run, i)
    spend(reached - i + 1)
    for next = reached + 1, i + item.least, -1 do
      local ended = run(next, n + 1)
      if ended then return ended end
    end
  end

  local function lazy(item, i, n)
    while true do
      local ended = run(i, n + 1)
      if ended then return ended end
      if not is_one(item, i) then return nil end
      i = i + 1
    end
  end

  local function open(item, i, n)
    if level >= CAPTURES then raise("too many captures") end
    level = level + 1
    starts[level], lengths[level] = i, item.is_position and POSITION or UNFINISHED
    local ended = run(i, n + 1)
    if not ended then level = level - 1 end
    return ended
  end

  local function close(i, n)
    local number = level
    while number > 0 and lengths[number] ~= UNFINISHED do number = number - 1 end
    if number == 0 then raise("invalid pattern capture") end
    lengths[number] = i - starts[number]
    local ended = run(i, n + 1)
    if not ended then lengths[number] = UNFINISHED end
    return ended
  end

  -- Where what was captured before ends, when it comes again.
  local function same(item, i)
    local number = item.number
    local length = number > 0 and number <= level and lengths[number] or UNFINISHED
    if length == UNFINISHED then raise("invalid capture index") end
    if length == POSITION or last - i + 1 < length then return nil end
    spend(length)
    local first = starts[number]
    return sub(text, i, i + length - 1) == sub(text, first, first + length - 1) and i + length or nil
  end

  local function balanced(item, i)
    local _, ended = raw_find(text, item.run, i)
    spend((ended or last) - i + 1)
    return ended and ended + 1
  end

  function run(i, n)
    while true do
      local item = items[n]
      local op = item.op
      if op == SINGLE then
        if not is_one(item, i) then return nil end
        i = i + 1
      elseif op == MANY then return many(item, i, n)
      elseif op == LAZY then return lazy(item, i, n)
      elseif op == OPTIONAL then
        local ended = is_one(item, i) and run(i + 1, n + 1)
        if ended then return ended end
      elseif op == OPEN then return open(item, i, n)
      elseif op == CLOSE then return close(i, n)
      elseif op == FINISH then return i
      elseif op == TAIL then return i == last + 1 and i or nil
      elseif op == PROBLEM then raise(item.text)
      else
        i = op == SAME and same(item, i) or op == BALANCE and balanced(item, i)
        if not i then return nil end
      end
      n = n + 1
    end
  end

  local function capture(number, first, ended)
    if number > level then
      if number ~= 1 then raise("invalid capture index") end
      return sub(text, first, ended - 1)
    end
    local length = lengths[number]
    if length == UNFINISHED then raise("unfinished capture") end
    if length == POSITION then return starts[number] end
    return sub(text, starts[number], starts[number] + length - 1)
  end

  local function try(i)
    level = 0
    return run(i, 1)
  end

  local function captured(first, ended, least)
    local values = {}
    for number = 1, max(level, least) do values[number] = capture(number, first, ended) end
    return unpack(values)
  end

  return try, captured, capture
end

-- The first match at `i` or behind it: where it begins and ends.
local function search(try, known, i, text)
  repeat
    local ended = try(i)
    if ended then return i, ended end
    i = i + 1
  until known.is_anchored or i > #text + 1
end

-- Whether they are what can be matched here; C says what is wrong with others.
local function are_texts(text, pattern)
  return type(text) == "string" and type(pattern) == "string"
end

-- Where C would begin.
local function start(name, text, first)
  return first == nil and 1 or (call(name, raw_find, text, "", first))
end

-- The functions -----------------------------------------------------------------------------------

local patterns = {}

local function find_plain(text, plain, first)
  if #text * #plain < MOST then return call("find", raw_find, text, plain, first, true) end
  look()
  local i = host.find(text, plain, start("find", text, first))
  if i then return i, i + #plain - 1 end
  return nil
end

function patterns.find(text, pattern, first, is_plain)
  if not are_texts(text, pattern) then
    return call("find", raw_find, text, pattern, first, is_plain)
  end
  if is_plain then return find_plain(text, pattern, first) end
  local known = about(pattern)
  if known.is_plain then return find_plain(text, pattern, first) end
  if is_safe(text, known) then return call("find", raw_find, text, pattern, first) end
  local try, captured = matcher(text, known.items)
  local i, ended = search(try, known, start("find", text, first), text)
  if i then return i, ended - 1, captured(i, ended, 0) end
  return nil
end

function patterns.match(text, pattern, first)
  local known = are_texts(text, pattern) and about(pattern)
  if not known or is_safe(text, known) then
    return call("match", raw_match, text, pattern, first)
  end
  local try, captured = matcher(text, known.items)
  local i, ended = search(try, known, start("match", text, first), text)
  if i then return captured(i, ended, 1) end
  return nil
end

function patterns.gmatch(text, pattern)
  local known = are_texts(text, pattern) and about_all(pattern)
  if not known or is_safe(text, known) then return call("gmatch", raw_gmatch, text, pattern) end
  local try, captured = matcher(text, known.items)
  local next = 1
  return function()
    if next > #text + 1 then return nil end
    local i, ended = search(try, known, next, text)
    if not i then
      next = #text + 2
      return nil
    end
    next = ended == i and ended + 1 or ended
    return captured(i, ended, 1)
  end
end

-- A replacement text with the captures that it names.
local function filled(replacement, capture, first, ended, text)
  return (raw_gsub(replacement, "%%(.?)", function(letter)
    if letter == "" then return "\0" end -- as C, which reads on behind the end
    if letter == "0" then return sub(text, first, ended - 1) end
    local number = raw_find(letter, "^%d") and raw_tonumber(letter)
    return number and capture(number, first, ended) or letter
  end))
end

-- Returns what makes the text in the place of a match.
local function replacer(text, replacement, captured, capture)
  local kind = type(replacement)
  return function(first, ended)
    local value
    if kind == "function" then
      value = replacement(captured(first, ended, 1))
    elseif kind == "table" then
      value = replacement[capture(1, first, ended)]
    else
      value = filled(replacement, capture, first, ended, text)
    end
    if not value then return sub(text, first, ended - 1) end
    if type(value) ~= "string" and type(value) ~= "number" then
      raise("invalid replacement value (a " .. type(value) .. ")")
    end
    return value
  end
end

function patterns.gsub(text, pattern, replacement, limit)
  local known = are_texts(text, pattern) and about(pattern)
  if not known or is_safe(text, known) then
    -- Without `call`, for errors of the function keep their positions.
    if type(replacement) == "function" then return raw_gsub(text, pattern, replacement, limit) end
    return call("gsub", raw_gsub, text, pattern, replacement, limit)
  end
  local most = #text + 1
  if limit ~= nil then
    call("gsub", raw_gsub, "", "", "", limit) -- says what is wrong with it
    most = raw_tonumber(limit)
    most = most < 0 and 0 or floor(most)
  end
  local try, captured, capture = matcher(text, known.items)
  local replaced = replacer(text, replacement, captured, capture)
  local pieces, count, i, copied = {}, 0, 1, 1
  while count < most do
    local ended = try(i)
    if ended then
      count = count + 1
      pieces[#pieces + 1] = sub(text, copied, i - 1)
      pieces[#pieces + 1] = replaced(i, ended)
      copied = ended
    end
    if ended and ended > i then
      i = ended
    else
      i = i + 1
    end
    if i > #text + 1 or known.is_anchored then break end
  end
  pieces[#pieces + 1] = sub(text, copied)
  return concat(pieces), count
end

return patterns
