"""The console's leaderboards and tournaments, and their records."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from mock_server.console.forms import full, internal, invalid, not_found, query_of
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.cron_schedule import ScheduleCrash
from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.leaderboards.board import Board
from mock_server.features.leaderboards.core import LeaderboardNotFound
from mock_server.features.leaderboards.messages import page_message
from mock_server.features.leaderboards.periods import next_reset, previous_reset
from mock_server.features.tournaments.core import tournament_at
from mock_server.features.tournaments.messages import tournament_message
from mock_server.wire import gojson
from mock_server.wire.output import timestamp
from mock_server.wire.schema import INT32_VALUE, INT64_VALUE, STRING, ListOf, Message
from mock_server.wire.uuids import parse_uuid

_LIST = Message("LeaderboardListRequest", cursor=STRING)
_RECORDS = Message(
    "ListLeaderboardRecordsRequest",
    owner_ids=ListOf(STRING),
    limit=INT32_VALUE,
    cursor=STRING,
    expiry=INT64_VALUE,
)
_PAGE = 100
_CURSOR = "console leaderboard"
_NOT_FOUND = "Leaderboard not found."


def list_boards(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """All leaderboards and tournaments, the least of each."""
    cursor, start = query_of(request, _LIST)["cursor"], 0
    if cursor:
        try:
            (start,) = decode_cursor(_CURSOR, cursor, int)
        except BadCursor:
            raise invalid(
                "An error occurred while trying to decode leaderboard list request cursor."
            ) from None
    boards = services.boards.all()
    end = max(start, 0) + _PAGE
    return {
        "leaderboards": [_listed(board) for board in boards[max(start, 0) : end]],
        "total": len(boards),
        "cursor": encode_cursor(_CURSOR, end) if end < len(boards) else "",
    }


def get_board(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """One leaderboard or tournament."""
    if not request.match_info["board"]:
        raise invalid("Tournament ID must be set.")
    board = _find(services, request)
    now = int(services.clock.time())
    shown = _listed(board) | {
        "metadata": board.metadata,
        "create_time": timestamp(board.create_time * 1_000_000_000, digits=0),
    }
    resets = {
        "prev_reset": max(previous_reset(board, now, 0), 0),
        "next_reset": max(next_reset(board, now), 0),
    }
    if not board.is_tournament:
        metadata = gojson.marshal(gojson.unmarshal(board.metadata))
        return shown | resets | {"metadata": metadata}
    message = full("Tournament", tournament_message(tournament_at(board, now, is_open_ended=False)))
    names = shown.keys() & message.keys() - {"sort_order", "operator", "metadata", "create_time"}
    both = {name: message[name] if name in names else shown[name] for name in shown}
    return both | resets | {"metadata": board.metadata}


def list_records(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Records of a board, as the client API lists them."""
    asked = query_of(request, _RECORDS)
    limit, owners = asked["limit"], [parse_uuid(text) for text in asked["owner_ids"]]
    if limit is not None and not 1 <= limit <= 100:
        raise invalid("Invalid limit - limit must be between 1 and 100.")
    if None in owners:
        raise invalid("One or more owner IDs are invalid.")
    if limit is None and not (owners and not asked["cursor"]):
        limit = 1
    try:
        page = services.leaderboards.page(
            request.match_info["board"],
            limit,
            cursor=asked["cursor"],
            owner_ids=[owner for owner in owners if owner],
            expiry=asked["expiry"] or 0,
        )
    except LeaderboardNotFound:
        raise not_found(_NOT_FOUND) from None
    except BadCursor:
        raise invalid("Cursor is invalid or expired.") from None
    return full("LeaderboardRecordList", page_message(page))


def delete_board(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete a board with its records; one that is not there is no error."""
    if not request.match_info["board"]:
        raise invalid("Expects a leaderboard ID")
    services.boards.delete(request.match_info["board"])
    return {}


def delete_record(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete an owner's record of the current period; one that is not there is no error."""
    board, owner = _find(services, request), parse_uuid(request.match_info["owner"])
    failure = internal(
        f"Error deleting score from {'tournament' if board.is_tournament else 'leaderboard'}."
    )
    if owner is None:
        raise failure
    where = services.tournaments if board.is_tournament else services.leaderboards
    try:
        where.delete_record(board.id, owner, authoritative=True)
    except ScheduleCrash:
        raise failure from None
    return {}


def _find(services: ConsoleServices, request: web.Request) -> Board:
    board = services.boards.find(request.match_info["board"])
    if board is None:
        raise not_found(_NOT_FOUND)
    return board


def _listed(board: Board) -> dict[str, Any]:
    return {
        "id": board.id,
        "title": "",
        "description": "",
        "category": 0,
        "sort_order": 0 if board.is_ascending else 1,
        "size": 0,
        "max_size": 0,
        "max_num_score": 0,
        "operator": board.operator - 1,
        "end_active": 0,
        "reset_schedule": board.reset_schedule,
        "metadata": "",
        "create_time": None,
        "start_time": None,
        "end_time": None,
        "duration": 0,
        "start_active": 0,
        "join_required": False,
        "authoritative": board.authoritative,
        "tournament": board.is_tournament,
        "prev_reset": 0,
        "next_reset": 0,
    }


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/leaderboard", list_boards),
    ("GET", "/leaderboard/{board}", get_board),
    ("DELETE", "/leaderboard/{board}", delete_board),
    ("GET", "/leaderboard/{board}/records", list_records),
    ("DELETE", "/leaderboard/{board}/owner/{owner}", delete_record),
)
"""What is served under `/v2/console`."""
