"""Templates: the content of messages, kept for use by id."""
