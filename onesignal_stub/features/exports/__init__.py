"""Exports: CSV files of players and of what happened to a message."""
