"""The matchmaker, through sockets: ticks, who finds whom, and what server modules have to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from mock_server.runtime.context import Context
from tests.mock_server.matchmaker.lobby import lonely_server
from tests.mock_server.runtime.game import Game, Socket, playing


@pytest_asyncio.fixture
async def game() -> AsyncIterator[Game]:
    """A server whose matchmaker ticks when told to."""
    async with playing(lonely_server()) as game:
        yield game


class Seats:
    """Sockets of fresh users."""

    def __init__(self, game: Game, stack: AsyncExitStack) -> None:
        self._game = game
        self._stack = stack
        self._count = 0

    async def take(self) -> Socket:
        """Open a socket."""
        self._count += 1
        token = await self._game.login(f"player{self._count}")
        return await self._stack.enter_async_context(self._game.socket(token))


@pytest_asyncio.fixture
async def seats(game: Game) -> AsyncIterator[Seats]:
    """Sockets of the game."""
    async with AsyncExitStack() as stack:
        yield Seats(game, stack)


async def add(socket: Socket, least: int = 2, most: int = 2, **fields: Any) -> str:
    """Add a ticket, and return its id."""
    answer = await socket.ask(matchmaker_add={"min_count": least, "max_count": most, **fields})
    ticket: str = answer["matchmaker_ticket"]["ticket"]
    return ticket


async def matched(socket: Socket) -> dict[str, Any]:
    """The match that a socket is told next."""
    answer: dict[str, Any] = (await socket.receive())["matchmaker_matched"]
    return answer


async def is_waiting(socket: Socket) -> bool:
    """Whether a socket is told nothing."""
    await socket.send(ping={})
    answer: dict[str, Any] = await socket.receive()
    return "pong" in answer


@pytest.mark.asyncio
async def test_process_brings_two_together_at_once(game: Game, seats: Seats) -> None:
    one, two = await seats.take(), await seats.take()
    tickets = [await add(one), await add(two)]
    await game.server.matchmaker.process()
    first, second = await matched(one), await matched(two)
    assert [first["ticket"], second["ticket"]] == tickets
    assert first["token"] == second["token"]
    joined = [await each.ask(match_join={"token": first["token"]}) for each in (one, two)]
    assert joined[0]["match"]["match_id"] == joined[1]["match"]["match_id"]


def test_process_works_from_another_loop() -> None:
    with lonely_server() as server:

        async def process() -> None:
            await server.matchmaker.process()

        server.run(process())
        asyncio.run(process())
        assert server.sockets() == []


@pytest.mark.asyncio
async def test_the_interval_runs_on_the_servers_clock(game: Game, seats: Seats) -> None:
    one, two = await seats.take(), await seats.take()
    await add(one)
    await add(two)
    game.server.clock.advance(14)
    await game.server.settle()
    assert await is_waiting(one)
    game.server.clock.advance(1)
    await game.server.settle()
    assert (await matched(one))["users"]


@pytest.mark.asyncio
async def test_a_long_move_of_the_clock_is_several_ticks(game: Game, seats: Seats) -> None:
    one, two = await seats.take(), await seats.take()
    await add(one, 2, 4)
    await add(two, 2, 4)
    game.server.clock.advance(15)
    await game.server.settle()
    assert await is_waiting(one)
    game.server.clock.advance(10_000_000)
    await game.server.settle()
    assert len((await matched(one))["users"]) == 2


@pytest.mark.asyncio
async def test_reset_forgets_tickets_and_statistics(game: Game, seats: Seats) -> None:
    await add(await seats.take())
    await game.server.matchmaker.process()
    await game.server.reset()
    token = await game.login()
    assert (await game.request("GET", "/v2/matchmaker/stats", token)).body == {}


@pytest.mark.asyncio
async def test_rev_precision_asks_both_queries() -> None:
    async with AsyncExitStack() as stack:
        game = await stack.enter_async_context(
            playing(lonely_server(matchmaker__rev_precision=True))
        )
        seats = Seats(game, stack)
        choosy, easy, liked = await seats.take(), await seats.take(), await seats.take()
        await add(choosy, query="+properties.rank:>5", numeric_properties={"rank": 1})
        await add(easy, numeric_properties={"rank": 2})
        await game.server.matchmaker.process()
        assert await is_waiting(choosy)
        await add(liked, numeric_properties={"rank": 9})
        await game.server.matchmaker.process()
        users = (await matched(liked))["users"]
        ranks = sorted(each["numeric_properties"]["rank"] for each in users)
        assert ranks in ([1, 9], [2, 9])


@pytest.mark.asyncio
@pytest.mark.parametrize("query", ["a:>x", '"open', '+p:>"0001-01-01T00:00:00Z"'])
async def test_a_query_that_cannot_be_searched_with_is_refused(seats: Seats, query: str) -> None:
    one = await seats.take()
    answer = await one.ask(matchmaker_add={"min_count": 2, "max_count": 2, "query": query})
    assert answer == {"cid": "1", "error": {"message": "Error adding to matchmaker"}}


@pytest.mark.asyncio
async def test_a_query_that_fails_in_the_search_only_finds_nobody(game: Game, seats: Seats) -> None:
    one, two = await seats.take(), await seats.take()
    await add(one, query="properties.name:adam~9", string_properties={"name": "adam"})
    await add(two, query="properties.name:/(/", string_properties={"name": "adam"})
    await game.server.matchmaker.process()
    assert await is_waiting(one)
    assert await is_waiting(two)


@pytest.mark.slow
@pytest.mark.asyncio
async def test_a_multiple_among_many_tickets_takes_no_exponential_time(
    game: Game, seats: Seats
) -> None:
    players = [await seats.take() for _ in range(47)]
    for player in players:
        await add(player, 24, 72, count_multiple=24)
    for _ in range(2):
        await game.server.matchmaker.process()
    stats = await game.request("GET", "/v2/matchmaker/stats", await game.login())
    assert len(stats.body["completions"]) == 10


@pytest.mark.asyncio
async def test_the_matched_function_names_the_match() -> None:
    server = lonely_server()
    seen: list[tuple[str, Any]] = []
    answers: list[Any] = ["0d4dd6f4-0b1c-4c8f-8a1e-4a5f3c0f9f0a.elsewhere", 5, RuntimeError("no")]

    @server.module
    def init_module(nk: Any) -> None:
        async def choose(context: Context, entries: list[dict[str, Any]]) -> Any:
            seen.append((context.execution_mode, entries))
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        nk.register_matchmaker_matched(choose)

    async with AsyncExitStack() as stack:
        game = await stack.enter_async_context(playing(server))
        seats = Seats(game, stack)
        one, two = await seats.take(), await seats.take()
        kinds = []
        for _ in range(3):
            await add(one, string_properties={"x": "text"}, numeric_properties={"x": 2})
            await add(two)
            await server.matchmaker.process()
            found = await matched(one)
            kinds.append(found.get("match_id") or (found["token"] and "token"))
            await matched(two)
        assert kinds == ["0d4dd6f4-0b1c-4c8f-8a1e-4a5f3c0f9f0a.elsewhere", "token", "token"]
        mode, entries = seen[0]
        assert mode == "matchmaker"
        assert {entry["presence"]["username"]: entry["properties"] for entry in entries} == {
            "player1": {"x": 2},
            "player2": {},
        }


@pytest.mark.asyncio
async def test_a_tick_goes_on_when_its_caller_is_cancelled() -> None:
    server = lonely_server()
    asked, may_answer = asyncio.Event(), asyncio.Event()

    @server.module
    def init_module(nk: Any) -> None:
        async def wait(context: Context, entries: list[dict[str, Any]]) -> None:
            asked.set()
            await may_answer.wait()

        nk.register_matchmaker_matched(wait)

    async with AsyncExitStack() as stack:
        game = await stack.enter_async_context(playing(server))
        seats = Seats(game, stack)
        one, two = await seats.take(), await seats.take()
        await add(one)
        await add(two)
        call = asyncio.create_task(server.matchmaker.process())
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        may_answer.set()
        assert (await matched(one))["token"] == (await matched(two))["token"]
