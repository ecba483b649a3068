"""Changes of accounts, storage and wallets in one transaction."""
