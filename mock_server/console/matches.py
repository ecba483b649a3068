"""The operators' view of matches: the list, and the state of one."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from mock_server.console.forms import query_of
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.features.matches.api import match_filter
from mock_server.features.matches.ids import parse_match_id
from mock_server.features.matches.listing import ListedMatch, MatchListing
from mock_server.label_query import InvalidQuery, SearchError
from mock_server.runtime.errors import ModuleError
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.schema import BOOL_VALUE, INT32_VALUE, STRING, STRING_VALUE, Message

_LIST = Message(
    "ListMatchesRequest",
    limit=INT32_VALUE,
    authoritative=BOOL_VALUE,
    label=STRING_VALUE,
    min_size=INT32_VALUE,
    max_size=INT32_VALUE,
    match_id=STRING,
    query=STRING_VALUE,
    node=STRING_VALUE,
)
_MAX_LIMIT = 100


def list_matches(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The matches that fit, or the match with an id; without a limit 100.

    An id that means no match gives one entry without a match, as in Nakama.

    Raises:
        GrpcError: Bad parameters.
    """
    wanted, listing = query_of(request, _LIST), services.match_listing
    is_authoritative, match_id = wanted["authoritative"], wanted["match_id"]
    if is_authoritative and wanted["query"] is not None:
        match_id = wanted["query"]
    if match_id:
        try:
            return _page([_only(listing, match_id, is_authoritative)])
        except ModuleError:  # no match id
            if not is_authoritative:
                raise _invalid("Match ID is not valid.") from None
    limit = _MAX_LIMIT if wanted["limit"] is None else wanted["limit"]
    if not 1 <= limit <= _MAX_LIMIT:
        raise _invalid(f"Invalid limit - limit must be between 1 and {_MAX_LIMIT}.")
    try:
        found = listing.find(match_filter(wanted, node=wanted["node"]), limit)
    except (InvalidQuery, SearchError):
        raise GrpcError(GrpcCode.INTERNAL, "Error listing matches.") from None
    return _page(found)


async def match_state(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The tick, the members and the state of a match; a relayed one has none of them.

    Raises:
        GrpcError: No match id, no such match, or a state that can't be shown.
    """
    matches = services.matches
    match_id = parse_match_id(request.match_info["id"])
    if match_id is None:
        raise _invalid("Invalid match ID.")
    if match_id.is_relayed or not matches.runs_here(match_id):
        return {"presences": [], "tick": "0", "state": ""}
    match = matches.find(match_id)
    try:
        state = await match.state() if match is not None else None
    except ModuleError:
        raise GrpcError(GrpcCode.INTERNAL, "Error listing matches.") from None
    if state is None:
        raise _invalid("Match not found, or match handler already stopped.")
    return {
        "presences": [
            {**member.message(), "persistence": False, "status": None} for member in state.members
        ],
        "tick": str(state.tick),
        "state": state.state,
    }


def _only(
    listing: MatchListing, match_id: str, is_authoritative: bool | None
) -> ListedMatch | None:
    match = listing.get(match_id)
    if match is not None and match.node and is_authoritative is False:
        raise _invalid("Match ID is not valid.")
    return match


def _page(matches: list[ListedMatch | None] | list[ListedMatch]) -> dict[str, Any]:
    return {
        "matches": [
            {"api_match": match and _shown(match), "node": match.node if match else ""}
            for match in matches
        ]
    }


def _shown(match: ListedMatch) -> dict[str, Any]:
    return {
        "match_id": match.match_id,
        "authoritative": match.is_authoritative,
        "label": match.label,
        "size": match.size,
        "tick_rate": match.tick_rate,
        "handler_name": match.handler_name,
    }


def _invalid(message: str) -> GrpcError:
    return GrpcError(GrpcCode.INVALID_ARGUMENT, message)


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/match", list_matches),
    ("GET", "/match/{id}/state", match_state),
)
"""What is served under `/v2/console`."""
