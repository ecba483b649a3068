"""Purchases and subscriptions, by receipts of the mock's own."""
