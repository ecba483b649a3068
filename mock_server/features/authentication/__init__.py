"""Authentication: log in, or sign up, by device, custom id, email, Facebook or Steam."""
