"""Handlers that hold the event loop are named, once."""

import asyncio

import pytest

from mock_server import MockServer
from nakama_client import Client, Session


class StandingClock:
    """Time that passes only when a handler blocks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def block(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    clock = StandingClock()
    monkeypatch.setattr("nakama_client.events.blocking.perf_counter", clock)
    return clock


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["sync", "async", "async after an await", "failing"])
async def test_a_handler_that_blocks_the_loop_is_named_once(
    client: Client,
    server: MockServer,
    alice: Session,
    clock: StandingClock,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    calls = asyncio.Semaphore(0)

    def slow(_: object) -> None:
        clock.block(2.5)
        calls.release()

    async def slow_coroutine(_: object) -> None:
        if kind == "async after an await":
            await asyncio.sleep(0)
        clock.block(2.5)
        calls.release()
        if kind == "failing":
            raise RuntimeError("after all")

    async with client.socket(alice) as socket:
        socket.on_error(lambda _: None)
        socket.on_notification(slow if kind == "sync" else slow_coroutine)
        for subject in ("one", "two"):
            await server.notifications.send(alice.user_id, subject)
            await calls.acquire()
    (warning,) = [each.getMessage() for each in caplog.records if "held" in each.getMessage()]
    assert "slow" in warning
    assert "2.5 s" in warning


@pytest.mark.asyncio
async def test_a_handler_that_awaits_for_long_is_not_named(
    client: Client,
    server: MockServer,
    alice: Session,
    clock: StandingClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked, answered, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def patient(_: object) -> None:
        asked.set()
        await answered.wait()
        done.set()

    async with client.socket(alice) as socket:
        socket.on_notification(patient)
        await server.notifications.send(alice.user_id, "one")
        await asked.wait()
        clock.block(5)
        answered.set()
        await done.wait()
    assert "held" not in caplog.text


@pytest.mark.asyncio
async def test_a_watched_handler_is_cancelled_as_any_other(
    client: Client, server: MockServer, alice: Session
) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def endless(_: object) -> None:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    socket = client.socket(alice)
    socket.on_notification(endless)
    await socket.connect()
    await server.notifications.send(alice.user_id, "one")
    await asked.wait()
    closing = asyncio.create_task(socket.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await ended.wait()
