"""The query language of match labels, party labels and matchmaker properties.

It is Bluge's query string with Nakama's keyword analyzer: every text is one term. `parse_query`
reads a query, `Document` holds what is searched, `BatchedIndex` what is found.

https://heroiclabs.com/docs/nakama/concepts/multiplayer/query-syntax/
"""

from mock_server.label_query.document import Document
from mock_server.label_query.index import BatchedIndex
from mock_server.label_query.parser import EVERYTHING, InvalidQuery, parse_query
from mock_server.label_query.query import Query, SearchError

__all__ = [
    "EVERYTHING",
    "BatchedIndex",
    "Document",
    "InvalidQuery",
    "Query",
    "SearchError",
    "parse_query",
]
