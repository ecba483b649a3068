"""Logins with Facebook and Steam, and the import of friends from there."""
