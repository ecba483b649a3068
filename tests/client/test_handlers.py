"""What handlers may do: end badly, close their socket, run under an eager task factory."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from nakama_client import Client, HandlerFailed, Notification, Session, Socket, Timeouts
from tests.client.leaks import tasks
from tests.client.scripted import Peer, Script, ScriptedServer, make_token

SESSION = Session(make_token())


class PytestLikeFailure(BaseException):
    """Some libraries have exceptions that are no `Exception`."""


async def one_after_another(peer: Peer) -> None:
    """Send each notification in a frame of its own."""
    for number in range(3):
        await peer.notify({"id": str(number), "subject": str(number)})


@pytest.mark.asyncio
@pytest.mark.parametrize("failure", [asyncio.CancelledError, PytestLikeFailure, ZeroDivisionError])
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_handler_that_raises_keeps_no_event_from_the_others(
    failure: type[BaseException], kind: str
) -> None:
    seen: list[str] = []
    failures: asyncio.Queue[Exception] = asyncio.Queue()

    def broken(notification: Notification) -> None:
        raise failure

    async def broken_later(notification: Notification) -> None:
        await asyncio.sleep(0)
        raise failure

    async with ScriptedServer(script=one_after_another) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        socket.on_notification(broken if kind == "sync" else broken_later)
        socket.on_notification(lambda notification: seen.append(notification.subject))
        socket.on_error(failures.put_nowait)
        async with socket:
            for _ in range(3):
                error = await failures.get()
                assert isinstance(error, HandlerFailed)
                assert isinstance(error.__cause__, failure)
    assert seen == ["0", "1", "2"]


async def close_directly(socket: Socket) -> None:
    await socket.close()


async def close_in_a_group(socket: Socket) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(socket.close())


async def close_in_time(socket: Socket) -> None:
    await asyncio.wait_for(asyncio.create_task(socket.close()), 60)


@pytest.mark.asyncio
@pytest.mark.parametrize("close", [close_directly, close_in_a_group, close_in_time])
async def test_close_in_a_handler_does_not_wait_for_that_handler(
    close: Callable[[Socket], Awaitable[None]],
) -> None:
    """Not in a task that the handler waits for, either: it would wait for itself."""
    closed = asyncio.Event()
    timeouts = Timeouts(close=3600)
    async with (
        ScriptedServer(script=one_after_another) as server,
        Client(server.url, timeouts=timeouts) as client,
    ):
        socket = client.socket(SESSION)

        @socket.on_notification
        async def leave(notification: Notification) -> None:
            if notification.subject == "0":
                await close(socket)
                closed.set()

        await socket.connect()
        await closed.wait()
        await socket.close()
    assert not tasks()


@pytest.mark.asyncio
async def test_close_waits_for_handlers_when_an_earlier_handler_made_its_task() -> None:
    """Only a call that still runs could be waiting for the close."""
    seen: list[str] = []
    may_end = asyncio.Event()
    begun = asyncio.Event()
    async with ScriptedServer(script=one_after_another) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        closing: list[asyncio.Task[None]] = []

        async def close_later() -> None:
            await begun.wait()
            may_end.set()
            await socket.close()

        @socket.on_notification
        async def handle(notification: Notification) -> None:
            if notification.subject == "0":
                closing.append(asyncio.create_task(close_later()))
            if notification.subject == "1":
                begun.set()
                await may_end.wait()
                for _ in range(10):
                    await asyncio.sleep(0)
            seen.append(notification.subject)

        await socket.connect()
        await begun.wait()
        await closing[0]
        assert seen == ["0", "1", "2"]


def in_frames(*envelopes: dict[str, Any]) -> bytes:
    """Whole text messages, to send them at once."""
    texts = [json.dumps(each).encode() for each in envelopes]
    return b"".join(b"\x81\x7e" + len(text).to_bytes(2, "big") + text for text in texts)


def notification(subject: str) -> dict[str, Any]:
    """An envelope with one notification, long enough for `in_frames`."""
    return {"notifications": {"notifications": [{"subject": subject, "sender_id": "0" * 100}]}}


@asynccontextmanager
async def handled_by(script: Script) -> AsyncIterator[tuple[Socket, list[str], asyncio.Event]]:
    """A socket to a server of this script, what its handler has seen, and whether it was called."""
    seen: list[str] = []
    handled = asyncio.Event()
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)

        @socket.on_notification
        def handle(notification: Notification) -> None:
            seen.append(notification.subject)
            handled.set()

        async with socket:
            yield socket, seen, handled


@pytest.mark.asyncio
async def test_a_reply_goes_to_who_waits_before_handlers_get_what_came_later() -> None:
    async def reply_and_notify(peer: Peer) -> None:
        request = await peer.request()
        reply = {"cid": request["cid"], "rpc": {"payload": "0" * 100}}
        peer.write(in_frames(reply, notification("later")))

    async with handled_by(reply_and_notify) as (socket, seen, handled):
        await socket.rpc("reply and notify")
        seen.append("reply")
        await handled.wait()
    assert seen == ["reply", "later"]


@pytest.mark.asyncio
async def test_a_loop_over_events_goes_on_before_handlers_get_what_came_later() -> None:
    presence = {"user_id": "0" * 100, "session_id": "s", "username": "alice"}
    came = {"status_presence_event": {"joins": [presence]}}
    may_send = asyncio.Event()

    async def send_both(peer: Peer) -> None:
        await may_send.wait()
        peer.write(in_frames(came, notification("later")))

    async with handled_by(send_both) as (socket, seen, handled):
        presences = socket.status_presences()

        async def loop() -> None:
            await anext(presences)
            seen.append("presence")

        looping = asyncio.create_task(loop())
        await asyncio.sleep(0)  # it waits
        may_send.set()
        await handled.wait()
        await looping
    assert seen == ["presence", "later"]


def test_a_handler_that_ends_the_program_keeps_the_socket_for_what_came_later() -> None:
    seen: list[str] = []

    async def send_all(peer: Peer) -> None:
        peer.write(in_frames(*(notification(str(number)) for number in range(3))))
        await peer.until_closed()

    async def main() -> None:
        async with ScriptedServer(script=send_all) as server, Client(server.url) as client:
            socket = client.socket(SESSION)

            @socket.on_notification
            def handle(notification: Notification) -> None:
                seen.append(notification.subject)
                if notification.subject == "0":
                    raise SystemExit(3)

            async with socket:
                await asyncio.Event().wait()

    with pytest.raises(SystemExit):
        asyncio.run(main())
    assert seen == ["0", "1", "2"]


if sys.version_info >= (3, 12):

    def run_eagerly(main: Coroutine[Any, Any, None]) -> None:
        """Run in a loop of asyncio's own: uvloop calls the factory as only later Pythons allow."""
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.get_loop().set_task_factory(asyncio.eager_task_factory)
            runner.run(main)

    def test_handlers_get_every_event_under_an_eager_task_factory() -> None:
        run_eagerly(count_events_under_eager_tasks())

    async def count_events_under_eager_tasks() -> None:
        seen: asyncio.Queue[str] = asyncio.Queue()

        async def in_turns(peer: Peer) -> None:
            while True:
                request = await peer.request()
                await peer.notify({"subject": request["cid"]})
                await peer.send({"cid": request["cid"], "rpc": {}})

        async with ScriptedServer(script=in_turns) as server, Client(server.url) as client:
            socket = client.socket(SESSION)
            socket.on_notification(lambda notification: seen.put_nowait(notification.subject))
            async with socket:
                for _ in range(3):
                    await socket.rpc("next")
                    await seen.get()
        assert not tasks()

    def test_task_group_that_fails_eagerly_stops_no_other_handler() -> None:
        """Until Python 3.13 it leaves the handlers' task a cancellation that nobody asked for."""
        run_eagerly(fail_eagerly_beside_another_handler())

    async def fail_eagerly_beside_another_handler() -> None:
        seen: list[str] = []
        failures: asyncio.Queue[Exception] = asyncio.Queue()

        async def fail() -> None:
            raise ZeroDivisionError

        async def group_that_fails(notification: Notification) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())

        async def late(notification: Notification) -> None:
            await asyncio.sleep(0)
            seen.append(notification.subject)

        async with ScriptedServer(script=one_after_another) as server, Client(server.url) as client:
            socket = client.socket(SESSION)
            socket.on_notification(group_that_fails)
            socket.on_notification(late)
            socket.on_error(failures.put_nowait)
            async with socket:
                for _ in range(3):
                    error = await failures.get()
                    assert isinstance(error, HandlerFailed)
                    assert isinstance(error.__cause__, ExceptionGroup)
        assert seen == ["0", "1", "2"]
