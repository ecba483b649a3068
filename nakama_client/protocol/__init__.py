"""Decisions without I/O: what to send, what an answer means, what comes next."""
