"""Leaderboards over HTTP: scores, order, pages both ways, resets, and what is refused."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ConnectionFailed,
    InternalError,
    InvalidArgument,
    LeaderboardOperator,
    LeaderboardRecordPage,
    NotFound,
    PermissionDenied,
    Session,
)
from server_kit.faults import Fault
from tests.client.conftest import Login

BIG = 2**63 - 1
WRITE = "POST /v2/leaderboard/{id}"


@pytest_asyncio.fixture
async def board(server: MockServer) -> str:
    server.nk.leaderboard_create("board", False, "desc", "best", None, {}, True)
    return "board"


async def fill(client: Client, login: Login, board: str, count: int) -> list[Session]:
    """Players with the scores 0, 10, 20, …: the last one is the best."""
    players = [await login(f"player{number}") for number in range(count)]
    for number, player in enumerate(players):
        await client.write_leaderboard_record(player, board, score=number * 10)
    return players


def scores(page: LeaderboardRecordPage) -> list[int]:
    return [each.score for each in page.records]


@pytest.mark.asyncio
async def test_write_leaderboard_record_returns_the_record(
    client: Client, alice: Session, board: str
) -> None:
    record = await client.write_leaderboard_record(
        alice, board, score=BIG, subscore=2**53 + 1, metadata={"map": "ice", "n": [1]}
    )
    assert (record.score, record.subscore) == (BIG, 2**53 + 1)
    assert (record.leaderboard_id, record.owner_id) == (board, alice.user_id)
    assert (record.username, record.num_score, record.rank) == ("alice", 1, 1)
    assert record.metadata == {"map": "ice", "n": [1]}
    assert record.create_time is not None
    assert record.create_time.tzinfo is not None
    assert record.expiry_time is None
    worse = await client.write_leaderboard_record(alice, board, score=1)
    assert (worse.score, worse.num_score, worse.metadata) == (BIG, 1, record.metadata)


@pytest.mark.asyncio
async def test_write_leaderboard_record_combines_scores_as_the_operator_says(
    client: Client, alice: Session, board: str
) -> None:
    operators = LeaderboardOperator
    written = [
        await client.write_leaderboard_record(alice, board, score=score, operator=operator)
        for score, operator in (
            (5, operators.SET),
            (3, operators.SET),
            (4, operators.INCREMENT),
            (9, operators.DECREMENT),
            (2, operators.BEST),
        )
    ]
    assert [each.score for each in written] == [5, 3, 7, 0, 2]
    with pytest.raises(InternalError, match="Error writing score"):
        await client.write_leaderboard_record(alice, board, score=BIG, operator=operators.INCREMENT)


@pytest.mark.asyncio
async def test_list_leaderboard_records_pages_both_ways_with_owner_records(
    client: Client, login: Login, board: str
) -> None:
    players = await fill(client, login, board, 5)
    owners = [players[0].user_id, players[3].user_id, str(uuid.uuid4())]
    first = await client.list_leaderboard_records(players[0], board, limit=2, owner_ids=owners)
    assert (scores(first), first.rank_count, first.prev_cursor) == ([40, 30], 5, "")
    assert [each.rank for each in first.records] == [1, 2]
    assert [each.score for each in first.owner_records] == [30, 0]
    second = await client.list_leaderboard_records(players[0], board, limit=2, cursor=first.cursor)
    last = await client.list_leaderboard_records(players[0], board, limit=2, cursor=second.cursor)
    assert (scores(second), scores(last), last.cursor) == ([20, 10], [0], "")
    back = await client.list_leaderboard_records(
        players[0], board, limit=2, cursor=last.prev_cursor
    )
    assert back.records == second.records
    for page_size in (1, 2, 1000):
        found = client.iter_leaderboard_records(players[0], board, page_size=page_size)
        assert [each.score async for each in found] == [40, 30, 20, 10, 0]
    rest = client.iter_leaderboard_records(players[0], board, cursor=second.cursor)
    assert [each.score async for each in rest] == [0]


@pytest.mark.asyncio
async def test_list_leaderboard_records_around_owner_keeps_the_owner_in_the_middle(
    client: Client, login: Login, board: str, alice: Session
) -> None:
    players = await fill(client, login, board, 7)
    middle = players[3]
    page = await client.list_leaderboard_records_around_owner(
        middle, board, owner_id=middle.user_id, limit=3
    )
    assert [(each.score, each.rank) for each in page.records] == [(40, 3), (30, 4), (20, 5)]
    following = await client.list_leaderboard_records_around_owner(
        middle, board, owner_id=middle.user_id, limit=3, cursor=page.cursor
    )
    assert scores(following) == [10, 0]
    empty = await client.list_leaderboard_records_around_owner(
        middle, board, owner_id=alice.user_id
    )
    assert empty == LeaderboardRecordPage()


@pytest.mark.asyncio
async def test_a_reset_begins_a_period_and_expiry_shows_the_one_before(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.nk.leaderboard_create("quick", False, "desc", "best", "* * * * *")
    old = await client.write_leaderboard_record(alice, "quick", score=3)
    assert old.expiry_time is not None
    server.clock.advance(60)
    assert scores(await client.list_leaderboard_records(alice, "quick")) == []
    await client.write_leaderboard_record(alice, "quick", score=1)
    assert scores(await client.list_leaderboard_records(alice, "quick")) == [1]
    before = await client.list_leaderboard_records(alice, "quick", expiry=old.expiry_time)
    assert scores(before) == [3]
    found = client.iter_leaderboard_records(alice, "quick", expiry=old.expiry_time)
    assert [each.score async for each in found] == [3]


@pytest.mark.asyncio
async def test_delete_leaderboard_record_deletes_the_own_one_only(
    client: Client, login: Login, board: str
) -> None:
    one, other = await fill(client, login, board, 2)
    for _ in range(2):
        await client.delete_leaderboard_record(one, board)
    (left,) = (await client.list_leaderboard_records(one, board)).records
    assert left.owner_id == other.user_id


@pytest.mark.asyncio
async def test_leaderboard_calls_raise_what_the_server_refuses(
    client: Client, server: MockServer, alice: Session, board: str
) -> None:
    server.nk.leaderboard_create("rulers", True)
    for call in (
        client.write_leaderboard_record(alice, "no board", score=1),
        client.delete_leaderboard_record(alice, "no board"),
        client.list_leaderboard_records(alice, "no board"),
        client.list_leaderboard_records_around_owner(alice, "no board", owner_id=alice.user_id),
    ):
        with pytest.raises(NotFound, match="Leaderboard not found"):
            await call
    with pytest.raises(PermissionDenied, match="authoritative score submissions"):
        await client.write_leaderboard_record(alice, "rulers", score=1)
    with pytest.raises(PermissionDenied, match="authoritative score deletions"):
        await client.delete_leaderboard_record(alice, "rulers")
    with pytest.raises(InvalidArgument, match="Cursor is invalid"):
        await client.list_leaderboard_records(alice, board, cursor="garbage")
    with pytest.raises(InternalError, match="Error querying records"):
        await client.list_leaderboard_records_around_owner(
            alice, board, owner_id=alice.user_id, cursor="garbage"
        )


@pytest.mark.asyncio
async def test_write_leaderboard_record_is_not_repeated_after_a_lost_answer(
    client: Client, server: MockServer, alice: Session, board: str
) -> None:
    rule = server.faults.add(Fault.reset(), WRITE, times=1)
    with pytest.raises(ConnectionFailed):
        await client.write_leaderboard_record(alice, board, score=1)
    await rule.wait_for_hits(1)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"score": -1}, "score must be between 0"),
        ({"score": 2**63}, "score must be between 0"),
        ({"score": 1.5}, "score must be an int, not float"),
        ({"score": True}, "score must be an int, not bool"),
        ({"score": 1, "subscore": -1}, "subscore must be between 0"),
        ({"score": 1, "operator": 5}, "operator must be a LeaderboardOperator"),
        ({"score": 1, "metadata": [1]}, "metadata must be a dict, not list"),
        ({"score": 1, "metadata": {"a": object()}}, "can't be written as JSON"),
    ],
)
async def test_write_leaderboard_record_raises_before_the_wire(
    client: Client, server: MockServer, alice: Session, arguments: dict[str, Any], text: str
) -> None:
    before = len(server.journal)
    with pytest.raises(ArgumentError, match=text):
        await client.write_leaderboard_record(alice, "board", **arguments)
    assert len(server.journal) == before


@pytest.mark.asyncio
async def test_list_leaderboard_records_raises_before_the_wire(
    client: Client, server: MockServer, alice: Session
) -> None:
    before = len(server.journal)
    many = [str(uuid.uuid4()) for _ in range(101)]
    wrong: list[dict[str, Any]] = [
        {"limit": 0},
        {"limit": 1001},
        {"owner_ids": ["nobody"]},
        {"owner_ids": many},
        {"expiry": datetime(2026, 1, 1)},  # noqa: DTZ001 - that it has no zone is the point
        {"expiry": datetime(1969, 1, 1, tzinfo=UTC)},
    ]
    for arguments in wrong:
        with pytest.raises(ArgumentError):
            await client.list_leaderboard_records(alice, "board", **arguments)
    for board in ("", "b" * 129, "a/b"):
        with pytest.raises(ArgumentError, match="leaderboard_id"):
            client.iter_leaderboard_records(alice, board)
    with pytest.raises(ArgumentError):
        client.iter_leaderboard_records(alice, "board", page_size=1001)
    with pytest.raises(ArgumentError):
        await client.list_leaderboard_records_around_owner(
            alice, "board", owner_id=alice.user_id, limit=101
        )
    with pytest.raises(ArgumentError, match="owner_id"):
        await client.list_leaderboard_records_around_owner(alice, "board", owner_id="nobody")
    assert len(server.journal) == before
