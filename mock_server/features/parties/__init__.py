"""Parties: there are none to list."""
