"""Sessions: what they hold, and how they stay fresh."""

import asyncio
import json
from collections.abc import Callable

import pytest
from aiohttp import web

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ClientClosed,
    ConnectionFailed,
    OtherUser,
    Session,
    SessionExpired,
    Unauthenticated,
    UnexpectedReply,
)
from server_kit import Clock
from tests.client.conftest import Login
from tests.client.scripted import Answer, ScriptedServer, make_token

REFRESH = "POST /v2/account/session/refresh"
NOW = 1_800_000_000


def refreshes(server: MockServer) -> int:
    return len(server.journal.find(REFRESH))


@pytest.mark.asyncio
async def test_session_reads_its_claims(client: Client, server: MockServer) -> None:
    session = await client.authenticate_device(
        "a-device-id", username="alice", vars={"platform": "bot"}
    )
    assert session.created
    assert session.username == "alice"
    assert session.vars == {"platform": "bot"}
    assert (await client.get_account(session)).user.id == session.user_id
    assert 0 < session.expires_at.timestamp() - server.clock.time() <= 60
    assert session.refresh_expires_at is not None
    assert 3500 < session.refresh_expires_at.timestamp() - server.clock.time() <= 3600
    assert not session.is_expired()
    assert session.is_expired(server.clock.time() + 61)


@pytest.mark.asyncio
async def test_session_survives_to_dict_and_from_dict(client: Client, alice: Session) -> None:
    saved = json.loads(json.dumps(alice.to_dict()))
    restored = Session.from_dict(saved)
    assert restored.to_dict() == alice.to_dict()
    assert (restored.user_id, restored.created) == (alice.user_id, True)
    assert (await client.get_account(restored)).user.username == "alice"


def test_session_works_without_refresh_token() -> None:
    session = Session.from_dict({"token": make_token()})
    assert session.refresh_token == ""
    assert session.refresh_expires_at is None


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"token": ""},
        {"token": "x"},
        {"token": 5},
        {"token": None},
        {"token": make_token() + "\r\nHeader: x"},
        {"token": make_token(), "refresh_token": "x"},
        {"token": make_token(), "issued_at": "yesterday"},
        {"refresh_token": "x"},
    ],
)
def test_session_raises_for_text_that_is_no_token(saved: dict[str, object]) -> None:
    with pytest.raises(ArgumentError) as raised:
        Session.from_dict(saved)
    assert "eyJ" not in str(raised.value)


def test_session_repr_holds_no_token() -> None:
    token, refresh_token = make_token(), make_token(tid="other")
    text = repr(Session(token, refresh_token))
    assert token not in text
    assert refresh_token not in text
    assert "alice" in text


@pytest.mark.asyncio
async def test_calls_refresh_a_60_second_token_only_near_its_end(
    client: Client, server: MockServer, alice: Session
) -> None:
    for _ in range(200):
        await client.list_notifications(alice, limit=1)
        server.clock.advance(3)
    assert 600 / 60 <= refreshes(server) <= 600 / 45


@pytest.mark.asyncio
async def test_concurrent_calls_share_one_refresh(
    client: Client, server: MockServer, alice: Session
) -> None:
    old = alice.token
    server.clock.advance(50)
    await asyncio.gather(*(client.get_account(alice) for _ in range(50)))
    assert refreshes(server) == 1
    assert alice.token != old


@pytest.mark.asyncio
async def test_each_session_has_its_own_refresh(
    client: Client, server: MockServer, login: Login
) -> None:
    sessions = [await login(name) for name in ("alice", "bob", "carol")]
    server.clock.advance(50)
    await asyncio.gather(*(client.get_account(session) for session in sessions * 5))
    assert refreshes(server) == 3


@pytest.mark.asyncio
async def test_socket_connects_with_a_refreshed_token(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.clock.advance(3000)
    async with client.socket(alice) as socket:
        assert socket.is_connected
    assert refreshes(server) == 1


@pytest.mark.asyncio
async def test_on_session_refresh_is_called_for_each_refresh(
    client: Client, server: MockServer, alice: Session
) -> None:
    told: asyncio.Queue[Session] = asyncio.Queue()

    @client.on_session_refresh
    async def saved(session: Session) -> None:
        await told.put(session)

    @client.on_session_refresh
    def broken(session: Session) -> None:
        raise RuntimeError("disk full")

    old = alice.to_dict()
    server.clock.advance(50)
    await client.get_account(alice)
    assert await told.get() is alice
    assert alice.to_dict() != old

    saved.remove()
    broken.remove()
    server.clock.advance(50)
    await client.get_account(alice)
    await client.close()
    assert told.empty()
    assert refreshes(server) == 2


@pytest.mark.asyncio
async def test_on_session_refresh_is_not_called_for_unchanged_tokens() -> None:
    """Two refreshes within one second give identical tokens."""
    clock = Clock(stopped_at=NOW)
    told: list[str] = []
    async with MockServer(clock=clock) as server:
        async with Client(server.http_url, clock=clock.time) as client:
            client.on_session_refresh(lambda session: told.append(session.token))
            session = await client.authenticate_device("device-of-alice")
            clock.advance(10)
            await client.refresh_session(session)
            await client.refresh_session(session)
        assert refreshes(server) == 2
    assert told == [session.token]


@pytest.mark.asyncio
async def test_refresh_session_replaces_the_tokens(client: Client, server: MockServer) -> None:
    session = await client.authenticate_custom("custom-id", vars={"a": "1"})
    server.clock.advance(5)
    old = session.token
    assert await client.refresh_session(session) is session
    assert session.token != old
    assert session.vars == {"a": "1"}
    await client.refresh_session(session, vars={"b": "2"})
    assert session.vars == {"b": "2"}
    assert refreshes(server) == 2


@pytest.mark.asyncio
async def test_refresh_session_with_other_vars_makes_its_own_request(
    client: Client, server: MockServer, alice: Session
) -> None:
    await asyncio.gather(
        client.refresh_session(alice),
        client.refresh_session(alice, vars={"a": "1"}),
        client.refresh_session(alice),
    )
    assert refreshes(server) == 2
    assert alice.vars == {"a": "1"}


@pytest.mark.asyncio
async def test_cancelled_call_leaves_the_refresh_to_the_others(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.clock.advance(50)
    calls = [asyncio.create_task(client.get_account(alice)) for _ in range(3)]
    await asyncio.sleep(0)
    calls[0].cancel()
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert not isinstance(done[1], BaseException)
    assert refreshes(server) == 1


@pytest.mark.asyncio
async def test_calls_raise_session_expired_when_both_tokens_have_expired(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.clock.advance(4000)
    for call in (
        client.get_account,
        client.refresh_session,
        lambda it: client.socket(it).connect(),
    ):
        with pytest.raises(SessionExpired, match="Refresh token invalid or expired"):
            await call(alice)
    assert refreshes(server) == 3


@pytest.mark.asyncio
async def test_calls_raise_session_expired_when_the_refresh_is_refused(
    client: Client, server: MockServer, alice: Session
) -> None:
    await client.logout(alice)
    server.clock.advance(61)
    with pytest.raises(SessionExpired, match="Refresh token invalid or expired") as raised:
        await client.get_account(alice)
    assert isinstance(raised.value.__cause__, Unauthenticated)


@pytest.mark.asyncio
async def test_calls_raise_session_expired_without_refresh_token(
    client: Client, server: MockServer, alice: Session
) -> None:
    session = Session(alice.token)
    server.clock.advance(55)
    await client.get_account(session)
    with pytest.raises(SessionExpired, match="no refresh token"):
        await client.refresh_session(session)
    server.clock.advance(6)
    with pytest.raises(SessionExpired):
        await client.get_account(session)
    assert refreshes(server) == 0


@pytest.mark.asyncio
async def test_logout_ends_a_session_whose_token_has_expired(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.clock.advance(120)
    await client.logout(alice)
    with pytest.raises(SessionExpired):
        await client.get_account(alice)


@pytest.mark.asyncio
async def test_logout_ends_the_session(client: Client, alice: Session) -> None:
    await client.logout(alice)
    with pytest.raises(SessionExpired, match="Refresh token invalid or expired"):
        await client.get_account(alice)
    with pytest.raises(SessionExpired):
        await client.refresh_session(alice)


def answers(answer: Callable[[web.Request], web.Response]) -> Answer:
    async def respond(request: web.Request) -> web.Response:
        return answer(request)

    return respond


@pytest.mark.asyncio
async def test_calls_use_the_living_token_when_the_refresh_fails() -> None:
    def answer(request: web.Request) -> web.Response:
        if "refresh" in request.path:
            return web.Response(status=502, text="bad gateway")
        return web.json_response({})

    session = Session(make_token(iat=NOW, exp=NOW + 60), make_token(exp=NOW + 3600))
    now = NOW + 55.0
    async with (
        ScriptedServer(answer=answers(answer)) as server,
        Client(server.url, clock=lambda: now, random=lambda: 0.0) as client,
    ):
        await client.get_account(session)
        now += 5
        with pytest.raises(UnexpectedReply, match="502"):
            await client.get_account(session)


@pytest.mark.asyncio
async def test_call_raises_connection_failed_when_its_refresh_finds_no_server() -> None:
    async with ScriptedServer() as server:
        url = server.url
    session = Session(make_token(exp=NOW), make_token(exp=NOW + 3600))
    async with Client(url, clock=lambda: NOW + 1.0, random=lambda: 0.0) as client:
        with pytest.raises(ConnectionFailed):
            await client.get_account(session)


@pytest.mark.asyncio
async def test_client_close_cancels_a_refresh() -> None:
    started = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        started.set()
        await server.stopped()
        return web.Response()

    session = Session(make_token(exp=NOW), make_token(exp=NOW + 3600))
    async with ScriptedServer(answer=answer) as server:
        client = Client(server.url, clock=lambda: NOW + 1.0)
        call = asyncio.create_task(client.get_account(session))
        await started.wait()
        await client.close()
        with pytest.raises(ClientClosed):
            await call


@pytest.mark.asyncio
@pytest.mark.parametrize("body", [{}, {"token": "x", "refresh_token": "y"}, {"token": ""}])
async def test_authenticate_raises_for_a_reply_without_tokens(body: dict[str, str]) -> None:
    async with (
        ScriptedServer(answer=answers(lambda _: web.json_response(body))) as server,
        Client(server.url) as client,
    ):
        with pytest.raises(UnexpectedReply, match="without session tokens") as raised:
            await client.authenticate_device("device-of-alice")
    assert raised.value.path == "/v2/account/authenticate/device"


@pytest.mark.asyncio
@pytest.mark.parametrize("ahead", [-600, 600])
async def test_calls_refresh_in_time_with_a_wrong_clock(server: MockServer, ahead: int) -> None:
    async with Client(server.http_url, clock=lambda: server.clock.time() + ahead) as client:
        session = await client.authenticate_device("device-of-alice")
        for _ in range(80):
            await client.list_notifications(session, limit=1)
            server.clock.advance(3)
    assert 240 / 60 <= refreshes(server) <= 240 / 40


@pytest.mark.asyncio
@pytest.mark.parametrize("ahead", [-7200, -1800, 1800, 7200])
@pytest.mark.parametrize("times", [True, False])
async def test_restored_session_refreshes_in_time_on_another_clock(
    client: Client, server: MockServer, alice: Session, ahead: int, times: bool
) -> None:
    """Whether the saved session knows its times or not, one refresh sets it right."""
    saved = alice.to_dict()
    if not times:
        del saved["issued_at"], saved["clock_offset"]
    async with Client(server.http_url, clock=lambda: server.clock.time() + ahead) as moved:
        session = Session.from_dict(saved)
        for _ in range(80):
            await moved.list_notifications(session, limit=1)
            server.clock.advance(3)
    assert 240 / 60 <= refreshes(server) <= 240 / 40
    assert len(server.journal.find("GET /v2/notification")) <= 80 + 1 + 240 / 40


@pytest.mark.asyncio
async def test_calls_refresh_in_time_after_the_clock_was_set(server: MockServer) -> None:
    offset = {"seconds": 0}

    def clock() -> float:
        return server.clock.time() + offset["seconds"]

    async with Client(server.http_url, clock=clock) as client:
        session = await client.authenticate_device("device-of-alice")
        for offset["seconds"] in (0, 5400, -5400, 0):
            for _ in range(40):
                await client.list_notifications(session, limit=1)
                server.clock.advance(3)
    assert 8 <= refreshes(server) <= 16


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "body", [{}, {"token": "x"}, {"token": make_token(), "refresh_token": "x"}]
)
async def test_refresh_session_raises_for_a_reply_without_tokens(body: dict[str, str]) -> None:
    """The server's mistake, and not an argument of the caller's."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(body)

    session = Session(make_token(exp=1), make_token())
    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        with pytest.raises(UnexpectedReply, match="without session tokens") as raised:
            await client.get_account(session)
    assert raised.value.path == "/v2/account/session/refresh"
    assert session.token == make_token(exp=1)


@pytest.mark.parametrize("claimed", [10**17, -(10**17), 0, 253_402_300_800])
def test_session_shows_any_claimed_expiry(claimed: int) -> None:
    session = Session(make_token(exp=claimed), make_token(exp=claimed, tid="other"))
    assert 1 <= session.expires_at.year <= 9999
    assert session.refresh_expires_at is not None
    assert "alice" in repr(session)
    assert session.is_expired(0.0) is (claimed <= 0)


@pytest.mark.asyncio
async def test_call_raises_when_a_refresh_returns_another_user() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"token": make_token(uid="bob"), "refresh_token": make_token()})

    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        session = Session(make_token(exp=1), make_token())
        before = session.to_dict()
        with pytest.raises(OtherUser, match="the session of 'u' was renewed with one of 'bob'"):
            await client.get_account(session)
        assert session.to_dict() == before


@pytest.mark.asyncio
async def test_call_raises_when_a_login_after_expiry_is_another_users(
    client: Client, server: MockServer, login: Login
) -> None:
    alice, bob = await login("alice"), await login("bob")
    client.on_session_expired(lambda session: bob)
    server.clock.advance(10_000)
    with pytest.raises(OtherUser):
        await client.get_account(alice)
    assert alice.username == "alice"
