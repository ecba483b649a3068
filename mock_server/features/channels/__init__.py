"""Chat: rooms, direct messages, group channels, and their history."""
