"""Matches over the socket: joining, data, presences, leaving, reconnects, and what is refused."""

import asyncio
from typing import Any

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    Connected,
    Match,
    MatchData,
    MatchPresenceEvent,
    MessageTooLarge,
    NotConnected,
    RequestRefused,
    RestoreFailed,
    Session,
    Socket,
    TimeoutExceeded,
    Timeouts,
    UserPresence,
)
from tests.client.multiplayer.conftest import Connect
from tests.client.reconnecting.event_log import EventLog
from tests.client.scripted import Peer, ScriptedServer, make_token

UNKNOWN = "12345678-1234-4234-8234-123456789012."


async def names(match: Match, wanted: set[str], socket: Socket) -> None:
    """Wait until these, and no others, are in a match."""
    received: asyncio.Queue[MatchPresenceEvent] = asyncio.Queue()
    handler = socket.on_match_presence(received.put_nowait)
    while {each.username for each in match.presences} != wanted:
        await received.get()
    handler.remove()


def drop(server: MockServer, socket: Socket) -> None:
    (found,) = (each for each in server.sockets() if each.user_id == socket.session.user_id)
    found.abort()


@pytest.mark.asyncio
async def test_create_match_and_join_match_relay_data_and_keep_presences(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    adas = await ada.create_match()
    assert (adas.authoritative, adas.label, adas.presences) == (False, "", ())
    assert adas.own_presence.username == "ada"
    bobs = await bob.join_match(adas.id.upper())
    assert bobs.id == adas.id
    assert bobs.presences == (adas.own_presence,)
    await names(adas, {"bob"}, ada)
    eves = await eve.join_match(adas.id)
    await names(adas, {"bob", "eve"}, ada)
    await names(bobs, {"ada", "eve"}, bob)

    await bob.send_match_state(bobs.id, 7, data=b"\x00\xff", reliable=False)
    await bobs.send(2**53 + 1, "ü")
    await bobs.send(-3, presences=[adas.own_presence])
    assert [await anext(adas) for _ in range(3)] == [
        MatchData(match_id=adas.id, presence=bobs.own_presence, op_code=7, data=b"\x00\xff"),
        MatchData(
            match_id=adas.id,
            presence=bobs.own_presence,
            op_code=2**53 + 1,
            data="ü".encode(),
            reliable=True,
        ),
        MatchData(match_id=adas.id, presence=bobs.own_presence, op_code=-3, reliable=True),
    ]
    assert [(await anext(eves)).op_code for _ in range(2)] == [7, 2**53 + 1]

    await bobs.leave()
    assert not bobs.is_joined
    assert [each async for each in bobs] == []
    await names(adas, {"eve"}, ada)
    await eve.leave_match(eves.id)
    await eve.leave_match(eves.id)
    await names(adas, set(), ada)


@pytest.mark.asyncio
async def test_create_match_with_a_name_meets_the_others(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    adas, bobs = await ada.create_match("the inn"), await bob.create_match("the inn")
    assert adas.id == bobs.id
    assert bobs.presences == (adas.own_presence,)


@pytest.mark.asyncio
async def test_join_match_gets_what_the_handler_sends_before_the_answer(
    connect: Connect, server: MockServer
) -> None:
    ada = await connect("ada")
    match_id = await server.nk.match_create("echo", {})
    match = await ada.join_match(match_id, metadata={"password": "please"})
    assert (match.authoritative, match.label) == (True, '{"mode":"echo"}')
    await match.send(5, b"ping")
    async for data in match:
        if data.op_code == 1:
            assert (data.data, data.presence) == (b"hello ada", None)
        else:
            assert (data.op_code, data.data) == (5, b"ping")
            break


@pytest.mark.asyncio
async def test_on_match_data_and_iterators_hear_all_matches(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    received: asyncio.Queue[MatchData] = asyncio.Queue()
    ada.on_match_data(received.put_nowait)
    data, presences = ada.match_data(), ada.match_presences()
    for name in ("one", "two"):
        match = await ada.create_match(name)
        await bob.create_match(name)
        await bob.send_match_state(match.id, 1, data=name)
    assert [(await received.get()).data for _ in range(2)] == [b"one", b"two"]
    assert [(await anext(data)).data for _ in range(2)] == [b"one", b"two"]
    joined = {(await anext(presences)).joins[0].username for _ in range(4)}
    assert joined == {"ada", "bob"}


@pytest.mark.asyncio
async def test_list_matches_filters(client: Client, connect: Connect, server: MockServer) -> None:
    ada = await connect("ada")
    relayed = await ada.create_match()
    echo = await server.nk.match_create("echo", {})
    await ada.join_match(echo, metadata={"password": "please"})
    server.clock.advance(2)
    await server.settle()

    async def listed(**filters: Any) -> set[str]:
        return {each.match_id for each in await client.list_matches(ada.session, **filters)}

    assert await listed() == {relayed.id, echo}
    assert await listed(authoritative=True) == await listed(label='{"mode":"echo"}') == {echo}
    assert await listed(authoritative=False) == {relayed.id}
    assert await listed(query="+label.mode:echo") == {echo}
    assert await listed(query="+label.mode:chess") == await listed(min_size=2) == set()
    (found,) = await client.list_matches(ada.session, authoritative=True, max_size=1, limit=1)
    assert (found.size, found.tick_rate, found.handler_name) == (1, 10, "echo")
    assert found.label == '{"mode":"echo"}'


@pytest.mark.asyncio
async def test_a_reconnect_joins_matches_again(connect: Connect, server: MockServer) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    relayed = await ada.create_match()
    await bob.join_match(relayed.id)
    named = await ada.create_match("the inn")
    echo = await ada.join_match(
        await server.nk.match_create("echo", {}), metadata={"password": "please"}
    )
    left = await ada.create_match()
    await ada.leave_match(left.id)
    before = {match: match.own_presence for match in (relayed, named, echo)}
    log = EventLog(ada)
    drop(server, ada)
    await log.wait_for(Connected)
    assert not [each for each in log.events if isinstance(each, RestoreFailed)]
    for match, presence in before.items():
        assert match.is_joined
        assert match.own_presence.session_id != presence.session_id
    assert [each.username for each in relayed.presences] == ["bob"]
    await bob.send_match_state(relayed.id, 9)
    assert (await anext(relayed)).op_code == 9
    assert not left.is_joined


@pytest.mark.asyncio
async def test_a_reconnect_reports_a_match_that_is_gone(
    connect: Connect, server: MockServer
) -> None:
    ada = await connect("ada")
    match = await ada.create_match()
    log = EventLog(ada)
    drop(server, ada)
    await log.wait_for(Connected)
    (failure,) = (each for each in log.events if isinstance(each, RestoreFailed))
    assert (failure.request, failure.body) == ("match_join", {"match_id": match.id})
    with pytest.raises(RestoreFailed, match="Match not found"):
        await anext(match)
    assert not match.is_joined
    drop(server, ada)
    await log.wait_for(Connected, count=2)
    assert len([each for each in log.events if isinstance(each, RestoreFailed)]) == 1


@pytest.mark.asyncio
async def test_closing_the_socket_ends_the_loop(connect: Connect) -> None:
    ada = await connect("ada")
    match = await ada.create_match()
    await ada.close()
    assert [each async for each in match] == []
    with pytest.raises(NotConnected):
        await match.send(1)
    await ada.connect()
    assert (await ada.create_match()).is_joined


@pytest.mark.asyncio
async def test_match_calls_raise_what_the_server_refuses(
    connect: Connect, server: MockServer
) -> None:
    ada = await connect("ada")
    with pytest.raises(RequestRefused, match="Match not found") as raised:
        await ada.join_match(UNKNOWN)
    assert raised.value.code == 4
    with pytest.raises(RequestRefused, match="Invalid match token"):
        await ada.join_match(token="no token")
    echo = await server.nk.match_create("echo", {})
    with pytest.raises(RequestRefused, match="wrong password") as raised:
        await ada.join_match(echo, metadata={"password": "open sesame"})
    assert raised.value.code == 5
    await ada.send_match_state(UNKNOWN, 1)
    await ada.leave_match(UNKNOWN)


@pytest.mark.asyncio
async def test_match_calls_raise_before_the_wire(connect: Connect, client: Client) -> None:
    ada = await connect("ada")
    presence = UserPresence(user_id="nobody", session_id="nothing")
    wrong: list[Any] = [
        ada.join_match(),
        ada.join_match("", token=""),
        ada.join_match(UNKNOWN, token="token"),
        ada.join_match("no id"),
        ada.join_match("not-a-uuid.node"),
        ada.join_match(UNKNOWN, metadata={"n": 1}),  # type: ignore[dict-item]
        ada.leave_match(""),
        ada.leave_match("no id"),
        ada.send_match_state("no id", 1),
        ada.send_match_state(UNKNOWN, 2**63),
        ada.send_match_state(UNKNOWN, 1, data=3),  # type: ignore[arg-type]
        ada.send_match_state(UNKNOWN, 1, presences=[presence]),
        client.list_matches(ada.session, limit=0),
        client.list_matches(ada.session, min_size=-1),
        client.list_matches(ada.session, min_size=3, max_size=2),
        client.list_matches(ada.session, authoritative=False, label="x"),
    ]
    for call in wrong:
        with pytest.raises(ArgumentError):
            await call
    with pytest.raises(MessageTooLarge):
        await ada.send_match_state(UNKNOWN, 1, data=b"x" * 4000)
    await ada.send_match_state(UNKNOWN, 1, data=b"x" * 2900)
    assert ada.is_connected


@pytest.mark.asyncio
async def test_send_match_state_waits_for_a_server_that_reads_nothing() -> None:
    async def script(peer: Peer) -> None:
        peer.stop_reading()
        await peer.until_closed()

    session = Session(make_token(), make_token())
    timeouts = Timeouts(reply=0.1, close=0.1)
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, timeouts=timeouts) as client,
        client.socket(session, reconnect=None) as socket,
    ):
        with pytest.raises(TimeoutExceeded, match="read nothing"):
            await flood(socket)


async def flood(socket: Socket) -> None:
    while True:
        await socket.send_match_state(UNKNOWN, 1, data=b"x" * 2900)


@pytest.mark.asyncio
async def test_presences_that_change_while_a_join_is_answered_are_right() -> None:
    here = [UserPresence(user_id=f"u{n}", session_id=f"s{n}", username=f"p{n}") for n in range(4)]
    members = [
        {"user_id": p.user_id, "session_id": p.session_id, "username": p.username} for p in here
    ]

    async def script(peer: Peer) -> None:
        request = await peer.request()
        presence = {"match_id": UNKNOWN}
        await peer.send({"match_presence_event": {**presence, "leaves": [members[1]]}})
        await peer.send({"match_data": {**presence, "op_code": "4", "data": "aGk="}})
        own = {"user_id": "me", "session_id": "mine", "username": "me"}
        answer = {**presence, "self": own, "presences": members[:2]}
        await peer.send({"cid": request["cid"], "match": answer})
        await peer.send({"match_presence_event": {**presence, "joins": [members[2], own]}})
        await peer.send({"match_data": {**presence, "op_code": "5"}})
        await peer.send({"match_presence_event": {"match_id": "odd", "joins": [members[3]]}})

    session = Session(make_token(), make_token())
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(session, reconnect=None) as socket,
    ):
        match = await socket.join_match(UNKNOWN)
        assert [(await anext(match)).op_code for _ in range(2)] == [4, 5]
        assert match.presences == (here[0], here[2])


@pytest.mark.asyncio
async def test_a_match_without_a_loop_keeps_32_messages(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    match = await ada.create_match()
    await bob.join_match(match.id)
    arrived: asyncio.Queue[MatchData] = asyncio.Queue()
    ada.on_match_data(arrived.put_nowait)
    errors: asyncio.Queue[Exception] = asyncio.Queue()
    ada.on_error(errors.put_nowait)
    for number in range(40):
        await bob.send_match_state(match.id, number)
        await arrived.get()
    received = aiter(match)
    assert [(await anext(received)).op_code for _ in range(32)] == list(range(32))
    assert match.dropped == 8
    await bob.send_match_state(match.id, 99)
    assert (await anext(received)).op_code == 99
    assert "8 events were dropped" in str(await errors.get())
