"""Leaderboards: as far as server modules create them."""
