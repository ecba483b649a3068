"""Each operation answers over gRPC as over HTTP, field by field, and does the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from attrs import frozen

from mock_server import MockServer
from tests.inner_loop import mostly_slow
from tests.mock_server.grpc.client import OPERATIONS, connected
from tests.mock_server.grpc.fields import all_fields, set_fields
from tests.mock_server.grpc.filled import GameData, fill, make_server
from tests.mock_server.grpc.filled_requests import Asked, follow, requests_of
from tests.mock_server.grpc.two_ways import OverGrpc, OverHttp, Way, comparable

LIVE = {"GetMatchmakerStats", "ListMatches", "ListParties"}
"""What tells of open sockets: test_live_agreement.py."""

# The fields of answers that no operation here fills: Nakama does not, or only where a socket is
# open or a store is asked, or 0 is their value.
_EMPTY = {
    "GetAccount": {"devices.vars", "disable_time", "verify_time"},
    "GetSubscription": {"refund_time"},
    "ListFriends": {"friends.user.edge_count"},
    "RpcFunc": {"id", "http_key"},
    "SessionRefresh": {"created"},
    "ValidatePurchaseApple": {"validated_purchases.store"},
    "ValidateSubscriptionApple": {"validated_subscription.store"},
}
_EMPTY_EVERYWHERE = ("online", "provider_notification")
_EMPTY_AROUND_OWNER = "owner_records"

# In the inner loop: what only reads, and some of what writes.
_FAST = {
    "CreateGroup",
    "DeleteNotifications",
    "Event",
    "Healthcheck",
    "RpcFunc",
    "SessionRefresh",
    *(name for name in OPERATIONS if name.startswith(("Get", "List", "Read"))),
}

# Who reads what, to see what an operation has done.
_AFTERWARDS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("alice", "GetAccount", {}),
    ("bob", "GetAccount", {}),
    ("alice", "ListFriends", {"limit": 100}),
    ("alice", "ListNotifications", {"limit": 100}),
    ("bob", "ListNotifications", {"limit": 100}),
    ("alice", "ListLeaderboardRecords", {"leaderboard_id": "arcade", "limit": 100}),
    ("alice", "ListTournamentRecords", {"tournament_id": "cup", "limit": 100}),
    ("alice", "ListSubscriptions", {}),
    ("alice", "ListGroups", {"limit": 100}),
)


@frozen
class Filled:
    """A running server, and how it was when it was filled."""

    server: MockServer
    data: GameData
    snapshot: bytes


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    server, events = make_server()

    async def prepare() -> Filled:
        async with connected(server) as client:
            data = await fill(server, client, events)
        return Filled(server, data, await server.snapshot())

    with server:
        yield asyncio.run(prepare())


@asynccontextmanager
async def two_ways(server: MockServer) -> AsyncIterator[tuple[Way, Way]]:
    async with aiohttp.ClientSession() as http, connected(server) as client:
        yield OverGrpc(client), OverHttp(http, server)


@pytest.mark.parametrize("name", mostly_slow(sorted(OPERATIONS.keys() - LIVE), fast=_FAST))
@pytest.mark.asyncio
async def test_operation_answers_and_acts_as_over_http(name: str, filled: Filled) -> None:
    data, answers = filled.data, []
    known = {*data.users.values(), data.guild, data.club, *data.notifications}
    waiting = requests_of(name, data)
    unasked = all_fields(OPERATIONS[name]["request"]) - set_fields([e.request for e in waiting])
    assert unasked == set(), "no request sets these fields"
    async with two_ways(filled.server) as (over_grpc, over_http):
        while waiting:
            asked = waiting.pop(0)
            answer, told = await _play(filled, over_grpc, name, asked)
            _, told_over_http = await _play(filled, over_http, name, asked)
            assert comparable(told, known) == comparable(told_over_http, known)
            answers.append(answer)
            if further := follow(asked, answer):
                waiting.append(further)
    assert _empty(name, answers) == set(), "no answer fills these fields"


def _empty(name: str, answers: list[dict[str, object]]) -> set[str]:
    empty = all_fields(OPERATIONS[name]["response"]) - set_fields(answers) - _EMPTY.get(name, set())
    if name.endswith("AroundOwner"):
        empty = {each for each in empty if not each.startswith(_EMPTY_AROUND_OWNER)}
    return {each for each in empty if not each.endswith(_EMPTY_EVERYWHERE)}


async def _play(
    filled: Filled, way: Way, name: str, asked: Asked
) -> tuple[dict[str, object], list[object]]:
    """The answer to a request in a server as it was filled; and all that can be seen of it."""
    is_reading = name.startswith(("List", "Get", "Read"))
    if not is_reading:
        await filled.server.restore(filled.snapshot)
        filled.data.events.clear()
    outcome = await way.outcome(name, asked.request, filled.data.bearers.get(asked.by))
    seen = [] if is_reading else await _seen(filled, way)
    answer = outcome[1] if outcome[0] == 0 else {}
    return answer, [asked.request, outcome, seen, *filled.data.events]


async def _seen(filled: Filled, way: Way) -> list[object]:
    seen: list[object] = []
    for reader, name, request in _AFTERWARDS:
        code, answer = await way.outcome(name, request, filled.data.bearers[reader])
        if code == 0:
            answer.pop("cacheable_cursor", None)  # holds the id of the newest notification
        seen.append([code, answer])
    return seen
