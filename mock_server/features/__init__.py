"""Nakama's features, one folder each: core (rules and SQL), api, pipeline, runtime."""
