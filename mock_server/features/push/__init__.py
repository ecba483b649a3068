"""Push messages: whose devices there are, what becomes a push, and the client for OneSignal."""
