"""Subscriptions: one push token, address or phone number each."""
