"""The list of parties over HTTP."""

from __future__ import annotations

from typing import Any

from mock_server.features.parties.labels import listed
from mock_server.features.parties.listing import ListingError, PartyFilter, list_parties
from mock_server.features.parties.registry import PartyRegistry
from mock_server.http.routing import Auth, Call, Route
from mock_server.label_query import SearchError
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.output import omit_empty


def routes(registry: PartyRegistry) -> tuple[Route, ...]:
    """The routes of parties."""

    def listing(call: Call) -> dict[str, Any]:
        request = call.request
        wanted = PartyFilter(
            call.limit(default=10, maximum=100),
            request["open"],
            request["query"] or "",
            request["cursor"] or "",
        )
        try:
            found, cursor = list_parties(registry, wanted)
        except (ListingError, SearchError):
            raise GrpcError(GrpcCode.INTERNAL, "Error listing matches.") from None
        return omit_empty({"parties": [listed(entry) for entry in found], "cursor": cursor})

    return (Route("ListParties", "GET", "/v2/party", Auth.BEARER, listing),)
