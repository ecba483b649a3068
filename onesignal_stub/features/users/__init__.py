"""Users: who the subscriptions belong to, by their aliases."""
