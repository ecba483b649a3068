"""Accounts as documents: export and import."""
