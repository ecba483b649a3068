-- Tic-tac-toe as an authoritative match: the server keeps the board, and decides.
local nk = require("nakama")

local START, MOVE, BOARD, REFUSED, OVER = 1, 2, 3, 4, 5
local ROWS = {
  { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 },
  { 1, 4, 7 }, { 2, 5, 8 }, { 3, 6, 9 },
  { 1, 5, 9 }, { 3, 5, 7 },
}
local MARKS = { "X", "O" }

local function winner(board)
  for _, row in ipairs(ROWS) do
    local mark = board[row[1]]
    if mark ~= "" and mark == board[row[2]] and mark == board[row[3]] then
      return mark
    end
  end
  for _, mark in ipairs(board) do
    if mark == "" then
      return nil
    end
  end
  return "nobody"
end

local function tell(state, mark)
  for number, player in ipairs(state.players) do
    local subject = "You lost"
    if mark == "nobody" then
      subject = "A draw"
    elseif mark == MARKS[number] then
      subject = "You won"
    end
    nk.notification_send(player.user_id, subject, { mark = MARKS[number] }, 200, nil, true)
  end
end

local M = {}

function M.match_init(context, params)
  local board = { "", "", "", "", "", "", "", "", "" }
  return { board = board, players = {}, turn = 1 }, 30, '{"game":"tic_tac_toe"}'
end

function M.match_join_attempt(context, dispatcher, tick, state, presence, metadata)
  return state, #state.players < 2, "the board is taken"
end

function M.match_join(context, dispatcher, tick, state, presences)
  for _, presence in ipairs(presences) do
    table.insert(state.players, presence)
  end
  if #state.players == 2 then
    for number, player in ipairs(state.players) do
      local start = { mark = MARKS[number], first = number == 1 }
      dispatcher.broadcast_message(START, nk.json_encode(start), { player })
    end
  end
  return state
end

function M.match_leave(context, dispatcher, tick, state, presences)
  return nil
end

function M.match_loop(context, dispatcher, tick, state, messages)
  for _, message in ipairs(messages) do
    local player = state.players[state.turn]
    local cell = message.op_code == MOVE and tonumber(message.data)
    if message.sender.session_id ~= player.session_id or state.board[cell] ~= "" then
      dispatcher.broadcast_message(REFUSED, nil, { message.sender })
    else
      state.board[cell] = MARKS[state.turn]
      state.turn = 3 - state.turn
      local mark = winner(state.board)
      local update = { board = state.board, next = MARKS[state.turn], winner = mark }
      dispatcher.broadcast_message(mark and OVER or BOARD, nk.json_encode(update))
      if mark then
        tell(state, mark)
        return nil
      end
    end
  end
  return state
end

function M.match_terminate(context, dispatcher, tick, state, grace_seconds)
  return nil
end

function M.match_signal(context, dispatcher, tick, state, data)
  return state, nk.json_encode(state.board)
end

return M
