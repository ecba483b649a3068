"""Journeys: who enters them and which steps follow, kept as drafts or set live."""
