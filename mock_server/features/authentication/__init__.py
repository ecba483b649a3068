"""Authentication: log in, or sign up, by device, custom id or email."""
