"""Moderation: accounts are banned and deleted, with all that hangs on them."""
