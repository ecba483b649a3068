"""Why one can't search with a query."""

from __future__ import annotations


class InvalidQuery(ValueError):
    """A query can't be parsed; the message is Nakama's."""


class SearchError(ValueError):
    """A query that parses can't be searched with; the message is Nakama's."""
