"""The socket: sessions, presences, messages."""
