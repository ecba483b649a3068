"""Parties over the socket: who is in them and leads them, data, reconnects, what is refused."""

import asyncio
from typing import Any

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    Connected,
    InternalError,
    MatchmakerMatched,
    Party,
    PartyClose,
    PartyData,
    PartyJoinRequest,
    PartyLeader,
    PartyMatchmakerTicket,
    PartyPresenceEvent,
    PartyUpdate,
    RequestRefused,
    RestoreFailed,
    Socket,
    UserPresence,
)
from tests.client.multiplayer.conftest import Connect
from tests.client.multiplayer.test_matches import drop
from tests.client.reconnecting.event_log import EventLog

UNKNOWN = "12345678-1234-4234-8234-123456789012.nakama1"


class SocketEvents:
    """The events of one socket about its parties."""

    def __init__(self, socket: Socket) -> None:
        self.parties: asyncio.Queue[Party] = asyncio.Queue()
        self.presences: asyncio.Queue[PartyPresenceEvent] = asyncio.Queue()
        self.leaders: asyncio.Queue[PartyLeader] = asyncio.Queue()
        self.closes: asyncio.Queue[PartyClose] = asyncio.Queue()
        self.updates: asyncio.Queue[PartyUpdate] = asyncio.Queue()
        self.requests: asyncio.Queue[PartyJoinRequest] = asyncio.Queue()
        self.tickets: asyncio.Queue[PartyMatchmakerTicket] = asyncio.Queue()
        self.data: asyncio.Queue[PartyData] = asyncio.Queue()
        socket.on_party(self.parties.put_nowait)
        socket.on_party_presence(self.presences.put_nowait)
        socket.on_party_leader(self.leaders.put_nowait)
        socket.on_party_close(self.closes.put_nowait)
        socket.on_party_update(self.updates.put_nowait)
        socket.on_party_join_request(self.requests.put_nowait)
        socket.on_party_matchmaker_ticket(self.tickets.put_nowait)
        socket.on_party_data(self.data.put_nowait)

    async def until(self, party: Party, wanted: set[str]) -> None:
        """Wait until these, and no others, are in a party."""
        while {each.username for each in party.presences} != wanted:
            await self.presences.get()


@pytest.mark.asyncio
async def test_an_open_party_keeps_presences_leader_and_label(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    adas_events, bobs_events = SocketEvents(ada), SocketEvents(bob)
    adas = await ada.create_party(max_size=3, label={"mode": "ctf"})
    assert (adas.open, adas.hidden, adas.max_size, adas.label) == (True, False, 3, {"mode": "ctf"})
    assert (adas.is_leader, adas.leader.username, adas.presences) == (True, "ada", ())
    assert await adas_events.parties.get() is adas
    await bob.join_party(adas.id)
    bobs = await bobs_events.parties.get()
    assert (bobs.id, bobs.is_leader, bobs.is_joined) == (adas.id, False, True)
    assert [each.username for each in bobs.presences] == ["ada"]
    await adas_events.until(adas, {"bob"})

    await bobs.send(7, b"\x00hi")
    received = await anext(adas)
    assert (received.op_code, received.data, received.presence.username) == (7, b"\x00hi", "bob")
    await ada.send_party_data(adas.id, 8)
    assert (await bobs_events.data.get()).op_code == 8

    await ada.promote_party_member(adas.id, bobs.own_presence)
    assert (await bobs_events.leaders.get()).presence.username == "bob"
    assert bobs.is_leader
    await bob.update_party(bobs.id, open=False, label={"mode": "koth"})
    assert (await adas_events.updates.get()).label == {"mode": "koth"}
    assert (adas.open, adas.label, adas.is_leader) == (False, {"mode": "koth"}, False)

    await adas.leave()
    assert [each async for each in adas] == []
    await bobs_events.until(bobs, set())
    await bob.close_party(bobs.id)
    assert (await bobs_events.closes.get()).party_id == bobs.id
    assert not bobs.is_joined
    assert [each.op_code async for each in bobs] == [8]


@pytest.mark.asyncio
async def test_a_closed_party_is_joined_by_request(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    events, bobs_events = SocketEvents(ada), SocketEvents(bob)
    iterator = ada.party_join_requests()
    party = await ada.create_party(max_size=4, open=False, hidden=True)
    assert (party.open, party.hidden) == (False, True)
    await bob.join_party(party.id)
    (asking,) = (await events.requests.get()).presences
    assert (await anext(iterator)).presences == (asking,)
    await eve.join_party(party.id)
    (other,) = (await events.requests.get()).presences
    assert await ada.list_party_join_requests(party.id) == [asking, other]
    await ada.remove_party_member(party.id, other)
    await ada.accept_party_member(party.id, asking)
    bobs = await bobs_events.parties.get()
    await events.until(party, {"bob"})
    await ada.remove_party_member(party.id, bobs.own_presence)
    await bobs_events.closes.get()
    assert not bobs.is_joined
    await events.until(party, set())


@pytest.mark.asyncio
async def test_add_matchmaker_party_brings_all_members_into_a_match(
    connect: Connect, server: MockServer
) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    events = SocketEvents(bob)
    party = await ada.create_party(max_size=2)
    await bob.join_party(party.id)
    await events.parties.get()
    ticket = await ada.add_matchmaker_party(
        party.id, min_count=3, max_count=3, string_properties={"a": "b"}
    )
    assert (await events.tickets.get()).ticket == ticket
    await ada.remove_matchmaker_party(party.id, ticket)
    received: asyncio.Queue[MatchmakerMatched] = asyncio.Queue()
    bob.on_matchmaker_matched(received.put_nowait)
    await ada.add_matchmaker_party(party.id, min_count=3, max_count=3)
    await eve.add_matchmaker(min_count=3, max_count=3)
    await server.matchmaker.process()
    matched = await received.get()
    assert {each.presence.username: each.party_id for each in matched.users} == {
        "ada": party.id,
        "bob": party.id,
        "eve": "",
    }


@pytest.mark.asyncio
async def test_loops_hear_what_happens_to_parties(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    entered = bob.wait_for(bob.parties, timeout=10)
    received = [bob.party_leaders(), bob.party_updates(), bob.party_closes()]
    tickets, data, presences = bob.party_matchmaker_tickets(), bob.party_data(), bob.parties()
    party = await ada.create_party(max_size=2)
    await bob.join_party(party.id)
    bobs = await entered
    assert bobs.id == party.id
    assert await anext(presences) is bobs
    joined = bob.party_presences()
    ticket = await ada.add_matchmaker_party(party.id, min_count=3, max_count=3)
    assert (await anext(tickets)).ticket == ticket
    await party.send(4)
    assert (await anext(data)).op_code == 4
    await ada.update_party(party.id, open=True, label={"a": 1})
    await ada.promote_party_member(party.id, bobs.own_presence)
    await bobs.leave()
    await bob.join_party(party.id)
    again = await anext(presences)
    assert again is not bobs
    await ada.close_party(party.id)
    leader, update, close = [await anext(each) for each in received]
    assert (leader.presence.username, update.label) == ("bob", {"a": 1})
    assert close.party_id == party.id
    assert (await anext(joined)).party_id == party.id
    await bob.close()
    assert [each async for each in presences] == []


@pytest.mark.asyncio
async def test_list_parties_finds_what_is_not_hidden(
    client: Client, connect: Connect, server: MockServer
) -> None:
    sockets = [await connect(f"player{number}") for number in range(4)]
    await sockets[0].create_party(max_size=2, label={"mode": "ctf"})
    await sockets[1].create_party(max_size=2, label={"mode": "koth"}, open=False)
    await sockets[2].create_party(max_size=2, hidden=True)
    await sockets[3].create_party(max_size=9)
    server.clock.advance(2)
    await server.settle()
    session = sockets[0].session

    async def modes(**filters: Any) -> set[str]:
        found = client.iter_parties(session, page_size=1, **filters)
        return {each.label.get("mode", "") async for each in found}

    assert await modes() == {"ctf", "koth", ""}
    assert await modes(open=True) == {"ctf", ""}
    assert await modes(query="+label.mode:koth") == {"koth"}
    (found,) = (await client.list_parties(session, query="+label.mode:ctf")).parties
    assert (found.open, found.max_size, found.label) == (True, 2, {"mode": "ctf"})
    with pytest.raises(InternalError):
        await client.list_parties(session, cursor="garbage")
    with pytest.raises(ArgumentError):
        await client.list_parties(session, limit=101)


@pytest.mark.asyncio
async def test_a_reconnect_joins_an_open_party_again(connect: Connect, server: MockServer) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    events = SocketEvents(ada)
    party = await ada.create_party(max_size=2)
    await events.parties.get()
    await bob.join_party(party.id)
    await events.until(party, {"bob"})
    before = party.own_presence
    drop(server, ada)
    assert await events.parties.get() is party
    assert party.is_joined
    assert party.own_presence.session_id != before.session_id
    assert party.leader.username == "bob"
    await bob.send_party_data(party.id, 3)
    assert (await anext(party)).op_code == 3


@pytest.mark.asyncio
async def test_a_reconnect_reports_a_party_that_is_gone(
    connect: Connect, server: MockServer
) -> None:
    ada = await connect("ada")
    party = await ada.create_party(max_size=2)
    log = EventLog(ada)
    drop(server, ada)
    await log.wait_for(Connected)
    (failure,) = (each for each in log.events if isinstance(each, RestoreFailed))
    assert (failure.request, failure.body) == ("party_join", {"party_id": party.id})
    with pytest.raises(RestoreFailed, match="party not found"):
        await anext(party)


@pytest.mark.asyncio
async def test_party_calls_raise_what_the_server_refuses(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    events = SocketEvents(bob)
    party = await ada.create_party(max_size=2)
    await bob.join_party(party.id)
    bobs = await events.parties.get()
    with pytest.raises(RequestRefused, match="party leader only"):
        await bob.close_party(party.id)
    with pytest.raises(RequestRefused, match="party leader only"):
        await bob.promote_party_member(party.id, bobs.own_presence)
    for call in (
        bob.join_party(UNKNOWN),
        bob.send_party_data(UNKNOWN, 1),
        bob.list_party_join_requests(UNKNOWN),
        bob.add_matchmaker_party(UNKNOWN, min_count=2, max_count=2),
        bob.remove_matchmaker_party(UNKNOWN, "ticket"),
        bob.update_party(UNKNOWN, open=True, label={}),
    ):
        with pytest.raises(RequestRefused, match="party not found"):
            await call
    await bob.leave_party(UNKNOWN)


@pytest.mark.asyncio
async def test_party_calls_raise_before_the_wire(connect: Connect, client: Client) -> None:
    ada = await connect("ada")
    nobody = UserPresence(user_id="nobody", session_id="nothing")
    for call in (
        ada.create_party(max_size=0),
        ada.create_party(max_size=257),
        ada.create_party(max_size=2, label=[1]),  # type: ignore[arg-type]
        ada.create_party(max_size=2, label={"x": "y" * 2048}),
        ada.join_party(""),
        ada.leave_party(""),
        ada.accept_party_member(UNKNOWN, nobody),
        ada.send_party_data(UNKNOWN, 2**63),
        ada.add_matchmaker_party(UNKNOWN, min_count=1, max_count=2),
        ada.remove_matchmaker_party(UNKNOWN, ""),
    ):
        with pytest.raises(ArgumentError):
            await call
    with pytest.raises(ArgumentError):
        client.iter_parties(ada.session, page_size=0)
