"""What tells of open sockets answers over gRPC as over HTTP, field by field."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from mock_server import Config, MockServer
from tests.mock_server.grpc.client import OPERATIONS, connected
from tests.mock_server.grpc.fields import all_fields, set_fields
from tests.mock_server.grpc.filled_requests import Asked, follow
from tests.mock_server.grpc.test_agreement import LIVE
from tests.mock_server.grpc.two_ways import Outcome, OverGrpc, OverHttp
from tests.mock_server.players import Player, Socket, sign_up

pytestmark = pytest.mark.asyncio

REQUESTS: dict[str, list[dict[str, Any]]] = {
    "GetMatchmakerStats": [{}],
    "ListMatches": [
        {},
        {"limit": 1, "authoritative": True, "label": '{"mode":"duel"}'},
        {"limit": 5, "authoritative": False, "min_size": 1, "max_size": 1},
        {"limit": 5, "authoritative": True, "query": "+label.mode:duel", "min_size": 0},
        {"limit": 0},
        {"query": "+label.mode:/(/", "authoritative": True},
    ],
    "ListParties": [
        {"limit": 1},
        {"limit": 1, "open": True, "query": "+label.mode:duel"},
        {"open": False},
        {"cursor": "none"},
        {"limit": 0},
    ],
    "GetAccount": [{}],
    "GetUsers": [{"usernames": ["ada", "bob"]}],
}
"""The operations whose answers are others while sockets are open."""

_HIDDEN = {"parties.hidden"}  # hidden ones are not listed


class Duel:
    """A match that does nothing."""

    def match_init(self, context: Any, params: Any) -> tuple[Any, int, str]:
        return {}, 10, '{"mode":"duel"}'

    def match_join_attempt(self, *arguments: Any) -> tuple[Any, ...]:
        return {}, True

    def _same(self, context: Any, dispatcher: Any, tick: int, state: Any, *more: Any) -> Any:
        return state

    match_join = match_leave = match_loop = match_terminate = match_signal = _same


async def _open_sockets(
    server: MockServer, http: aiohttp.ClientSession
) -> tuple[Player, list[Socket]]:
    """A player and the open sockets, who have matches, parties, a ticket and a match made."""
    ada, bob = await sign_up(http, server, "ada"), await sign_up(http, server, "bob")
    of_ada, of_bob = await ada.connect(), await bob.connect()
    await of_ada.ask({"status_update": {"status": "here"}})
    await of_ada.ask({"match_create": {}})
    for is_open, socket in ((True, of_ada), (False, of_bob)):
        party = {"open": is_open, "max_size": 4, "label": '{"mode":"duel"}'}
        await socket.ask({"party_create": party})
    for socket in (of_ada, of_bob):
        await socket.ask({"matchmaker_add": {"min_count": 2, "max_count": 2, "query": "*"}})
    await server.matchmaker.process()
    await of_ada.ask({"matchmaker_add": {"min_count": 2, "max_count": 2, "query": "*"}})
    match_id = await server.nk.match_create("duel", {})
    await of_ada.ask({"match_join": {"match_id": match_id}})
    server.clock.advance(2)  # labels are indexed in batches
    return ada, [of_ada, of_bob]


async def _outcomes(
    way: OverGrpc | OverHttp, name: str, bearer: tuple[str, str]
) -> list[tuple[dict[str, Any], Outcome]]:
    """Every request to an operation, the further pages included, and what came of it."""
    outcomes = []
    waiting = [Asked(each) for each in REQUESTS[name]]
    while waiting:
        asked = waiting.pop(0)
        outcome = await way.outcome(name, asked.request, bearer)
        outcomes.append((asked.request, outcome))
        if outcome[0] == 0 and (further := follow(asked, outcome[1])):
            waiting.append(further)
    return outcomes


async def test_operation_answers_as_over_http_while_sockets_are_open() -> None:
    assert REQUESTS.keys() >= LIVE
    settings = {"grpc.port": 0, "match.label_update_interval_ms": 1}
    server = MockServer(Config.from_settings({**settings, "session.token_expiry_sec": 3600}))
    server.module(lambda nk: nk.register_match("duel", Duel()))
    async with server, aiohttp.ClientSession() as http, connected(server) as client:
        ada, sockets = await _open_sockets(server, http)
        bearer = ("authorization", f"Bearer {ada.token}")
        for name in REQUESTS:
            over_grpc = await _outcomes(OverGrpc(client), name, bearer)
            assert over_grpc == await _outcomes(OverHttp(http, server), name, bearer)
            answers = [answer for _, (code, answer) in over_grpc if code == 0]
            if name in LIVE:
                asked = set_fields([request for request, _ in over_grpc])
                assert all_fields(OPERATIONS[name]["request"]) - asked == set()
                empty = all_fields(OPERATIONS[name]["response"]) - set_fields(answers)
                assert empty - _HIDDEN == set()
            else:
                assert any(each.endswith("online") for each in set_fields(answers))
        for socket in sockets:
            await socket.close()
