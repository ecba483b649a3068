"""Users: the public fields of accounts."""
