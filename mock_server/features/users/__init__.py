"""Users: what everybody sees of an account."""
