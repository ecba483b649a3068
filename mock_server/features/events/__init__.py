"""Events: what clients report to server modules."""
