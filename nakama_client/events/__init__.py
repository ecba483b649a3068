"""How an event comes to the user: handlers, subscriptions, and the queues before them."""
