"""`nk.tournament…` and `nk.tournaments…`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.errors import ScriptTypeError
from mock_server.runtime.js.functions.leaderboards import (
    board_ids,
    board_metadata,
    board_object,
    haystack_arguments,
    haystack_object,
    list_arguments,
    list_cursor,
    record_object,
    records_object,
    sorting,
)
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import Given
from mock_server.runtime.js.values import UNDEFINED

_ID = "expects a tournament ID string"
_OWNER = "expects owner ID to be a valid identifier"
_USER = "expects user ID to be a valid identifier"
_OPERATORS = ("best", "set", "increment", "decrement", "no_override")
_END = "endTime must be > startTime. Use 0 to indicate a tournament that never ends."


def tournament_create(given: Given, nk: Nk) -> Any:
    """`nk.tournamentCreate(id, authoritative?, sortOrder?, operator?, duration, reset?, …)`."""
    board = given.filled(0, _ID)
    authoritative = given.optional(1, given.flag, True)
    order, operator = sorting(given, 2)
    duration = given.optional(4, given.integer, 0)
    if duration <= 0:
        raise ScriptTypeError("duration must be > 0")
    schedule = given.optional(5, given.text, "") or None
    metadata = board_metadata(given, 6)
    title, description = (given.optional(number, given.text, "") for number in (7, 8))
    category = given.optional(9, given.integer, 0)
    if not 0 <= category <= 127:
        raise ScriptTypeError("category must be 0-127")
    start, end = _times(given)
    size = _count(given, 12, "maxSize")
    scores = _count(given, 13, "maxNumScore")
    must_join = given.optional(14, given.flag, False)
    ranks = given.optional(15, given.flag, False)
    nk(
        "tournament_create",
        *(board, authoritative, order, operator, duration, schedule, metadata),
        *(title, description, category, start, end, size, scores, must_join, ranks),
    )
    return UNDEFINED


def tournament_delete(given: Given, nk: Nk) -> Any:
    """`nk.tournamentDelete(id)`."""
    nk("tournament_delete", given.filled(0, _ID))
    return UNDEFINED


def tournaments_ranks_disable(given: Given, nk: Nk) -> Any:
    """`nk.tournamentsRanksDisable(id)`."""
    nk("javascript.tournaments_ranks_disable", given.text(0))
    return UNDEFINED


def tournaments_get_id(given: Given, nk: Nk) -> Any:
    """`nk.tournamentsGetId(ids)`."""
    ids = board_ids(given, "tournament")
    return [board_object(each) for each in nk("tournaments_get_id", ids)] if ids else []


def tournament_list(given: Given, nk: Nk) -> Any:
    """`nk.tournamentList(categoryStart?, categoryEnd?, startTime?, endTime?, limit?, cursor?)`."""
    first, last = _category(given, 0, "start"), _category(given, 1, "end")
    if last < first:
        raise ScriptTypeError("category end must be >= category start")
    start, end = _since(given, 2, "start"), _since(given, 3, "end")
    if end < start:  # also where only the start is given, as in Nakama
        raise ScriptTypeError("end time must be >= start time")
    limit = given.optional(4, given.integer, 10)
    if not 1 <= limit <= 100:
        raise ScriptTypeError("limit must be 1-100")
    cursor = list_cursor(given, 5)
    found, following = nk("javascript.tournament_list", first, last, start, end, limit, cursor)
    return {"tournaments": [board_object(each) for each in found], "cursor": following or None}


def tournament_join(given: Given, nk: Nk) -> Any:
    """`nk.tournamentJoin(id, userId, username)`."""
    board = given.filled(0, _ID)
    user_id = given.uuid(1, _USER, "expects a user ID string")
    nk("tournament_join", board, user_id, given.filled(2, "expects a username string"))
    return UNDEFINED


def tournament_add_attempt(given: Given, nk: Nk) -> Any:
    """`nk.tournamentAddAttempt(id, ownerId, count)`."""
    board = given.filled(0, _ID)
    owner = given.uuid(1, _OWNER, "expects an owner ID string")
    count = given.integer(2)
    if count == 0:
        raise ScriptTypeError("expects an attempt count number != 0")
    try:
        nk("tournament_add_attempt", board, owner, count)
    except ModuleError as error:
        raise ScriptTypeError(error.message) from None
    return UNDEFINED


def tournament_record_write(given: Given, nk: Nk) -> Any:
    """`nk.tournamentRecordWrite(id, userId, username?, score?, subscore?, metadata?, …)`."""
    board, owner = given.filled(0, _ID), given.uuid(1, _USER)
    username = given.optional(2, given.text, "") or None
    score, subscore = given.optional(3, given.integer, 0), given.optional(4, given.integer, 0)
    metadata = board_metadata(given, 5)
    operator = given.optional(6, given.text, "no_override")
    if operator.lower() not in _OPERATORS:
        raise ScriptTypeError("invalid operator")
    return record_object(
        nk("tournament_record_write", board, owner, username, score, subscore, metadata, operator)
    )


def tournament_record_delete(given: Given, nk: Nk) -> Any:
    """`nk.tournamentRecordDelete(id, ownerId)`."""
    nk("tournament_record_delete", given.filled(0, _ID), given.uuid(1, _OWNER))
    return UNDEFINED


def tournament_records_list(given: Given, nk: Nk) -> Any:
    """`nk.tournamentRecordsList(id, owners?, limit?, cursor?, expiry?)`."""
    asked = list_arguments(given, _ID, given.defined)
    return records_object(nk("tournament_records_list", *asked))


def tournament_records_haystack(given: Given, nk: Nk) -> Any:
    """`nk.tournamentRecordsHaystack(id, userId, limit?, cursor?, expiry?)`."""
    asked, expiry = haystack_arguments(given, _ID), given.optional(4, given.integer, 0)
    if expiry < 0:
        raise ScriptTypeError(
            "expiry should be time since epoch in seconds and has to be a positive integer"
        )
    return haystack_object(nk("tournament_records_haystack", *asked, expiry))


def _times(given: Given) -> tuple[int, int]:
    start = given.optional(10, given.integer, 0)
    if start < 0:
        raise ScriptTypeError("startTime must be >= 0.")
    end = given.optional(11, given.integer, 0)
    if end != 0 and end <= start:
        raise ScriptTypeError(_END)
    return start, end


def _count(given: Given, number: int, name: str) -> int:
    count = given.optional(number, given.integer, 0)
    if count < 0:
        raise ScriptTypeError(f"{name} must be >= 0")
    return count


def _category(given: Given, number: int, name: str) -> int:
    category = given.optional(number, given.integer, 0)
    if not 0 <= category <= 127:
        raise ScriptTypeError(f"category {name} must be 0-127")
    return category


def _since(given: Given, number: int, name: str) -> int:
    """A time, or -1 where there is none."""
    if not given.has(number):
        return -1
    time = given.integer(number)
    if time < 0:
        raise ScriptTypeError(f"{name} time must be >= 0")
    return time
