"""HTTP calls that failed are made again, when that does no harm."""

import asyncio
import time
from collections.abc import AsyncIterator
from email.utils import formatdate

import pytest
import pytest_asyncio
from aiohttp import web

from mock_server import MockServer, ModuleError
from nakama_client import (
    ApiError,
    ArgumentError,
    Client,
    ConnectionFailed,
    InternalError,
    NakamaError,
    NotFound,
    ReplyError,
    Retry,
    RetryPolicy,
    Session,
    SessionExpired,
    TimeoutExceeded,
    Timeouts,
    Unauthenticated,
    UnexpectedReply,
)
from server_kit.faults import Fault
from tests.client.scripted import ScriptedServer, make_token

LIST = "GET /v2/notification"
ACCOUNT = "GET /v2/account"
ECHO = "POST /v2/rpc/echo"
REFRESH = "POST /v2/account/session/refresh"
SESSION = Session(make_token())


@pytest_asyncio.fixture
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with Client(
        server.http_url,
        clock=server.clock.time,
        random=lambda: 0.0,
        http_key="defaulthttpkey",
        timeouts=Timeouts(request=0.2),
    ) as client:
        yield client


def retries_of(client: Client) -> list[Retry]:
    retries: list[Retry] = []
    client.on_retry(retries.append)
    return retries


TROUBLES = [
    Fault.reset(),
    Fault.drop_reply(),
    Fault.garbage(),
    Fault.truncated(),
    Fault.black_hole(),
    Fault.status(429),
    Fault.status(502, body="<html>bad gateway</html>"),
    Fault.status(503),
    Fault.status(504),
]


@pytest.mark.asyncio
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
async def test_reading_is_repeated(
    client: Client, server: MockServer, alice: Session, trouble: Fault
) -> None:
    retries = retries_of(client)
    rule = server.faults.add(trouble, ACCOUNT, times=3)
    assert (await client.get_account(alice)).user.username == "alice"
    await client.close()
    assert rule.hits == 3
    assert [(each.method, each.path, each.attempt) for each in retries] == [
        ("GET", "/v2/account", attempt) for attempt in (1, 2, 3)
    ]
    assert {each.delay for each in retries} == {0.0}


@pytest.mark.asyncio
@pytest.mark.parametrize("trouble", [Fault.drop_reply(), Fault.status(503)], ids=str)
async def test_deleting_and_logging_in_are_repeated(
    client: Client, server: MockServer, alice: Session, trouble: Fault
) -> None:
    await server.notifications.send(alice.user_id, "hello")
    (stored,) = await server.notifications.stored(alice.user_id)
    rules = [
        server.faults.add(trouble, "DELETE /v2/notification", times=2),
        server.faults.add(trouble, "POST /v2/account/authenticate/*", times=2),
        server.faults.add(trouble, REFRESH, times=2),
        server.faults.add(trouble, "PUT /v2/account", times=2),
    ]
    await client.delete_notifications(alice, [stored["id"]])
    assert await server.notifications.stored(alice.user_id) == []
    assert (await client.authenticate_device("device-of-alice")).user_id == alice.user_id
    await client.refresh_session(alice)
    await client.update_account(alice, display_name="Alice")
    assert [rule.hits for rule in rules] == [2, 2, 2, 2]


@pytest.mark.asyncio
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
async def test_an_rpc_is_repeated_only_when_the_caller_says_so(
    client: Client, server: MockServer, alice: Session, trouble: Fault
) -> None:
    rule = server.faults.add(trouble, ECHO, times=2)
    with pytest.raises(NakamaError):
        await client.rpc(alice, "echo", "x")
    assert rule.hits == 1
    assert (await client.rpc(alice, "echo", "x", idempotent=True)).payload == "x"
    assert rule.hits == 2
    rule = server.faults.add(trouble, ECHO, times=1)
    assert (await client.rpc_http_key("echo", "y", idempotent=True)).payload == "y"
    assert rule.hits == 1


@pytest.mark.asyncio
async def test_what_could_not_be_sent_is_always_repeated() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"payload": "done"})

    async with ScriptedServer(answer=answer) as server:
        url = server.url
    attempts: asyncio.Queue[Retry] = asyncio.Queue()
    async with Client(url, random=lambda: 0.0) as client:
        client.on_retry(attempts.put_nowait)
        with pytest.raises(ConnectionFailed) as raised:
            await client.rpc(SESSION, "once")
        assert raised.value.nothing_sent
        assert [(await attempts.get()).attempt for _ in range(3)] == [1, 2, 3]
        assert "attempt 4 of 4" in raised.value.__notes__[0]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.status(500, body={"code": 13, "message": "no"}), InternalError),
        (Fault.status(404, body={"code": 5, "message": "no"}), NotFound),
        (Fault.status(500), UnexpectedReply),
        (Fault.status(400), UnexpectedReply),
    ],
    ids=str,
)
async def test_what_will_not_pass_is_not_repeated(
    client: Client,
    server: MockServer,
    alice: Session,
    fault: Fault,
    error: type[ReplyError],
) -> None:
    rule = server.faults.add(fault, ACCOUNT)
    with pytest.raises(error):
        await client.get_account(alice)
    assert rule.hits == 1


@pytest.mark.asyncio
async def test_after_the_last_attempt_the_error_is_raised(
    client: Client, server: MockServer, alice: Session
) -> None:
    rule = server.faults.add(Fault.status(503), ACCOUNT)
    with pytest.raises(UnexpectedReply, match="503"):
        await client.get_account(alice)
    assert rule.hits == 4


@pytest.mark.asyncio
async def test_a_policy_of_ones_own(server: MockServer, alice: Session) -> None:
    asked: list[NakamaError] = []

    def only_internal_errors(error: NakamaError) -> bool:
        asked.append(error)
        return isinstance(error, InternalError)

    policy = RetryPolicy(attempts=10, first_delay=0, should_retry=only_internal_errors)
    async with Client(server.http_url, retry=policy) as client:
        failing = Fault.status(500, body={"code": 13, "message": "no"})
        rule = server.faults.add(failing, ACCOUNT, times=8)
        await client.get_account(alice)
        assert rule.hits == 8
        server.faults.add(Fault.status(503), ACCOUNT, times=1)
        with pytest.raises(UnexpectedReply):
            await client.get_account(alice)
    assert len(asked) == 9


@pytest.mark.asyncio
async def test_retrying_can_be_switched_off(server: MockServer, alice: Session) -> None:
    async with Client(server.http_url, retry=None) as client:
        rule = server.faults.add(Fault.status(503), ACCOUNT)
        with pytest.raises(UnexpectedReply):
            await client.get_account(alice)
    assert rule.hits == 1


@pytest.mark.asyncio
async def test_the_server_is_obeyed_when_it_asks_to_wait(
    client: Client, server: MockServer, alice: Session
) -> None:
    retries = retries_of(client)
    server.faults.add(Fault.status(429, headers={"Retry-After": "0"}), ACCOUNT, times=1)
    await client.get_account(alice)
    rule = server.faults.add(Fault.status(429, headers={"Retry-After": "31"}), ACCOUNT)
    with pytest.raises(UnexpectedReply) as raised:
        await client.get_account(alice)
    assert raised.value.retry_after == 31
    assert rule.hits == 1, "31 seconds are beyond the deadline of 30"
    rule.remove()

    soon = formatdate(time.time() + 3600, usegmt=True)
    rule = server.faults.add(Fault.status(503, headers={"Retry-After": soon}), ACCOUNT)
    with pytest.raises(UnexpectedReply) as raised:
        await client.get_account(alice)
    assert raised.value.retry_after == pytest.approx(3600, abs=2)
    assert rule.hits == 1
    await client.close()
    assert [each.delay for each in retries] == [0.0]


@pytest.mark.asyncio
async def test_a_deadline_for_all_attempts(server: MockServer, alice: Session) -> None:
    policy = RetryPolicy(attempts=1000, first_delay=0, max_delay=0, deadline=0.2)
    timeouts = Timeouts(request=0.05)
    async with Client(server.http_url, timeouts=timeouts, retry=policy) as client:
        rule = server.faults.add(Fault.black_hole(), ACCOUNT)
        with pytest.raises(TimeoutExceeded):
            await client.get_account(alice)
        assert 1 < rule.hits < 10
        rule = server.faults.add(Fault.black_hole(), ECHO)
        with pytest.raises(TimeoutExceeded):
            await client.rpc(alice, "echo", timeout=0.05, idempotent=True)
        assert rule.hits == 1, "the call's own timeout is for all its attempts"


@pytest.mark.asyncio
async def test_a_cancelled_call_is_not_repeated(
    client: Client, server: MockServer, alice: Session
) -> None:
    rule = server.faults.add(Fault.black_hole(), ACCOUNT)
    call = asyncio.create_task(client.get_account(alice))
    await rule.wait_for_hits()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert rule.hits == 1


@pytest.mark.asyncio
async def test_a_slow_listener_delays_nobody(
    client: Client, server: MockServer, alice: Session
) -> None:
    release = asyncio.Event()
    seen: list[int] = []

    @client.on_retry
    async def slow(retry: Retry) -> None:
        await release.wait()
        seen.append(retry.attempt)

    server.faults.add(Fault.status(503), ACCOUNT, times=2)
    await client.get_account(alice)
    assert seen == []
    release.set()
    await client.close()
    assert seen == [1, 2]


@pytest.mark.parametrize(
    "arguments",
    [
        {"attempts": 0},
        {"first_delay": -1},
        {"max_delay": float("nan")},
        {"deadline": 0},
    ],
)
def test_policies_check_their_numbers(arguments: dict[str, float]) -> None:
    with pytest.raises(ArgumentError):
        RetryPolicy(**arguments)  # type: ignore[arg-type]


# --- a token that is not accepted ---------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["read", "rpc"])
async def test_a_refused_token_is_refreshed_and_the_call_repeated_once(
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
async def test_it_is_repeated_only_once(client: Client, server: MockServer, alice: Session) -> None:
    rule = server.faults.add(Fault.expired_token(), ACCOUNT)
    with pytest.raises(Unauthenticated, match="Auth token invalid"):
        await client.get_account(alice)
    assert rule.hits == 2
    assert len(server.journal.find(REFRESH)) == 1


@pytest.mark.asyncio
async def test_calls_that_are_refused_together_share_one_refresh(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.clock.advance(5)
    server.faults.add(Fault.expired_token(), ACCOUNT, times=20)
    await asyncio.gather(*(client.get_account(alice) for _ in range(20)))
    assert len(server.journal.find(REFRESH)) == 1


@pytest.mark.asyncio
async def test_a_refusal_after_somebody_elses_refresh_needs_no_other() -> None:
    """Two calls went out with the old token; the slower one hears later that it is dead."""
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
async def test_a_function_that_refuses_is_not_called_again(
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
async def test_a_wrong_server_key_is_no_matter_of_tokens(server: MockServer) -> None:
    async with Client(server.http_url, server_key="wrong") as client:
        with pytest.raises(Unauthenticated, match="Server key invalid"):
            await client.authenticate_device("device-of-alice")
    assert len(server.journal.find("POST /v2/account/authenticate/device")) == 1


# --- on_session_expired -------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_logging_in_again(client: Client, server: MockServer, alice: Session) -> None:
    told: list[str] = []

    @client.on_session_expired
    async def log_in(session: Session) -> Session:
        assert session is alice
        told.append("expired")
        return await client.authenticate_device("device-of-alice")

    client.on_session_refresh(lambda session: told.append("new tokens"))
    server.clock.advance(4000)
    accounts = await asyncio.gather(*(client.get_account(alice) for _ in range(10)))
    assert {account.user.id for account in accounts} == {alice.user_id}
    async with client.socket(alice) as socket:
        assert socket.is_connected
    await client.close()
    assert told == ["expired", "new tokens"]


@pytest.mark.asyncio
async def test_a_server_that_lost_its_data(
    client: Client, server: MockServer, alice: Session
) -> None:
    first_id = alice.user_id
    client.on_session_expired(lambda _: client.authenticate_device("device-of-alice"))
    await server.restart(keep_data=False)
    server.clock.advance(50)
    assert (await client.get_account(alice)).user.id == alice.user_id != first_id


@pytest.mark.asyncio
async def test_logging_in_again_never_loops(
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
async def test_a_handler_that_has_no_session(
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
async def test_a_handler_that_fails(client: Client, server: MockServer, alice: Session) -> None:
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
async def test_a_handler_that_uses_the_expired_session(
    client: Client, server: MockServer, alice: Session
) -> None:
    client.on_session_expired(client.get_account)
    server.clock.advance(4000)
    with pytest.raises(SessionExpired, match="can't use the session that expired"):
        await client.get_account(alice)


@pytest.mark.asyncio
async def test_a_ban_is_no_expiry(client: Client, server: MockServer, alice: Session) -> None:
    client.on_session_expired(lambda _: client.authenticate_device("device-of-alice"))
    server.clock.advance(2)
    server.nk.users_ban_id([alice.user_id])
    with pytest.raises(ApiError, match="User account banned"):
        await client.get_account(alice)


@pytest.mark.asyncio
async def test_a_handler_may_use_tasks_of_its_own(
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
async def test_the_deadline_is_also_that_of_the_first_attempt(
    server: MockServer, alice: Session
) -> None:
    policy = RetryPolicy(deadline=0.05)
    async with Client(server.http_url, retry=policy, timeouts=Timeouts(request=60)) as client:
        server.faults.add(Fault.black_hole(), ACCOUNT)
        with pytest.raises(TimeoutExceeded, match=r"within 0\.05 s"):
            await client.get_account(alice)


@pytest.mark.asyncio
async def test_a_calls_own_timeout_is_also_for_the_refresh_before_it(
    server: MockServer, alice: Session
) -> None:
    timeouts = Timeouts(request=60)
    async with Client(server.http_url, clock=server.clock.time, timeouts=timeouts) as client:
        server.faults.add(Fault.black_hole(), REFRESH, times=1)
        server.clock.advance(61)
        with pytest.raises(TimeoutExceeded, match=r"within 0\.05 s: POST /v2/rpc/echo"):
            await client.rpc(alice, "echo", timeout=0.05)
    assert not server.journal.find(ECHO)
