"""Segments: named filters, evaluated when a message is sent."""
