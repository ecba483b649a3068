"""Outcomes: what people did, counted and summed."""
