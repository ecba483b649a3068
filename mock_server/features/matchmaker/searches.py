"""What a socket asks the matchmaker for: the fields that two requests have in common."""

from __future__ import annotations

from typing import Any

from mock_server.features.matchmaker.tickets import Counts, TicketSearch
from mock_server.realtime.requests import ErrorCode, RealtimeError

_LEAST = 2


def read_search(request: dict[str, Any]) -> TicketSearch:
    """What `matchmaker_add` or `party_matchmaker_add` looks for.

    Raises:
        RealtimeError: The numbers of players are out of range.
    """
    return TicketSearch(
        _counts(request),
        request["query"] or "*",
        request["string_properties"],
        request["numeric_properties"],
    )


def _counts(request: dict[str, Any]) -> Counts:
    least, most, multiple = request["min_count"], request["max_count"], request["count_multiple"]
    if least < _LEAST:
        raise _invalid(f"minimum count, must be >= {_LEAST}")
    if most < least:
        raise _invalid("maximum count, must be >= minimum count")
    if multiple is None:
        return Counts(least, most)
    if multiple < 1:
        raise _invalid("count multiple, must be >= 1")
    if least % multiple:
        raise _invalid("count multiple for minimum count, must divide")
    if most % multiple:
        raise _invalid("count multiple for maximum count, must divide")
    return Counts(least, most, multiple)


def _invalid(what: str) -> RealtimeError:
    return RealtimeError(ErrorCode.BAD_INPUT, f"Invalid {what}")
