"""Streams that server modules make."""
