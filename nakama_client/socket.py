"""The realtime socket: requests, events, and handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Self, TypeVar

from nakama_client.config import ReconnectPolicy, Timeouts
from nakama_client.connection_supervisor import ConnectionSupervisor
from nakama_client.disconnect import DisconnectReason
from nakama_client.errors import NotConnected, TimeoutExceeded
from nakama_client.events.exchanges import Exchanges
from nakama_client.events.handlers import Function, Handler
from nakama_client.events.subscription import Subscription, Subscriptions
from nakama_client.features.channels import RealtimeChannels
from nakama_client.features.matches import RealtimeMatches
from nakama_client.features.matchmaker import RealtimeMatchmaker
from nakama_client.features.notifications import RealtimeNotifications
from nakama_client.features.parties import RealtimeParties
from nakama_client.features.push import RealtimePush
from nakama_client.features.rpc import RealtimeRpc
from nakama_client.features.status import RealtimeStatus
from nakama_client.features.streams import RealtimeStreams
from nakama_client.protocol.reconnect import Connected, Reconnecting
from nakama_client.protocol.rules import (
    check_function,
    check_plain_function,
    check_timeout,
    check_type,
)
from nakama_client.retrying import Retrying
from nakama_client.session import Session
from nakama_client.socket_connection import SocketConnection
from nakama_client.transport.websocket import WebSocket

T = TypeVar("T")


class Socket(
    RealtimeNotifications,
    RealtimeRpc,
    RealtimePush,
    RealtimeChannels,
    RealtimeStatus,
    RealtimeStreams,
    RealtimeMatches,
    RealtimeMatchmaker,
    RealtimeParties,
):
    """A player's realtime connection. `client.socket(session)` makes one.

        async with client.socket(session) as socket:
            @socket.on_notification
            async def received(notification):
                print(notification.subject)

    Handlers belong to the socket and outlive its connection. They are called one after another,
    in the order of the events; an async handler runs in a task of the socket's handlers.

    A lost connection is opened again as the socket's `ReconnectPolicy` says, with a valid token. It
    then joins the same channels, matches and parties, follows the same users and shows the same
    status; a ticket of the matchmaker is gone. Waiting requests
    fail at once with `ConnectionLost`, and new ones raise `NotConnected` until the socket is back.
    What the server sent meanwhile is missed; `client.notifications` catches up with notifications.
    """

    def __init__(
        self,
        open_websocket: Callable[[], Awaitable[WebSocket]],
        *,
        session: Session,
        timeouts: Timeouts,
        exchanges: Exchanges,
        retrying: Retrying,
        reconnect: ReconnectPolicy | None,
        random: Callable[[], float],
        max_message_bytes: int,
        queue_limit: int,
    ) -> None:
        self._session = session
        self._connection = SocketConnection(
            open_websocket,
            timeouts=timeouts,
            exchanges=exchanges,
            max_message_bytes=max_message_bytes,
            queue_limit=queue_limit,
        )
        self._supervisor = ConnectionSupervisor(
            self._connection,
            policy=reconnect,
            retrying=retrying,
            random=random,
            close_timeout=timeouts.close,
        )

    def __repr__(self) -> str:
        state = "open" if self.is_connected else "closed"
        return f"<Socket of {self._session.username!r}, {state}>"

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def session(self) -> Session:
        """The player's session."""
        return self._session

    @property
    def is_connected(self) -> bool:
        """Whether the connection is open, and the server has registered it."""
        return self._connection.is_connected

    @property
    def dropped(self) -> int:
        """The number of events that were dropped because handlers were too slow."""
        return self._connection.dispatcher.dropped

    async def connect(self) -> None:
        """Connect. When connected, this does nothing; during a reconnect, it waits for that.

        When this returns, the server has registered the socket: whatever it sends to this user from
        now on arrives here. A failed attempt is repeated as the client's `RetryPolicy` says.

        Raises:
            Unauthenticated: The server does not accept the token.
            SessionExpired: The session can no longer be refreshed.
            ConnectionFailed: The server did not answer.
            TimeoutExceeded: The server did not answer in time.
            ConnectionLost: The server closed the socket at once.
            NotConnected: `close` was called meanwhile.
            ClientClosed: The client was closed.
            WrongLoop: Another event loop has opened this socket and not closed it.
        """
        await self._supervisor.connect()

    async def close(self) -> None:
        """Close the connection and stop reconnecting; calling it again does nothing.

        Channels, matches, parties, followed users and the status are forgotten. Waiting requests
        raise `ConnectionLost`. Handlers have `Timeouts.close` seconds for what has arrived, and are
        then cancelled. When a handler calls this, it does not wait for that handler.
        """
        await self._supervisor.close()

    def wait_for(
        self,
        events: Callable[[], Subscription[T]],
        predicate: Callable[[T], bool] = lambda event: True,
        *,
        timeout: float | None = None,
    ) -> Awaitable[T]:
        """Wait for the next event of a kind that fits.

            reply = socket.wait_for(socket.notifications, lambda each: each.code == 7, timeout=5)
            await socket.rpc("challenge", {"id": other})
            notification = await reply

        It listens from this call on, also before it is awaited, so that no event is missed.

        Args:
            events: Which kind: a method of this socket that gives events in a loop, such as
                `socket.notifications` or `socket.channel_messages`.
            predicate: Whether an event fits; by default each does.
            timeout: Seconds, counted from the await; None for no limit.

        Returns:
            Await it for the event.

        Raises:
            ArgumentError: An argument is of the wrong type.
            TimeoutExceeded: No such event came in time.
            NotConnected: The socket was closed meanwhile.
            SocketError: The socket stays closed for another reason.
        """
        check_function("events", events)
        check_plain_function("predicate", predicate)
        check_timeout(timeout)
        subscription = events()
        check_type("what events() gives", subscription, Subscription)
        return _FirstEvent(subscription, predicate, timeout)

    def on_connected(self, function: Function[Connected]) -> Handler[Connected]:
        """Call a function each time a connection is open, the first one included.

        By then, channels, matches, parties, followed users and status are restored.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._supervisor.on_connected.add(function)

    def on_disconnect(self, function: Function[DisconnectReason]) -> Handler[DisconnectReason]:
        """Call a function each time the connection has ended, whoever closed it.

        It gets the reason, whose `will_reconnect` says whether the socket reconnects.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._supervisor.on_disconnect.add(function)

    def on_reconnecting(self, function: Function[Reconnecting]) -> Handler[Reconnecting]:
        """Call a function before each attempt to reconnect, when its delay begins.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._supervisor.on_reconnecting.add(function)

    def on_error(self, function: Function[Exception]) -> Handler[Exception]:
        """Call a function with each error that no call can raise.

        It gets `HandlerFailed`, `QueueOverflow`, `MalformedFrame`, `RestoreFailed`, an
        `UnreadableItem` for each notification, live or listed by a feed, that can't be read, a
        `RequestRefused` that the server sent without naming a request, and the error with which
        reconnecting was given up. Without such a function they are logged at level ERROR.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.dispatcher.on_error.add(function)

    def connections(self) -> Subscription[Connected]:
        """What `on_connected` gets, in a loop: `async for connected in socket.connections()`."""
        return self._subscribe(self._supervisor.connections)

    def disconnects(self) -> Subscription[DisconnectReason]:
        """What `on_disconnect` gets, in a loop; the last one comes before the loop ends."""
        return self._subscribe(self._supervisor.disconnects)

    def reconnect_attempts(self) -> Subscription[Reconnecting]:
        """What `on_reconnecting` gets, in a loop."""
        return self._subscribe(self._supervisor.reconnect_attempts)

    def errors(self) -> Subscription[Exception]:
        """What `on_error` gets, in a loop: `async for error in socket.errors()`.

        While somebody loops over them, errors are not logged.
        """
        return self._subscribe(self._connection.dispatcher.errors)

    def _subscribe(self, subscriptions: Subscriptions[T]) -> Subscription[T]:
        return self._connection.topics.subscribe_to(subscriptions)


class _FirstEvent(Awaitable[T]):
    """Waits for an event when it is awaited; if it never is, no coroutine is left behind."""

    def __init__(
        self, subscription: Subscription[T], predicate: Callable[[T], bool], timeout: float | None
    ) -> None:
        self._subscription = subscription
        self._predicate = predicate
        self._timeout = timeout
        self._is_awaited = False

    def __await__(self) -> Generator[Any, None, T]:
        if self._is_awaited:
            raise RuntimeError("what wait_for returned can be awaited once; call it again")
        self._is_awaited = True
        return _first(self._subscription, self._predicate, self._timeout).__await__()


async def _first(
    subscription: Subscription[T], predicate: Callable[[T], bool], timeout: float | None
) -> T:
    try:
        async with asyncio.timeout(timeout) as deadline:
            async for event in subscription:
                if predicate(event):
                    return event
    except TimeoutError:
        if not deadline.expired():
            raise
    else:
        raise NotConnected("the socket was closed before the event came")
    finally:
        subscription.close()
    raise TimeoutExceeded(f"no such event came within {timeout:g} s")
