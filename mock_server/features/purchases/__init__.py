"""Purchases: no store is configured here."""
