"""Storage: JSON objects in collections, with owners, permissions and versions."""
