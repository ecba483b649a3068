"""Arguments and results that the runtime functions of leaderboards and tournaments share."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from mock_server.cron import BadSchedule, parse_schedule
from mock_server.features.leaderboards.board import Operator
from mock_server.features.leaderboards.record import Record, RecordPage
from mock_server.runtime.arguments import Arguments, stored_json
from mock_server.wire import gojson
from mock_server.wire.uuids import parse_uuid

_SORT_ORDERS = {"asc": True, "ascending": True, "desc": False, "descending": False}
OPERATORS = {
    "best": Operator.BEST,
    "set": Operator.SET,
    "incr": Operator.INCREMENT,
    "increment": Operator.INCREMENT,
    "decr": Operator.DECREMENT,
    "decrement": Operator.DECREMENT,
}
MAX_LISTED = 10_000


@frozen
class ListArguments:
    """The arguments of a list of records.

    Attributes:
        board_id: The board.
        owner_ids: Whose records are added; None where the table was given but empty.
        limit: How many at most; None lists none.
        cursor: Where to go on.
        expiry: Another period, or 0.
    """

    board_id: str
    owner_ids: list[str] | None
    limit: int | None
    cursor: str
    expiry: int


@frozen
class HaystackArguments:
    """The arguments of a list around an owner; see `ListArguments`."""

    board_id: str
    owner_id: str
    limit: int
    cursor: str
    expiry: int


def sort_order(given: Arguments, number: int) -> bool:
    """Whether a board is ascending.

    Raises:
        BadArgument: No sort order.
    """
    is_ascending = _SORT_ORDERS.get(given.optional_text(number, "desc"))
    if is_ascending is None:
        raise given.error(number, "expects sort order to be 'asc' or 'desc'")
    return is_ascending


def operator(given: Arguments, number: int) -> Operator:
    """A board's operator.

    Raises:
        BadArgument: No operator.
    """
    found = OPERATORS.get(given.optional_text(number, "best"))
    if found is None:
        raise given.error(number, "expects operator to be 'best', 'set', 'decr' or 'incr'")
    return found


def reset_schedule(given: Arguments, number: int) -> str:
    """A cron expression, or empty.

    Raises:
        BadArgument: No cron expression.
    """
    text = given.optional_text(number)
    if text:
        try:
            parse_schedule(text)
        except BadSchedule:
            raise given.error(
                number, "expects reset schedule to be a valid CRON expression"
            ) from None
    return text


def metadata(given: Arguments, number: int, *, absent: str) -> str:
    """The JSON text of a table, or what is said of an absent one.

    Raises:
        ModuleError: No table, or one that JSON does not have.
    """
    table = given.optional_table(number)
    return absent if table is None else stored_json(table)


def list_arguments(given: Arguments, id_expected: str) -> ListArguments:
    """The arguments of `…_records_list`: id, owners, limit, cursor, expiry.

    Raises:
        BadArgument: One is not what it should be.
    """
    board_id = given.filled_text(1, id_expected)
    owners = _owners(given)
    if owners is None:
        return ListArguments(board_id, None, None, "", 0)
    limit = given.optional_integer(3, 0)
    if not 0 <= limit <= MAX_LISTED:
        raise given.error(3, f"expects limit to be 0-{MAX_LISTED}")
    return ListArguments(
        board_id, owners, limit or None, given.optional_text(4), given.optional_integer(5, 0)
    )


def haystack_arguments(given: Arguments, id_expected: str) -> HaystackArguments:
    """The arguments of `…_records_haystack`: id, owner, limit, cursor, expiry.

    Raises:
        BadArgument: One is not what it should be.
    """
    board_id = given.filled_text(1, id_expected)
    owner = given.uuid(2, "expects user ID to be a valid identifier")
    limit = given.optional_integer(3, 10)
    if not 1 <= limit <= 100:
        raise given.error(3, "limit must be 1-100")
    cursor, expiry = given.optional_text(4), given.optional_integer(5, 0)
    if expiry < 0:
        raise given.error(
            5, "expiry should be time since epoch in seconds and has to be a positive integer"
        )
    return HaystackArguments(board_id, owner, limit, cursor, expiry)


def board_ids(given: Arguments) -> list[str]:
    """A list of ids; an empty table is an empty list.

    Raises:
        BadArgument: No table, or one with something else than texts.
    """
    table = given.optional_table(1)
    if table is None:
        raise given.error(1, "invalid tournament id list")
    ids = table if isinstance(table, list) else []
    if not all(isinstance(each, str) and each for each in ids):
        raise given.error(1, "each tournament id must be a string")
    return ids


def record_table(record: Record) -> dict[str, Any]:
    """A record as modules see it; what is not known is left out."""
    table: dict[str, Any] = {
        "leaderboard_id": record.board_id,
        "owner_id": record.owner_id,
        "username": record.username,
        "score": record.score.score,
        "subscore": record.score.subscore,
        "num_score": record.num_score,
        "max_num_score": record.max_num_score,
        "metadata": gojson.unmarshal(record.metadata) or {},
        "create_time": record.create_time,
        "update_time": record.update_time,
        "expiry_time": record.expiry or None,
        "rank": record.rank,
    }
    return {name: value for name, value in table.items() if value is not None}


def list_results(page: RecordPage) -> tuple[Any, ...]:
    """The five results of `…_records_list`."""
    return (
        [record_table(record) for record in page.records],
        [record_table(record) for record in page.owner_records],
        page.next_cursor or None,
        page.prev_cursor or None,
        page.rank_count,
    )


def haystack_results(page: RecordPage) -> tuple[Any, ...]:
    """The four results of `…_records_haystack`."""
    return (
        [record_table(record) for record in page.records],
        page.next_cursor or None,
        page.prev_cursor or None,
        page.rank_count,
    )


def _owners(given: Arguments) -> list[str] | None:
    """The ids of owners; None where a table was given that has none."""
    table = given.optional_table(2)
    if table is None:
        return []
    if not isinstance(table, list) or not table:
        return None
    owners = []
    for text in table:
        if not isinstance(text, str):
            raise given.error(2, "expects each owner ID to be string")
        owner = parse_uuid(text)
        if owner is None:
            raise given.error(2, "expects each owner ID to be a valid identifier")
        owners.append(owner)
    return owners
