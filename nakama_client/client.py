"""The client: every call over HTTP, for any number of players."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from nakama_client.calls import Calls
from nakama_client.config import Endpoint, ReconnectPolicy, RetryPolicy, Timeouts
from nakama_client.errors import ArgumentError, Unauthenticated
from nakama_client.features.accounts import Accounts
from nakama_client.features.authentication import Authentication
from nakama_client.features.channel_messages import ChannelMessages
from nakama_client.features.friends import Friends
from nakama_client.features.group_users import GroupUsers
from nakama_client.features.groups import Groups
from nakama_client.features.linking import Linking
from nakama_client.features.notifications import Notifications
from nakama_client.features.push import Push
from nakama_client.features.rpc import Rpc
from nakama_client.features.sessions import Sessions
from nakama_client.features.users import Users
from nakama_client.handlers import Function, Handler
from nakama_client.protocol.retry import Retry
from nakama_client.session import Session
from nakama_client.socket import Socket
from nakama_client.transport.http import Transport
from nakama_client.transport.websocket import WebSocket, open_websocket

_DEFAULT_TIMEOUTS = Timeouts()
_DEFAULT_RETRY = RetryPolicy()
_DEFAULT_RECONNECT = ReconnectPolicy()


class Client(
    Authentication,
    Sessions,
    Accounts,
    Users,
    Linking,
    Friends,
    Groups,
    GroupUsers,
    ChannelMessages,
    Notifications,
    Rpc,
    Push,
):
    """A Nakama server, as a client sees it.

    It holds one connection pool and no session: each call is given the session of the player it
    is for, so that thousands of players share one client.

        async with Client("http://127.0.0.1:7350", server_key="defaultkey") as client:
            session = await client.authenticate_device("my-device-id")
            async with client.socket(session) as socket:
                ...

    Args:
        endpoint: Where the server is, such as `http://127.0.0.1:7350`.
        server_key: The server's `socket.server_key`.
        http_key: The server's `runtime.http_key`; only `rpc_http_key` needs it.
        timeouts: How long to wait.
        retry: When to make a call over HTTP again that failed; None for never.
        max_connections: How many requests may be under way at once; others wait for their turn.
        clock: Gives the seconds since 1970, for the expiry of tokens.
        random: Gives numbers from 0 up to 1, for the delays before another attempt.

    Raises:
        ArgumentError: The endpoint is no server's URL, or a number is out of range.
    """

    def __init__(
        self,
        endpoint: str | Endpoint,
        *,
        server_key: str = "defaultkey",
        http_key: str | None = None,
        timeouts: Timeouts = _DEFAULT_TIMEOUTS,
        retry: RetryPolicy | None = _DEFAULT_RETRY,
        max_connections: int = 100,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = random.random,
    ) -> None:
        if max_connections < 1:
            raise ArgumentError(f"max_connections must be at least 1, not {max_connections}")
        self._endpoint = Endpoint(endpoint) if isinstance(endpoint, str) else endpoint
        self._timeouts = timeouts
        self._clock = clock
        self._random = random
        self._calls = Calls(
            Transport(self._endpoint, timeouts=timeouts, max_connections=max_connections),
            server_key=server_key,
            http_key=http_key,
            retry=retry,
            clock=clock,
            random=random,
            close_timeout=timeouts.close,
        )

    def __repr__(self) -> str:
        return f"<Client {self._endpoint.http_url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def endpoint(self) -> Endpoint:
        """Where the server is."""
        return self._endpoint

    async def close(self) -> None:
        """Close all connections; twice does nothing. Sockets are closed on their own."""
        await self._calls.close()

    def on_retry(self, function: Function[Retry]) -> Handler[Retry]:
        """Call a function whenever a call over HTTP failed and is about to be made again.

        Use it as a decorator or call it; the function may be async. It runs in a task of its own
        and no call waits for it. Its failure is logged.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._calls.retrying.on_retry.add(function)

    def socket(
        self,
        session: Session,
        *,
        appear_online: bool = False,
        lang: str = "en",
        max_message_bytes: int = 4096,
        queue_limit: int = 1024,
        reconnect: ReconnectPolicy | None = _DEFAULT_RECONNECT,
    ) -> Socket:
        """A realtime socket for a player; it is not connected yet.

        Args:
            session: Whose socket; refreshed before connecting when it is time.
            appear_online: Whether to show the player as online to those who follow them.
            lang: The language that the server's runtime sees.
            max_message_bytes: The server's `socket.max_message_size_bytes`; longer messages are
                refused here, because the server would close the socket.
            queue_limit: How many events may wait for slow handlers.
            reconnect: When to open a lost connection again; None for never.

        Raises:
            ArgumentError: A number is below 1.
        """
        if max_message_bytes < 1 or queue_limit < 1:
            raise ArgumentError("max_message_bytes and queue_limit must be at least 1")
        url = self._endpoint.socket_url(lang=lang, appear_online=appear_online)
        sessions = self._calls.sessions

        async def open_connection() -> WebSocket:
            token = await sessions.token(session)
            try:
                return await open_websocket(url, token=token, timeouts=self._timeouts)
            except Unauthenticated:
                await sessions.renew(session, refused=token)
            return await open_websocket(url, token=session.token, timeouts=self._timeouts)

        return Socket(
            open_connection,
            session=session,
            timeouts=self._timeouts,
            reconnect=reconnect,
            random=self._random,
            max_message_bytes=max_message_bytes,
            queue_limit=queue_limit,
        )
