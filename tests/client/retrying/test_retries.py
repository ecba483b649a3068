"""HTTP calls that failed are made again, when that does no harm."""

import asyncio
import time
from email.utils import formatdate

import pytest
from aiohttp import web

from mock_server import MockServer
from nakama_client import (
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
    TimeoutExceeded,
    Timeouts,
    UnexpectedReply,
)
from server_kit.faults import Fault
from tests.client.scripted import ScriptedServer, make_token

ACCOUNT = "GET /v2/account"
ECHO = "POST /v2/rpc/echo"
REFRESH = "POST /v2/account/session/refresh"
SESSION = Session(make_token())


def retries_of(client: Client) -> list[Retry]:
    retries: list[Retry] = []
    client.on_retry(retries.append)
    return retries


FAULTS = [
    Fault.reset(),
    Fault.drop_reply(),
    Fault.garbage(),
    Fault.truncated(),
    pytest.param(Fault.black_hole(), marks=pytest.mark.slow),  # each attempt waits a second
    Fault.status(429),
    Fault.status(502, body="<html>bad gateway</html>"),
    Fault.status(503),
    Fault.status(504),
]


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_reads_are_repeated(
    client: Client, server: MockServer, alice: Session, fault: Fault
) -> None:
    retries = retries_of(client)
    rule = server.faults.add(fault, ACCOUNT, times=3)
    assert (await client.get_account(alice)).user.username == "alice"
    await client.close()
    assert rule.hits == 3
    assert [(each.method, each.path, each.attempt) for each in retries] == [
        ("GET", "/v2/account", attempt) for attempt in (1, 2, 3)
    ]
    assert {each.delay for each in retries} == {0.0}


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", [Fault.drop_reply(), Fault.status(503)], ids=str)
async def test_deleting_and_logging_in_are_repeated(
    client: Client, server: MockServer, alice: Session, fault: Fault
) -> None:
    await server.notifications.send(alice.user_id, "hello")
    (stored,) = await server.notifications.stored(alice.user_id)
    rules = [
        server.faults.add(fault, "DELETE /v2/notification", times=2),
        server.faults.add(fault, "POST /v2/account/authenticate/*", times=2),
        server.faults.add(fault, REFRESH, times=2),
        server.faults.add(fault, "PUT /v2/account", times=2),
    ]
    await client.delete_notifications(alice, [stored["id"]])
    assert await server.notifications.stored(alice.user_id) == []
    assert (await client.authenticate_device("device-of-alice")).user_id == alice.user_id
    await client.refresh_session(alice)
    await client.update_account(alice, display_name="Alice")
    assert [rule.hits for rule in rules] == [2, 2, 2, 2]


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_an_rpc_is_repeated_only_when_the_caller_says_so(
    client: Client, server: MockServer, alice: Session, fault: Fault
) -> None:
    rule = server.faults.add(fault, ECHO, times=2)
    with pytest.raises(NakamaError):
        await client.rpc(alice, "echo", "x")
    assert rule.hits == 1
    assert (await client.rpc(alice, "echo", "x", idempotent=True)).payload == "x"
    assert rule.hits == 2
    rule = server.faults.add(fault, ECHO, times=1)
    assert (await client.rpc_http_key("echo", "y", idempotent=True)).payload == "y"
    assert rule.hits == 1


@pytest.mark.asyncio
async def test_unsent_calls_are_always_repeated() -> None:
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
async def test_permanent_errors_are_not_repeated(
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
async def test_last_attempts_error_is_raised(
    client: Client, server: MockServer, alice: Session
) -> None:
    rule = server.faults.add(Fault.status(503), ACCOUNT)
    with pytest.raises(UnexpectedReply, match="503"):
        await client.get_account(alice)
    assert rule.hits == 4


@pytest.mark.asyncio
async def test_a_failed_call_is_repeated_only_if_should_retry_returns_true(
    server: MockServer, alice: Session
) -> None:
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
async def test_retry_none_makes_one_attempt(server: MockServer, alice: Session) -> None:
    async with Client(server.http_url, retry=None) as client:
        rule = server.faults.add(Fault.status(503), ACCOUNT)
        with pytest.raises(UnexpectedReply):
            await client.get_account(alice)
    assert rule.hits == 1


@pytest.mark.asyncio
async def test_retry_waits_for_retry_after(
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
async def test_deadline_ends_all_attempts(server: MockServer, alice: Session) -> None:
    policy = RetryPolicy(attempts=1000, first_delay=0, max_delay=0, deadline=1)
    timeouts = Timeouts(request=0.25)
    async with Client(server.http_url, timeouts=timeouts, retry=policy) as client:
        rule = server.faults.add(Fault.black_hole(), ACCOUNT)
        with pytest.raises(TimeoutExceeded):
            await client.get_account(alice)
        assert 1 < rule.hits < 10
        rule = server.faults.add(Fault.black_hole(), ECHO)
        with pytest.raises(TimeoutExceeded):
            await client.rpc(alice, "echo", timeout=0.25, idempotent=True)
        assert rule.hits <= 1, "the call's own timeout is for all its attempts"


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
async def test_slow_on_retry_handler_delays_no_call(
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
def test_policies_raise_for_bad_numbers(arguments: dict[str, float]) -> None:
    with pytest.raises(ArgumentError):
        RetryPolicy(**arguments)  # type: ignore[arg-type]


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
