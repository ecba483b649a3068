"""The list of matches over HTTP."""

from __future__ import annotations

from typing import Any

from mock_server.features.matches.listing import MatchFilter, MatchListing
from mock_server.http.routing import Auth, Call, Route
from mock_server.label_query import InvalidQuery, SearchError
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.output import omit_empty


def routes(listing: MatchListing) -> tuple[Route, ...]:
    """The routes of matches."""

    def list_matches(call: Call) -> dict[str, Any]:
        limit = call.limit(default=10, maximum=100)
        wanted = match_filter(call.request)
        try:
            found = listing.find(wanted, limit)
        except (InvalidQuery, SearchError):
            raise GrpcError(GrpcCode.INTERNAL, "Error listing matches.") from None
        return omit_empty({"matches": [match.message() for match in found]})

    return (Route("ListMatches", "GET", "/v2/match", Auth.BEARER, list_matches),)


def match_filter(request: dict[str, Any], *, node: str | None = None) -> MatchFilter:
    """The filter of a request.

    Args:
        request: Its fields.
        node: Only matches of this server.

    Raises:
        GrpcError: That can't be.
    """
    is_relayed = request["authoritative"] is False
    least, most = request["min_size"], request["max_size"]
    if is_relayed and request["label"] is not None:
        raise _invalid("Label filtering is not supported for non-authoritative matches.")
    if is_relayed and request["query"] is not None:
        raise _invalid("Query filtering is not supported for non-authoritative matches.")
    if least is not None and least < 0:
        raise _invalid("Minimum size must be 0 or above.")
    if most is not None and most < 0:
        raise _invalid("Maximum size must be 0 or above.")
    if least is not None and most is not None and least > most:
        raise _invalid(
            "Maximum size must be greater than or equal to minimum size when both are specified."
        )
    return MatchFilter(
        request["authoritative"], request["label"], request["query"], least, most, node
    )


def _invalid(message: str) -> GrpcError:
    return GrpcError(GrpcCode.INVALID_ARGUMENT, message)
