"""Users: the owners of subscriptions, found by their aliases."""
