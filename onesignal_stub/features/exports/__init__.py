"""Exports: CSV files of players and of a message's events."""
