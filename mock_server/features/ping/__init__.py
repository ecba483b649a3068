"""The application's own ping and pong."""
