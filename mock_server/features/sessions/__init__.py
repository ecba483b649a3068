"""Sessions: tokens, refresh, logout."""
