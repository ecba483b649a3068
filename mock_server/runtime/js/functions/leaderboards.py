"""`nk.leaderboard…` and `nk.leaderboards…`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk, retold
from mock_server.runtime.js.given import Given, Object, camel_keys, json_of
from mock_server.runtime.js.values import UNDEFINED
from mock_server.wire.uuids import parse_uuid

METADATA = frozenset({"metadata"})
_ID = "expects a leaderboard ID string"
_OWNER = "expects owner ID to be a valid identifier"
_OPERATORS = ("best", "set", "incr", "increment", "decr", "decrement")
_ORDERS = ("asc", "ascending", "desc", "descending")
_MOST_RECORDS = 10_000  # of a list; Nakama has no limit here
_NO_PERIOD = 1  # an expiry that no records have
_CHECK = (
    'error writing leaderboard record: ERROR: new row for relation "leaderboard_record" violates '
    'check constraint "leaderboard_record_{}_check" (SQLSTATE 23514)'
)


def leaderboard_create(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardCreate(id, authoritative?, sortOrder?, operator?, reset?, metadata?, …)`."""
    board = given.filled(0, _ID)
    authoritative = given.defined(1, given.flag, False)
    order, operator = sorting(given, 2)
    schedule = given.optional(4, given.text, "") or None
    metadata = board_metadata(given, 5, ScriptTypeError)
    ranks = given.optional(6, given.flag, False)
    nk("leaderboard_create", board, authoritative, order, operator, schedule, metadata, ranks)
    return UNDEFINED


def leaderboard_delete(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardDelete(id)`."""
    nk("leaderboard_delete", given.filled(0, _ID))
    return UNDEFINED


def leaderboards_get_id(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardsGetId(ids)`."""
    ids = board_ids(given, "leaderboard")
    return [board_object(each) for each in nk("leaderboards_get_id", ids)] if ids else []


def leaderboard_list(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardList(limit?, cursor?)`."""
    limit = given.optional(0, given.integer, 10)
    if not 1 <= limit <= 100:
        raise ScriptTypeError("limit must be 1-100")
    found, cursor = nk("leaderboard_list", limit, list_cursor(given, 1))
    return {"leaderboards": [board_object(each) for each in found], "cursor": cursor or None}


def leaderboard_ranks_disable(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardRanksDisable(id)`."""
    board = given.text(0)
    if not board:
        raise ScriptGoError("leaderboard not found")
    with retold("^error disabling leaderboard ranks: ", ""):
        nk("leaderboard_ranks_disable", board)
    return UNDEFINED


def leaderboard_record_write(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardRecordWrite(id, ownerId, username?, score?, subscore?, metadata?, …)`."""
    board, owner = given.filled(0, _ID), given.uuid(1, _OWNER)
    username = given.optional(2, given.text, "") or None
    score, subscore = given.optional(3, given.integer, 0), given.optional(4, given.integer, 0)
    metadata = board_metadata(given, 5)
    operator = given.text(6).lower() if given.has(6) else None
    if operator is not None and operator not in _OPERATORS:
        raise ScriptTypeError("invalid operator")
    if not nk("leaderboards_get_id", [board]) and not nk("tournaments_get_id", [board]):
        raise ScriptGoError("error writing leaderboard record: leaderboard not found")
    for name, value in (("score", score), ("subscore", subscore)):
        if value < 0:
            raise ScriptGoError(_CHECK.format(name))
    return record_object(
        nk(
            "leaderboard_record_write",
            board,
            owner,
            username,
            score,
            subscore,
            metadata,
            operator,
        )
    )


def leaderboard_record_delete(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardRecordDelete(id, ownerId)`."""
    nk("leaderboard_record_delete", given.filled(0, _ID), given.uuid(1, _OWNER))
    return UNDEFINED


def leaderboard_records_list(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardRecordsList(id, owners?, limit?, cursor?, expiry?)`."""
    asked = list_arguments(given, _ID, given.optional)
    return records_object(nk("leaderboard_records_list", *asked))


def leaderboard_records_haystack(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardRecordsHaystack(id, ownerId, limit?, cursor?, expiry?)`."""
    expiry = given.defined(4, given.integer, 0)
    asked = (*haystack_arguments(given, _ID), expiry if expiry >= 0 else _NO_PERIOD)
    with retold("records haystack", "records around owner"):
        return haystack_object(nk("leaderboard_records_haystack", *asked))


def leaderboard_records_list_cursor_from_rank(given: Given, nk: Nk) -> Any:
    """`nk.leaderboardRecordsListCursorFromRank(id, rank, expiry?)`."""
    board, rank = given.text(0), given.integer(1)
    if not board:
        raise ScriptTypeError("invalid leaderboard id")
    if rank < 1:
        raise ScriptTypeError("invalid rank - must be > 1")
    expiry = given.optional(2, given.integer, 0)
    try:
        return nk("leaderboard_records_list_cursor_from_rank", board, rank, expiry)
    except ModuleError as error:
        if "leaderboard not found" in error.message:
            raise ScriptTypeError("leaderboard not found") from None
        raise


def sorting(given: Given, first: int) -> tuple[str, str]:
    """The sort order and the operator of a board."""
    order = given.defined(first, given.text, "desc")
    if order not in _ORDERS:
        raise ScriptTypeError("expects sort order to be 'asc' or 'desc'")
    operator = given.defined(first + 1, given.text, "best")
    if operator not in _OPERATORS:
        raise ScriptTypeError("expects operator to be 'best', 'set', 'decr' or 'incr'")
    return order, operator


def board_metadata(
    given: Given, number: int, kind: type[ScriptGoError | ScriptTypeError] = ScriptGoError
) -> Object | None:
    """The metadata of a board or a record; `kind` is the error where they become no JSON."""
    if not given.has(number):
        return None
    expected = "expects metadata to be an object"
    return dict(json_of(given.object(number, expected), "error encoding metadata: {}", kind))


def board_ids(given: Given, what: str) -> list[str]:
    """The ids of boards."""
    if not given.has(0):
        raise ScriptTypeError(f"expects an array of {what} ids")
    return [each for each in given.strings(0, "expects an array of strings") if each]


def list_arguments(given: Given, expected: str, optional: Callable[..., Any]) -> tuple[Any, ...]:
    """The arguments of a list of records.

    Args:
        given: All arguments.
        expected: What is said of an empty id.
        optional: `given.optional` or `given.defined`: how the last three are left out.
    """
    board = given.filled(0, expected)
    owners = given.strings(1, "expects an array of user ids") if given.has(1) else []
    if not all(parse_uuid(each) for each in owners):
        raise ScriptTypeError("expects a valid owner id")
    limit = min(optional(2, given.integer, 0), _MOST_RECORDS)
    cursor, expiry = optional(3, given.text, ""), optional(4, given.integer, 0)
    return board, owners or None, limit, cursor, expiry


def list_cursor(given: Given, number: int) -> str:
    """The cursor of a list of leaderboards or tournaments, empty where there is none."""
    if not given.has(number):
        return ""
    return given.filled(number, "expects cursor to be valid when provided")


def haystack_arguments(given: Given, expected: str) -> tuple[Any, ...]:
    """The arguments of a list of the records around an owner's, but for the expiry."""
    board = given.filled(0, expected)
    owner = given.uuid(1, "expects user ID to be a valid identifier")
    limit = given.optional(2, given.integer, 10)
    if not 1 <= limit <= 100:
        raise ScriptTypeError("limit must be 1-100")
    return board, owner, limit, given.optional(3, given.text, "")


def board_object(board: Object) -> Object:
    """A leaderboard or a tournament as JavaScript sees it."""
    shaped: Object = camel_keys(board, METADATA)
    shaped["sortOrder"] = int(shaped["sortOrder"])
    if "" in shaped:  # Lua's has no name for it, by mistake
        shaped["prevReset"] = shaped.pop("")
    return {"endTime": None, **shaped} if "title" in shaped else shaped


def record_object(record: Object) -> Object:
    """A record as JavaScript sees it."""
    shaped: Object = camel_keys(record, METADATA)
    return {"username": None, "expiryTime": None, **shaped}


def records_object(found: tuple[Any, ...]) -> Object:
    """A list of records as JavaScript sees it."""
    records, owners, following, previous, count = found
    return {
        "records": [record_object(each) for each in records or []],
        "ownerRecords": [record_object(each) for each in owners or []],
        "nextCursor": following or None,
        "prevCursor": previous or None,
        "rankCount": count,
    }


def haystack_object(found: tuple[Any, ...]) -> Object:
    """A list of the records around an owner's as JavaScript sees it."""
    records, following, previous, count = found
    return records_object((records, [], following, previous, count))
