"""Server modules, in Lua and in Python."""
