"""The realtime socket: its handlers, its requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from nakama_client.config import Timeouts
from nakama_client.features.channels import RealtimeChannels
from nakama_client.features.notifications import RealtimeNotifications
from nakama_client.features.push import RealtimePush
from nakama_client.features.rpc import RealtimeRpc
from nakama_client.features.status import RealtimeStatus
from nakama_client.features.streams import RealtimeStreams
from nakama_client.handlers import Function, Handler
from nakama_client.protocol.closing import DisconnectReason
from nakama_client.realtime import Realtime
from nakama_client.session import Session
from nakama_client.transport.websocket import WebSocket


class Socket(
    RealtimeNotifications,
    RealtimeRpc,
    RealtimePush,
    RealtimeChannels,
    RealtimeStatus,
    RealtimeStreams,
):
    """A player's realtime connection. `client.socket(session)` makes one.

        async with client.socket(session) as socket:
            @socket.on_notification
            async def received(notification):
                print(notification.subject)

    Handlers belong to the socket and outlive its connection. They are called one after another,
    in the order of what happened, in a task of their own.
    """

    def __init__(
        self,
        open_connection: Callable[[], Awaitable[WebSocket]],
        *,
        session: Session,
        timeouts: Timeouts,
        max_message_bytes: int,
        queue_limit: int,
    ) -> None:
        self._session = session
        self._realtime = Realtime(
            open_connection,
            timeouts=timeouts,
            max_message_bytes=max_message_bytes,
            queue_limit=queue_limit,
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
        """Whose socket this is."""
        return self._session

    @property
    def is_connected(self) -> bool:
        """Whether the connection is open."""
        return self._realtime.is_connected

    @property
    def dropped(self) -> int:
        """How many events were dropped because handlers were too slow."""
        return self._realtime.dispatcher.dropped

    async def connect(self) -> None:
        """Connect; does nothing when connected.

        When this returns, the server knows the socket: whatever it sends to this user from now on
        arrives here.

        Raises:
            Unauthenticated: The server does not accept the token.
            SessionExpired: The session can't be refreshed any more.
            ConnectionFailed: The server did not answer.
            TimeoutExceeded: It did not answer in time.
            ConnectionLost: It closed the socket at once.
        """
        await self._realtime.connect()

    async def close(self) -> None:
        """Close the connection; twice does nothing.

        Requests that wait fail with `ConnectionLost`. Handlers get what had arrived, for
        `Timeouts.close` seconds; then they are cancelled. Called from a handler, it does not wait
        for that handler.
        """
        await self._realtime.close()

    def on_disconnect(self, function: Function[DisconnectReason]) -> Handler[DisconnectReason]:
        """Call a function when the connection ended, whoever ended it.

        Use it as a decorator or call it; the function may be async.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._realtime.on_disconnect.add(function)

    def on_error(self, function: Function[Exception]) -> Handler[Exception]:
        """Call a function when something went wrong that no call can report.

        It gets `HandlerFailed`, `QueueOverflow`, `MalformedFrame`, or a `RequestRefused` that the
        server sent without saying for which request. Without such a function
        these go to the log, at level ERROR.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._realtime.dispatcher.on_error.add(function)
