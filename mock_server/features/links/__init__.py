"""Linking: further ways to log in to an account."""
