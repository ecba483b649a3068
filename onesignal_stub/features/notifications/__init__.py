"""Notifications: create, schedule, deliver, read, cancel."""
