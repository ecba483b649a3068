-- Whom the matchmaker brought together play tic-tac-toe: the handler is tic_tac_toe.lua.
local nk = require("nakama")

nk.register_matchmaker_matched(function(context, players)
  return nk.match_create("tic_tac_toe", {})
end)
