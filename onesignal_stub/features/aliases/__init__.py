"""Aliases: the names of a user, `external_id` first among them."""
