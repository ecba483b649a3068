"""Groups: guilds and their members."""
