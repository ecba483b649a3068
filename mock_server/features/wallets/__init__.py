"""Wallets: what users own, as whole numbers by name, and how it came about."""
