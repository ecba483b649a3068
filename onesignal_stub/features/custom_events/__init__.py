"""Custom events of users, as a backend reports them."""
