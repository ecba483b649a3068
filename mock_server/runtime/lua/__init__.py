"""Server modules in Lua: a pool of Lua states (lupa, Lua 5.1), each call in a thread.

`language.lua` makes the language that of Nakama's own Lua (gopher-lua), `nakama.lua` adds `nk`
and runs the modules.
"""
