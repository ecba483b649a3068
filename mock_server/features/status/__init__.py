"""Status: followers, and the status of users."""
