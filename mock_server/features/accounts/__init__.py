"""Accounts: the user and what only he sees."""
