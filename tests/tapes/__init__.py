"""Tapes: conversations recorded from a real Nakama 3.40, and the player that repeats them.

Each `*.json` file here is one scenario: steps of HTTP requests and socket frames with the answers
the real server gave. `player.Player` plays one against a server and compares every answer, the
order of JSON keys included.
"""
