"""Tournaments: leaderboards that are open for a time, which one may have to join."""
