"""Moderation: bans and deletes accounts, with their tokens, sockets and groups."""
