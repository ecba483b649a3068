"""Server modules: what they register and what they may call."""
