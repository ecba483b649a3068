"""Outcomes: counted and summed actions of users."""
