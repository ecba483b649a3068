"""The query language of match labels, party labels and matchmaker properties.

It is Bluge's query string with Nakama's keyword analyzer: every text is one term. `parse_query`
reads a query, `Document` holds what is searched, `BatchedIndex` what is found.

https://heroiclabs.com/docs/nakama/concepts/multiplayer/query-syntax/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_server.label_query.document import Document
from mock_server.label_query.errors import InvalidQuery, SearchError
from mock_server.label_query.index import BatchedIndex

if TYPE_CHECKING:
    from mock_server.label_query.query import Query

__all__ = [
    "EVERYTHING",
    "BatchedIndex",
    "Document",
    "InvalidQuery",
    "SearchError",
    "parse_query",
]

EVERYTHING = "*"
"""The query that finds everything."""


def parse_query(text: str) -> Query:
    """Parse a query.

    Args:
        text: The query; `*` finds everything, the empty text nothing.

    Raises:
        InvalidQuery: It can't be parsed, or is longer than 50,000 characters.
    """
    from mock_server.label_query.parser import parse  # a server that starts needs no queries yet

    return parse(text)
