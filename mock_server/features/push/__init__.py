"""Push messages: the device registry, the push rules, and the client for OneSignal."""
