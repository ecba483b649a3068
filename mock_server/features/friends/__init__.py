"""Friends: invites, friendships, blocks."""
