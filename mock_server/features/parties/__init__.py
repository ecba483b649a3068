"""Parties: players who stay together, with a leader, and look for a match as one."""
