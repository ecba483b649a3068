"""Accounts: a user with the fields that only they can read."""
