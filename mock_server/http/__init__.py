"""The client API over HTTP: the gateway and what surrounds it."""
