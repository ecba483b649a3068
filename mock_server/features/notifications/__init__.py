"""Notifications: stored, pushed, listed, deleted."""
