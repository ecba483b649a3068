"""Tournaments over HTTP: finding, joining, writing, records, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ConnectionFailed,
    FailedPrecondition,
    InternalError,
    InvalidArgument,
    LeaderboardOperator,
    NotFound,
    PermissionDenied,
    Session,
    UnknownError,
)
from server_kit.faults import Fault
from tests.client.conftest import Login

EPOCH = datetime.fromtimestamp(0, UTC)


def create(server: MockServer, name: str, **changes: Any) -> str:
    values = {
        "id": name,
        "authoritative": False,
        "sort_order": "desc",
        "operator": "best",
        "duration": 3600,
        "reset_schedule": None,
        "metadata": {},
        "title": "",
        "description": "",
        "category": 0,
        "start_time": 0,
        "end_time": 0,
        "max_size": 0,
        "max_num_score": 0,
        "join_required": False,
        "enable_ranks": True,
    } | changes
    server.nk.tournament_create(*values.values())
    return name


@pytest.mark.asyncio
async def test_list_tournaments_reads_all_fields(
    client: Client, server: MockServer, alice: Session
) -> None:
    create(
        server,
        "cup",
        metadata={"prize": 3},
        title="The Cup",
        description="Every day",
        category=7,
        reset_schedule="0 0 * * *",
        duration=24 * 3600,
        max_size=10,
        max_num_score=4,
        join_required=True,
    )
    await client.join_tournament(alice, "cup")
    (cup,) = (await client.list_tournaments(alice)).tournaments
    assert (cup.id, cup.title, cup.description, cup.category) == ("cup", "The Cup", "Every day", 7)
    assert (cup.size, cup.max_size, cup.max_num_score) == (1, 10, 4)
    assert (cup.can_enter, cup.join_required, cup.authoritative) == (True, True, False)
    assert (cup.sort_order, cup.operator) == (1, LeaderboardOperator.BEST)
    assert (cup.metadata, cup.duration) == ({"prize": 3}, 24 * 3600.0)
    assert cup.start_active is not None
    assert cup.next_reset == cup.end_active
    assert cup.next_reset is not None
    assert cup.next_reset.astimezone(UTC).hour == 0
    assert cup.end_time is None
    assert cup.create_time is not None


@pytest.mark.asyncio
async def test_list_tournaments_filters_and_pages(
    client: Client, server: MockServer, alice: Session
) -> None:
    now = int(server.clock.time())
    for number in range(4):
        create(server, f"cup{number}", category=number, start_time=now + 100 * (number + 1))
    create(server, "ending", category=4, end_time=now + 3600)

    async def names(**options: Any) -> set[str]:
        return {each.id async for each in client.iter_tournaments(alice, page_size=2, **options)}

    assert await names() == {"cup0", "cup1", "cup2", "cup3", "ending"}
    assert await names(category_start=1, category_end=2) == {"cup1", "cup2"}
    assert await names(start_time=datetime.fromtimestamp(now + 300, UTC)) == {"cup2", "cup3"}
    assert await names(end_time=datetime.fromtimestamp(now + 3600, UTC)) == {"ending"}
    assert await names(end_time=EPOCH) == {"cup0", "cup1", "cup2", "cup3"}
    first = await client.list_tournaments(alice, limit=2)
    rest = client.iter_tournaments(alice, cursor=first.cursor)
    assert len([each async for each in rest]) == 3
    with pytest.raises(UnknownError, match="cursor invalid"):
        await client.list_tournaments(alice, cursor="garbage")


@pytest.mark.asyncio
async def test_write_tournament_record_counts_attempts(
    client: Client, server: MockServer, alice: Session
) -> None:
    create(server, "cup", max_num_score=2)
    first = await client.write_tournament_record(alice, "cup", score=2**60 + 1, metadata={"lap": 1})
    second = await client.write_tournament_record(alice, "cup", score=5, metadata={"lap": 2})
    assert (first.score, first.num_score, first.max_num_score) == (2**60 + 1, 1, 2)
    assert (second.score, second.num_score, second.metadata) == (2**60 + 1, 2, {"lap": 2})
    with pytest.raises(FailedPrecondition, match="max number of score attempts"):
        await client.write_tournament_record(alice, "cup", score=6)


@pytest.mark.asyncio
async def test_write_tournament_record_needs_a_join_where_it_is_required(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    create(server, "cup", join_required=True, max_size=1)
    with pytest.raises(FailedPrecondition, match="Must join tournament"):
        await client.write_tournament_record(alice, "cup", score=1)
    for _ in range(2):
        await client.join_tournament(alice, "cup")
    (joined,) = (await client.list_tournament_records(alice, "cup")).records
    assert (joined.score, joined.num_score) == (0, 0)
    assert (await client.write_tournament_record(alice, "cup", score=1)).num_score == 1
    with pytest.raises(InvalidArgument, match="reached its max size"):
        await client.join_tournament(await login("bob"), "cup")


@pytest.mark.asyncio
async def test_tournament_records_are_listed_around_owners_and_deleted(
    client: Client, server: MockServer, login: Login
) -> None:
    create(server, "cup")
    players = [await login(f"player{number}") for number in range(5)]
    for number, player in enumerate(players):
        await client.write_tournament_record(player, "cup", score=number)
    page = await client.list_tournament_records(
        players[0], "cup", limit=2, owner_ids=[players[0].user_id]
    )
    assert [each.score for each in page.records] == [4, 3]
    assert [each.score for each in page.owner_records] == [0]
    following = await client.list_tournament_records(players[0], "cup", limit=2, cursor=page.cursor)
    assert [each.score for each in following.records] == [2, 1]
    back = await client.list_tournament_records(
        players[0], "cup", limit=2, cursor=following.prev_cursor
    )
    assert back.records == page.records
    found = client.iter_tournament_records(players[0], "cup", page_size=2)
    assert [each.score async for each in found] == [4, 3, 2, 1, 0]
    around = await client.list_tournament_records_around_owner(
        players[0], "cup", owner_id=players[2].user_id, limit=3
    )
    assert [(each.score, each.rank) for each in around.records] == [(3, 2), (2, 3), (1, 4)]
    for _ in range(2):
        await client.delete_tournament_record(players[4], "cup")
    assert [each.score async for each in client.iter_tournament_records(players[0], "cup")] == [
        3,
        2,
        1,
        0,
    ]


@pytest.mark.asyncio
async def test_tournament_calls_raise_what_the_server_refuses(
    client: Client, server: MockServer, alice: Session
) -> None:
    create(server, "over", end_time=int(server.clock.time()) + 60, duration=60, join_required=True)
    create(server, "rulers", authoritative=True)
    create(server, "later", start_time=int(server.clock.time()) + 600)
    with pytest.raises(FailedPrecondition, match="not active"):
        await client.write_tournament_record(alice, "later", score=1)
    with pytest.raises(PermissionDenied, match="authoritative"):
        await client.write_tournament_record(alice, "rulers", score=1)
    for call in (
        client.write_tournament_record(alice, "no cup", score=1),
        client.join_tournament(alice, "no cup"),
        client.list_tournament_records(alice, "no cup"),
        client.list_tournament_records_around_owner(alice, "no cup", owner_id=alice.user_id),
    ):
        with pytest.raises(NotFound, match="not found"):
            await call
    with pytest.raises(InternalError, match="Error deleting score"):
        await client.delete_tournament_record(alice, "no cup")
    server.clock.advance(120)
    with pytest.raises(NotFound, match="has ended"):
        await client.write_tournament_record(alice, "over", score=1)
    with pytest.raises(InvalidArgument, match="not active"):
        await client.join_tournament(alice, "over")


@pytest.mark.asyncio
async def test_write_tournament_record_is_not_repeated_after_a_lost_answer(
    client: Client, server: MockServer, alice: Session
) -> None:
    create(server, "cup")
    rule = server.faults.add(Fault.reset(), "POST /v2/tournament/{id}", times=1)
    with pytest.raises(ConnectionFailed):
        await client.write_tournament_record(alice, "cup", score=1)
    await rule.wait_for_hits(1)


@pytest.mark.asyncio
async def test_tournament_calls_raise_before_the_wire(
    client: Client, server: MockServer, alice: Session
) -> None:
    before = len(server.journal)
    wrong_lists: list[dict[str, Any]] = [
        {"category_start": -1},
        {"category_end": 128},
        {"category_start": 3, "category_end": 2},
        {"start_time": datetime(2026, 1, 1)},  # noqa: DTZ001 - that it has no zone is the point
        {
            "start_time": datetime(2026, 1, 2, tzinfo=UTC),
            "end_time": datetime(2026, 1, 1, tzinfo=UTC),
        },
    ]
    for arguments in wrong_lists:
        with pytest.raises(ArgumentError):
            await client.list_tournaments(alice, **arguments)
        with pytest.raises(ArgumentError):
            client.iter_tournaments(alice, **arguments)
    for limit in (0, 101):
        with pytest.raises(ArgumentError, match="limit"):
            await client.list_tournaments(alice, limit=limit)
        with pytest.raises(ArgumentError, match="limit"):
            await client.list_tournament_records(alice, "cup", limit=limit)
        with pytest.raises(ArgumentError, match="limit"):
            client.iter_tournament_records(alice, "cup", page_size=limit)
    for name in ("", "c" * 129, "a/b"):
        for call in (
            client.join_tournament(alice, name),
            client.write_tournament_record(alice, name, score=1),
            client.delete_tournament_record(alice, name),
            client.list_tournament_records(alice, name),
        ):
            with pytest.raises(ArgumentError, match="tournament_id"):
                await call
    with pytest.raises(ArgumentError, match="score"):
        await client.write_tournament_record(alice, "cup", score=-1)
    assert len(server.journal) == before
