"""Wallets: the amounts of each currency that users have, and the ledger of changes."""
