"""Tokens that the server refuses: one refresh, one repetition, and logging in again."""

import asyncio

import pytest
from aiohttp import web

from mock_server import MockServer, ModuleError
from nakama_client import (
    ApiError,
    Client,
    ClientClosed,
    NotFound,
    OtherUser,
    RetryPolicy,
    Session,
    SessionExpired,
    TimeoutExceeded,
    Timeouts,
    Unauthenticated,
)
from server_kit.faults import Fault
from tests.client.scripted import ScriptedServer, make_token

ACCOUNT = "GET /v2/account"
ECHO = "POST /v2/rpc/echo"
REFRESH = "POST /v2/account/session/refresh"


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["read", "rpc"])
async def test_call_refreshes_a_refused_token_and_repeats_once(
    client: Client, server: MockServer, alice: Session, method: str
) -> None:
    server.clock.advance(5)
    old = alice.token
    route = ACCOUNT if method == "read" else ECHO
    rule = server.faults.add(Fault.expired_token(), route, times=1)
    if method == "read":
        assert (await client.get_account(alice)).user.username == "alice"
    else:
        assert (await client.rpc(alice, "echo", "x")).payload == "x"
    assert rule.hits == 1
    assert alice.token != old
    assert len(server.journal.find(REFRESH)) == 1


@pytest.mark.asyncio
async def test_call_raises_when_the_new_token_is_refused_too(
    client: Client, server: MockServer, alice: Session
) -> None:
    rule = server.faults.add(Fault.expired_token(), ACCOUNT)
    with pytest.raises(SessionExpired, match="Auth token invalid") as raised:
        await client.get_account(alice)
    assert isinstance(raised.value.__cause__, Unauthenticated)
    assert rule.hits == 2
    assert len(server.journal.find(REFRESH)) == 1


@pytest.mark.asyncio
async def test_on_session_expired_logs_in_after_a_logout_of_the_token_alone(
    client: Client, server: MockServer, alice: Session
) -> None:
    """The server still refreshes that login, and refuses the token that it gives out for it."""
    logins: list[Session] = []

    @client.on_session_expired
    async def log_in(session: Session) -> Session:
        logins.append(session)
        return await client.authenticate_device("device-of-alice")

    await client.logout(Session(alice.token))
    server.clock.advance(5)
    accounts = await asyncio.gather(*(client.get_account(alice) for _ in range(5)))
    assert {account.user.id for account in accounts} == {alice.user_id}
    async with client.socket(alice) as socket:
        assert socket.is_connected
    assert logins == [alice]


@pytest.mark.asyncio
async def test_connect_asks_on_session_expired_when_a_refreshed_token_is_refused(
    client: Client, server: MockServer, alice: Session
) -> None:
    logins: list[Session] = []

    @client.on_session_expired
    async def log_in(session: Session) -> Session:
        logins.append(session)
        return await client.authenticate_device("device-of-alice")

    refusal = server.faults.add(Fault.status(401), "GET /ws", times=2)
    async with client.socket(alice) as socket:
        assert socket.is_connected
    assert refusal.hits == 2
    assert logins == [alice]


@pytest.mark.asyncio
async def test_calls_that_are_refused_together_share_one_refresh() -> None:
    count = 20
    all_asked = asyncio.Barrier(count)
    fresh = make_token(iat=1)
    refreshes = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal refreshes
        if "refresh" in request.path:
            refreshes += 1
            return web.json_response({"token": fresh, "refresh_token": make_token()})
        if request.headers["Authorization"] == f"Bearer {fresh}":
            return web.json_response({"user": {"id": "1"}})
        await all_asked.wait()
        return web.json_response({"code": 16, "message": "Auth token invalid"}, status=401)

    session = Session(make_token(), make_token())
    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        accounts = await asyncio.gather(*(client.get_account(session) for _ in range(count)))
    assert [account.user.id for account in accounts] == ["1"] * count
    assert refreshes == 1


@pytest.mark.asyncio
async def test_call_uses_the_token_of_another_calls_refresh() -> None:
    """Two calls went out with the old token; the slower one is refused later."""
    asked, release = asyncio.Event(), asyncio.Event()
    fresh = make_token(iat=1)
    refreshes = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal refreshes
        if "refresh" in request.path:
            refreshes += 1
            return web.json_response({"token": fresh, "refresh_token": make_token()})
        if request.headers["Authorization"] == f"Bearer {fresh}":
            return web.json_response({"user": {"id": "1"}})
        if request.path.endswith("notification"):
            asked.set()
            await release.wait()
        refusal = {"code": 16, "message": "Auth token invalid"}
        return web.json_response(refusal, status=401)

    session = Session(make_token(), make_token())
    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        slow = asyncio.create_task(client.list_notifications(session))
        await asked.wait()
        await client.get_account(session)
        release.set()
        await slow
    assert refreshes == 1


@pytest.mark.asyncio
async def test_rpc_is_not_repeated_when_the_function_refuses(
    client: Client, server: MockServer, alice: Session
) -> None:
    calls = 0

    @server.rpc("guarded")
    def guarded(context: object, payload: str) -> None:
        nonlocal calls
        calls += 1
        raise ModuleError("you may not", 16)

    with pytest.raises(Unauthenticated, match="you may not"):
        await client.rpc(alice, "guarded")
    assert calls == 1
    assert len(server.journal.find(REFRESH)) == 0


@pytest.mark.asyncio
async def test_wrong_server_key_refreshes_nothing(server: MockServer) -> None:
    async with Client(server.http_url, server_key="wrong") as client:
        with pytest.raises(Unauthenticated, match="Server key invalid"):
            await client.authenticate_device("device-of-alice")
    assert len(server.journal.find("POST /v2/account/authenticate/device")) == 1


@pytest.mark.asyncio
async def test_on_session_expired_logs_in_again(
    client: Client, server: MockServer, alice: Session
) -> None:
    events: list[str] = []

    @client.on_session_expired
    async def log_in(session: Session) -> Session:
        assert session is alice
        events.append("expired")
        return await client.authenticate_device("device-of-alice")

    client.on_session_refresh(lambda session: events.append("new tokens"))
    server.clock.advance(4000)
    accounts = await asyncio.gather(*(client.get_account(alice) for _ in range(10)))
    assert {account.user.id for account in accounts} == {alice.user_id}
    async with client.socket(alice) as socket:
        assert socket.is_connected
    await client.close()
    assert events == ["expired", "new tokens"]


@pytest.mark.asyncio
async def test_login_after_the_server_lost_its_data_is_another_user(
    client: Client, server: MockServer, alice: Session
) -> None:
    first_id = alice.user_id
    client.on_session_expired(lambda _: client.authenticate_device("device-of-alice"))
    await server.restart(keep_data=False)
    server.clock.advance(50)
    with pytest.raises(OtherUser):
        await client.get_account(alice)
    assert alice.user_id == first_id


@pytest.mark.asyncio
async def test_on_session_expired_is_called_once_when_the_new_token_is_refused_too(
    client: Client, server: MockServer, alice: Session
) -> None:
    logins = 0

    @client.on_session_expired
    async def log_in(session: Session) -> Session:
        nonlocal logins
        logins += 1
        return await client.authenticate_device("device-of-alice")

    server.faults.add(Fault.status(401, body={"code": 16, "message": "Refused."}), REFRESH)
    rule = server.faults.add(Fault.expired_token(), ACCOUNT)
    with pytest.raises(Unauthenticated):
        await client.get_account(alice)
    assert (logins, rule.hits) == (1, 2)


@pytest.mark.asyncio
async def test_call_raises_session_expired_when_no_handler_has_a_session(
    client: Client, server: MockServer, alice: Session
) -> None:
    calls: list[str] = []
    first = client.on_session_expired(lambda _: calls.append("first"))
    client.on_session_expired(lambda _: calls.append("second"))
    server.clock.advance(4000)
    with pytest.raises(SessionExpired):
        await client.get_account(alice)
    assert calls == ["first", "second"]
    first.remove()
    with pytest.raises(SessionExpired):
        await client.get_account(alice)
    assert calls == ["first", "second", "second"]


@pytest.mark.asyncio
async def test_call_raises_session_expired_when_the_handler_fails(
    client: Client, server: MockServer, alice: Session
) -> None:
    handler = client.on_session_expired(lambda _: 1 / 0)
    server.clock.advance(4000)
    with pytest.raises(SessionExpired, match="division by zero") as raised:
        await client.get_account(alice)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    handler.remove()

    client.on_session_expired(lambda _: client.authenticate_device("unknown-device", create=False))
    with pytest.raises(NotFound):
        await client.get_account(alice)


@pytest.mark.asyncio
async def test_call_names_what_the_handler_returned_in_the_place_of_a_session(
    client: Client, server: MockServer, alice: Session
) -> None:
    client.on_session_expired(lambda session: session.token)
    server.clock.advance(4000)
    with pytest.raises(SessionExpired, match="on_session_expired returned a str") as raised:
        await client.get_account(alice)
    assert alice.token not in str(raised.value)


@pytest.mark.asyncio
async def test_handler_raises_when_it_uses_the_expired_session(
    client: Client, server: MockServer, alice: Session
) -> None:
    client.on_session_expired(client.get_account)
    server.clock.advance(4000)
    with pytest.raises(SessionExpired, match="can't use the session that expired"):
        await client.get_account(alice)


@pytest.mark.asyncio
async def test_handler_that_uses_the_expired_session_in_a_task_raises(
    client: Client, server: MockServer, alice: Session
) -> None:
    """A task that waits for the refresh that waits for the task is noticed, too."""
    server.clock.advance(4000)

    @client.on_session_expired
    async def ask(session: Session) -> Session:
        async with asyncio.TaskGroup() as group:
            group.create_task(client.get_account(session))
        return session

    with pytest.raises(SessionExpired, match="on_session_expired"):
        await client.get_account(alice)


@pytest.mark.asyncio
async def test_handler_that_refreshes_the_expired_session_with_vars_raises(
    client: Client, server: MockServer, alice: Session
) -> None:
    client.on_session_expired(lambda session: client.refresh_session(session, vars={"a": "1"}))
    server.clock.advance(4000)
    with pytest.raises(SessionExpired, match="can't use the session that expired"):
        await client.get_account(alice)


@pytest.mark.asyncio
@pytest.mark.parametrize("retry", [RetryPolicy(deadline=0.05), None])
async def test_calls_end_at_their_deadline_while_on_session_expired_has_not_returned(
    server: MockServer, retry: RetryPolicy | None
) -> None:
    """The login goes on, and the next call has its token."""
    may_log_in = asyncio.Event()
    timeouts = Timeouts(request=5) if retry else Timeouts(request=0.05)
    clock = server.clock.time
    async with (
        Client(server.http_url, clock=clock) as patient,
        Client(server.http_url, retry=retry, timeouts=timeouts, clock=clock) as client,
    ):
        # Without a refresh token nothing but the handler is asked, however slow the machine is.
        session = Session((await patient.authenticate_device("device-of-alice")).token)
        logins = 0

        @client.on_session_expired
        async def ask_the_player(session: Session) -> Session:
            nonlocal logins
            logins += 1
            await may_log_in.wait()
            return await patient.authenticate_device("device-of-alice")

        server.clock.advance(4000)
        for call in (
            client.get_account(session),
            client.rpc(session, "echo", timeout=0.05),
            client.socket(session).connect(),
            client.refresh_session(session),
        ):
            with pytest.raises(TimeoutExceeded):
                await call
        renewed = asyncio.Event()
        client.on_session_refresh(lambda _: renewed.set())
        may_log_in.set()
        await renewed.wait()
        assert (await patient.get_account(session)).user.id == session.user_id
        assert logins == 1


@pytest.mark.asyncio
async def test_handler_of_an_expired_session_may_close_the_client(
    client: Client, server: MockServer, alice: Session
) -> None:
    client.on_session_expired(lambda _: client.close())
    server.clock.advance(4000)
    with pytest.raises(SessionExpired):
        await client.get_account(alice)
    with pytest.raises(ClientClosed):
        await client.get_account(alice)


@pytest.mark.asyncio
@pytest.mark.parametrize("failure", [asyncio.CancelledError, KeyError])
async def test_call_raises_session_expired_whatever_the_handler_raises(
    client: Client, server: MockServer, alice: Session, failure: type[BaseException]
) -> None:
    async def broken(session: Session) -> None:
        raise failure

    client.on_session_expired(broken)
    server.clock.advance(4000)
    with pytest.raises(SessionExpired, match="on_session_expired failed") as raised:
        await client.get_account(alice)
    assert isinstance(raised.value.__cause__, failure)


@pytest.mark.asyncio
async def test_ban_does_not_ask_on_session_expired(
    client: Client, server: MockServer, alice: Session
) -> None:
    client.on_session_expired(lambda _: client.authenticate_device("device-of-alice"))
    server.clock.advance(2)
    server.nk.users_ban_id([alice.user_id])
    with pytest.raises(ApiError, match="User account banned"):
        await client.get_account(alice)
