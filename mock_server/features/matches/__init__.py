"""Matches: relayed ones, and those whose handler is a server module."""
