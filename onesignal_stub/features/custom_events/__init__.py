"""Custom events: what the backend says its users did."""
