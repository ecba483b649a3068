"""The list of parties."""

from __future__ import annotations

from attrs import frozen

from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.parties.labels import PartyEntry
from mock_server.features.parties.registry import PartyRegistry
from mock_server.label_query import EVERYTHING, InvalidQuery, parse_query

_KIND = "parties"


class ListingError(Exception):
    """A list can't be made; the message is Nakama's."""


@frozen
class PartyFilter:
    """The filter of a list.

    Attributes:
        limit: How many at most.
        open: Whether one joins them without being accepted; None is both.
        query: A query on labels and the index's other fields; empty is everything.
        cursor: Where the page before ended; empty is the beginning.
        hidden: Whether hidden ones are shown, too.
    """

    limit: int
    open: bool | None
    query: str
    cursor: str
    hidden: bool = False


def list_parties(
    registry: PartyRegistry, wanted: PartyFilter
) -> tuple[list[PartyEntry], str | None]:
    """The parties that fit, the best first, and the next page's cursor, if there is one.

    Raises:
        ListingError: The cursor is none, or one of another list.
        InvalidQuery: The query can't be parsed.
        SearchError: One can't search with it.
    """
    query = wanted.query or EVERYTHING
    offset = _offset(wanted, query) if wanted.cursor else 0
    try:
        parsed = parse_query(query)
    except InvalidQuery as error:
        raise ListingError(f"error parsing query string: {error}") from None
    found = parsed.search(registry.index.current())
    fitting = [
        (score, entry)
        for score, entry in found
        if wanted.open in (None, entry.open) and (wanted.hidden or not entry.hidden)
    ]
    fitting.sort(key=lambda scored: scored[0], reverse=True)
    end = offset + wanted.limit
    page = [entry for _, entry in fitting[offset:end]]
    if len(fitting) <= end:
        return page, None
    return page, encode_cursor(_KIND, query, str(wanted.open), wanted.limit, end)


def _offset(wanted: PartyFilter, query: str) -> int:
    try:
        asked, is_open, limit, offset = decode_cursor(_KIND, wanted.cursor, str, str, int, int)
    except BadCursor:
        raise ListingError("invalid cursor") from None
    if asked != query:
        raise ListingError("invalid cursor: param query mismatch")
    if limit != wanted.limit:
        raise ListingError("invalid cursor: param limit mismatch")
    if is_open != str(wanted.open):  # Nakama crashes where one of them is absent
        raise ListingError("invalid cursor: param open mismatch")
    if offset < 0:
        raise ListingError("invalid cursor")
    return int(offset)
