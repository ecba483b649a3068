"""`NakamaUser`: a Locust user whose tasks are coroutines."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from functools import cache
from typing import Any

from locust import User
from locust.env import Environment
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)

from nakama_client.client import Client
from nakama_client.config import Timeouts
from nakama_client.disconnect import DisconnectReason
from nakama_client.errors import ArgumentError, HandlerFailed, NakamaError
from nakama_client.events.flag import Flag
from nakama_client.events.tasks import start
from nakama_client.features.channel_messages import ChannelMessage
from nakama_client.features.joined_matches import MatchData
from nakama_client.features.notifications import Notification
from nakama_client.feed import NotificationFeed
from nakama_client.load import report
from nakama_client.load.load_test import LoadTest
from nakama_client.protocol.reconnect import Connected
from nakama_client.session import Session
from nakama_client.socket import Socket

_FOR_LOCUST = (StopUser, StopTest, InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately)

_TIMEOUTS = Timeouts(close=0.5)  # Ctrl+C ends in a second, also when the server does not answer
_CONNECTIONS = 10_000

report.install()


class NakamaUser(User):
    """A player of a load test, whose tasks, `on_start` and `on_stop` are coroutines.

        class Player(NakamaUser):
            wait_time = between(1, 5)

            @task
            async def read(self) -> None:
                await self.client.list_notifications(self.session)

    `on_start` logs in and connects; a class that overrides it calls `await super().on_start()`, or
    `log_in` and `connect` when it wants to. When a player stops, feed and socket are closed.

    All calls over HTTP and the socket, and what arrives with a marker, go into Locust's statistics
    by themselves. A task that raises is a failure of type TASK under its name. A player whose
    `on_start` raises stops.

    Attributes:
        server_key: The server's `socket.server_key`.
        http_key: The server's `runtime.http_key`, for `client.rpc_http_key`.
        client: The client that all players of this class in this process share.
        session: The player's session, from `log_in`.
        socket: The player's socket, from `connect`.
        feed: The player's notifications, from `connect`; `on_notification` gets them.
        number: The player's number, from 0; no other player has it, in no worker.
        device_id: What the player logs in with, made of the number.
        rooms: The ids of the chat rooms that the player has joined, by their names.
        up_to_date: Set while the feed has listed all that came.

    Raises:
        StopTest: There is no host, or no address in it, or a task is a `TaskSet`: the test ends.
    """

    # What is in the instance's dict costs three times as much, for each of thousands.
    __slots__ = (
        "_back_at",
        "_hooks",
        "_listener",
        "_load",
        "_lost_at",
        "client",
        "device_id",
        "feed",
        "number",
        "rooms",
        "session",
        "socket",
        "up_to_date",
    )

    abstract = True
    server_key = "defaultkey"
    http_key: str | None = None
    session: Session
    socket: Socket
    feed: NotificationFeed

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._load = LoadTest.of(environment)
        self.number = self._load.next_number()
        self.device_id = f"load-test-{self.number:010}"
        self.rooms: dict[str, str] = {}
        try:
            self.tasks = [_in_the_loop(each) for each in type(self).tasks]
            self.client = self._load.shared(type(self)) or self._load.share(
                type(self), self.make_client()
            )
        except ArgumentError as error:
            # No player can be made: Locust ends the test with this line, and would go on otherwise.
            environment.process_exit_code = 1
            raise StopTest(str(error)) from None
        self._listener: asyncio.Task[None] | None = None
        self._lost_at = self._back_at = 0.0
        self.up_to_date = Flag()
        self._hooks = (self.on_start, self.on_stop)
        # Locust calls these from the player's greenlet; `super().on_start()` still is a coroutine.
        self.on_start = self._run_on_start  # type: ignore[method-assign, assignment]
        self.on_stop = self._run_on_stop  # type: ignore[method-assign, assignment]

    @classmethod
    def make_client(cls) -> Client:
        """Make the client of this class; override it for other timeouts, TLS or a retry policy.

        Raises:
            ArgumentError: There is no host, or no address in it.
        """
        if not cls.host:
            raise ArgumentError("a load test needs the server's address: locust --host http://…")
        return Client(
            cls.host,
            server_key=cls.server_key,
            http_key=cls.http_key,
            timeouts=_TIMEOUTS,
            max_connections=_CONNECTIONS,
        )

    async def on_start(self) -> None:  # type: ignore[override]
        """Log in and connect."""
        await self.log_in()
        await self.connect()

    async def on_stop(self) -> None:
        """Called before a player disconnects; override it. By default it does nothing."""

    async def log_in(self) -> None:
        """Log in with the player's device id, and create the account when it is new.

        Override it for another way to log in; it sets `session`.
        """
        self.session = await self.client.authenticate_device(self.device_id)

    @property
    def online(self) -> list[str]:
        """The user ids of the players of this process who are connected, with this one's."""
        return [each.session.user_id for each in self._load.players]

    async def connect(self) -> None:
        """Open the socket and the feed of notifications, and listen.

        Connects, reconnects and closes are counted, each arrival with a marker, too. Failures are
        each handler that raises, and each error that no call raises, under its class.
        """
        socket = self.socket = self.client.socket(self.session)
        socket.on_connected(self._connected)
        socket.on_disconnect(self._disconnected)
        socket.on_error(self._failed)
        socket.on_channel_message(self._received_message)
        socket.on_match_data(self._received_data)
        self.feed = self.client.notifications(self.session, socket=socket, on_progress=self._listed)
        self._load.deliveries.listen(self.session.user_id)
        await self.feed.open()
        self._load.players.append(self)
        self._listener = start(self._listen(), name="nakama_client load test player")

    async def disconnect(self) -> None:
        """Close feed and socket; what was still to arrive is no longer expected."""
        listener, self._listener = self._listener, None
        if listener is not None:
            self._load.players.remove(self)
            listener.cancel()
            await asyncio.wait([listener])
        if hasattr(self, "feed"):
            await self.feed.close()
            await self.socket.close()
            self._load.leave(self.session.user_id)

    async def on_notification(self, notification: Notification) -> None:
        """Called with each notification of the feed, one after another; by default it does nothing.

        Its marker, if it has one, is counted before.
        """

    @contextlib.asynccontextmanager
    async def sending(
        self, kind: str, recipients: Iterable[str]
    ) -> AsyncIterator[dict[str, object]]:
        """Expect a message at its recipients, and send it inside of this block.

            async with self.sending("gift", [friend]) as marker:
                await self.client.rpc(self.session, "send_gift", {"to": friend, **marker})

        Args:
            kind: What kind of message it is; statistics go by it.
            recipients: The user ids of all who should receive it.

        Yields:
            The marker: its one field has to be in the content that arrives.

        Raises:
            StopUser: The test ends, and nothing new is sent.
        """
        if self._load.is_settling:
            raise StopUser
        everyone = list(recipients)
        marker = self._load.deliveries.send(kind, self.session.user_id, everyone)
        self._load.sending += 1
        try:
            yield marker
        except BaseException:
            self._load.deliveries.failed(marker, everyone)
            raise
        finally:
            self._load.sending -= 1

    async def _listen(self) -> None:
        try:
            async for notification in self.feed:
                self._load.received(self.session.user_id, notification.content)
                try:
                    await self.on_notification(notification)
                except Exception as error:
                    self._task_failed("on_notification", error)
        except NakamaError as error:
            self._load.record("SOCKET", "feed", None, error)

    def lose_connection(self) -> None:
        """Cut the socket, as a network that fails does; the SDK connects again."""
        self.up_to_date.clear()
        self.socket._connection.lose()

    def _received_message(self, message: ChannelMessage) -> None:
        self._load.received(self.session.user_id, message.content)

    def _received_data(self, data: MatchData) -> None:
        with contextlib.suppress(ValueError):  # a game's own data, whatever it is, has no marker
            content = json.loads(data.data)
            if isinstance(content, dict):
                self._load.received(self.session.user_id, content)

    def _failed(self, error: Exception) -> None:
        # Locust keeps each text, and theirs have the event or the request: the cause has not.
        cause = error.__cause__ or error
        if isinstance(error, HandlerFailed):
            self._task_failed(error.handler, cause)
        else:
            self._load.record("SOCKET", type(error).__name__, None, cause)

    def _connected(self, event: Connected) -> None:
        self._back_at = time.perf_counter()
        if event.lost is not None:
            self._load.record("SOCKET", "reconnect", self._back_at - self._lost_at)

    def _listed(self, done: int, total: int | None) -> None:
        if total is None or self.up_to_date.is_set():
            return
        self.up_to_date.set()
        if self._lost_at:
            self._load.record("SOCKET", "catch_up", time.perf_counter() - self._back_at)

    def _disconnected(self, reason: DisconnectReason) -> None:
        self._lost_at = time.perf_counter()
        self.up_to_date.clear()
        self._load.disconnected(reason)

    def _run_on_start(self) -> None:
        if not self._succeeds(self._hooks[0], "on_start"):
            self.stop()

    def _run_on_stop(self) -> None:
        self._succeeds(self._hooks[1], "on_stop")
        self._succeeds(self.disconnect, "disconnect")

    def _succeeds(self, function: Callable[..., Any], name: str, *arguments: object) -> bool:
        """Run a coroutine function in the loop; count what it raises, under its name."""
        try:
            if not inspect.iscoroutinefunction(function):
                raise TypeError(f"{name} must be a coroutine: write `async def {name}(self)`")
            coroutine: Coroutine[Any, Any, object] = function(*arguments)
            self._load.loop.run(coroutine)
        except _FOR_LOCUST:
            raise
        except (Exception, asyncio.CancelledError) as error:
            for_locust = _in_groups(error, _FOR_LOCUST)
            if for_locust is not None:
                raise for_locust from None
            self._task_failed(name, error)
            return False
        return True

    def _task_failed(self, name: str, error: BaseException) -> None:
        self._load.record("TASK", name, None, error)
        if not isinstance(error, NakamaError):  # theirs say it all
            report.log_failure(name, error)


def _in_groups(error: BaseException, kinds: tuple[type[Exception], ...]) -> Exception | None:
    """An error of these kinds out of an exception group, if it holds no others.

    What is raised inside of an `asyncio.TaskGroup` comes out in such a group.
    """
    if not isinstance(error, BaseExceptionGroup):
        return None
    found, others = error.split(kinds)
    first: Exception | None = found
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first if others is None else None


@cache
def _in_the_loop(task: Any) -> Callable[[NakamaUser], None]:
    """A task as Locust calls it: a function that returns when the coroutine has ended."""
    if isinstance(task, type):
        raise ArgumentError(f"{task.__name__}: the tasks of a NakamaUser are coroutines")

    def run(user: NakamaUser) -> None:
        user._succeeds(task, task.__name__, user)

    run.__name__ = task.__name__
    return run
