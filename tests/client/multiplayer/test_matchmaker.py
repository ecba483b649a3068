"""The matchmaker over the socket: tickets, matches, reconnects, and what is refused."""

import asyncio
from typing import Any

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    Connected,
    MatchmakerMatched,
    RequestRefused,
    RestoreFailed,
    Socket,
)
from tests.client.multiplayer.conftest import Connect
from tests.client.multiplayer.test_matches import drop, names
from tests.client.reconnecting.event_log import EventLog


@pytest.mark.asyncio
async def test_add_matchmaker_brings_players_into_one_match(
    connect: Connect, server: MockServer
) -> None:
    sockets = [await connect("ada"), await connect("bob")]
    received: list[asyncio.Queue[MatchmakerMatched]] = [asyncio.Queue() for _ in sockets]
    iterators = [each.matchmaker_matches() for each in sockets]
    tickets = []
    for number, socket in enumerate(sockets):
        socket.on_matchmaker_matched(received[number].put_nowait)
        tickets.append(
            await socket.add_matchmaker(
                "+properties.mode:ctf",
                min_count=2,
                max_count=2,
                count_multiple=2,
                string_properties={"mode": "ctf"},
                numeric_properties={"skill": number + 0.5},
            )
        )
    await server.matchmaker.process()
    matched = [await each.get() for each in received]
    assert [await anext(each) for each in iterators] == matched
    assert [each.ticket for each in matched] == tickets
    assert matched[0].token == matched[1].token != ""
    assert matched[0].match_id == ""
    skills = {each.presence.username: each.numeric_properties for each in matched[0].users}
    assert skills == {"ada": {"skill": 0.5}, "bob": {"skill": 1.5}}
    assert matched[1].own_user.presence.username == "bob"
    assert matched[1].own_user.string_properties == {"mode": "ctf"}
    adas, bobs = [
        await socket.join_match(found.match_id, token=found.token)
        for socket, found in zip(sockets, matched, strict=True)
    ]
    await names(adas, {"bob"}, sockets[0])
    await bobs.send(1, b"hi")
    assert (await anext(adas)).data == b"hi"


@pytest.mark.asyncio
async def test_remove_matchmaker_takes_a_ticket_back(
    connect: Connect, client: Client, server: MockServer
) -> None:
    ada = await connect("ada")
    ticket = await ada.add_matchmaker(min_count=2, max_count=4)
    await server.matchmaker.process()
    stats = await client.get_matchmaker_stats(ada.session)
    assert (stats.ticket_count, stats.completions) == (1, ())
    assert stats.oldest_ticket_create_time is not None
    await ada.remove_matchmaker(ticket)
    with pytest.raises(RequestRefused, match="ticket not found"):
        await ada.remove_matchmaker(ticket)


@pytest.mark.asyncio
async def test_a_reconnect_reports_lost_tickets(connect: Connect, server: MockServer) -> None:
    ada = await connect("ada")
    ticket = await ada.add_matchmaker(min_count=2, max_count=2)
    removed = await ada.add_matchmaker(min_count=2, max_count=3)
    await ada.remove_matchmaker(removed)
    log = EventLog(ada)
    drop(server, ada)
    await log.wait_for(Connected)
    (failure,) = (each for each in log.events if isinstance(each, RestoreFailed))
    assert (failure.request, failure.body["ticket"]) == ("matchmaker_add", ticket)
    assert "removes a ticket" in str(failure)


@pytest.mark.asyncio
async def test_add_matchmaker_raises_what_the_server_refuses(connect: Connect) -> None:
    ada = await connect("ada")
    with pytest.raises(RequestRefused, match="Error adding to matchmaker"):
        await ada.add_matchmaker('"', min_count=2, max_count=2)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "wrong",
    [
        {"min_count": 1, "max_count": 2},
        {"min_count": 3, "max_count": 2},
        {"min_count": 2, "max_count": 2**31},
        {"min_count": 2, "max_count": 4, "count_multiple": 0},
        {"min_count": 2, "max_count": 5, "count_multiple": 2},
        {"min_count": 2, "max_count": 2, "string_properties": {"n": 1}},
        {"min_count": 2, "max_count": 2, "numeric_properties": {"n": "1"}},
        {"min_count": 2, "max_count": 2, "numeric_properties": {"n": float("nan")}},
    ],
)
async def test_add_matchmaker_raises_before_the_wire(
    connect: Connect, server: MockServer, wrong: dict[str, Any]
) -> None:
    ada: Socket = await connect("ada")
    with pytest.raises(ArgumentError):
        await ada.add_matchmaker(**wrong)
    with pytest.raises(ArgumentError):
        await ada.remove_matchmaker("")
    assert server.journal.find("matchmaker_add") == []
