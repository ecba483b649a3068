"""The client: all calls over HTTP, for any number of players."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from ssl import SSLContext
from types import NoneType, TracebackType
from typing import Self
from weakref import WeakSet

from nakama_client.api_client import ApiClient
from nakama_client.config import Endpoint, ReconnectPolicy, RetryPolicy, Timeouts
from nakama_client.connection_supervisor import ConnectionSupervisor
from nakama_client.cursors import CursorStore
from nakama_client.errors import ArgumentError, ClientClosed, NakamaError
from nakama_client.events.exchanges import Exchange
from nakama_client.events.handlers import Function, Handler
from nakama_client.features.accounts import AccountsApi
from nakama_client.features.authentication import AuthenticationApi
from nakama_client.features.channel_messages import ChannelMessagesApi
from nakama_client.features.events import EventsApi
from nakama_client.features.friends import FriendsApi
from nakama_client.features.group_users import GroupUsersApi
from nakama_client.features.groups import GroupsApi
from nakama_client.features.leaderboards import LeaderboardsApi
from nakama_client.features.linking import LinkingApi
from nakama_client.features.matches import MatchesApi
from nakama_client.features.matchmaker import MatchmakerApi
from nakama_client.features.notifications import NotificationsApi
from nakama_client.features.parties import PartiesApi
from nakama_client.features.purchases import PurchasesApi
from nakama_client.features.push import PushApi
from nakama_client.features.rpc import RpcApi
from nakama_client.features.sessions import SessionsApi
from nakama_client.features.storage import StorageApi
from nakama_client.features.subscriptions import SubscriptionsApi
from nakama_client.features.tournaments import TournamentsApi
from nakama_client.features.users import UsersApi
from nakama_client.feed import NotificationFeed
from nakama_client.feed_settings import Acknowledge, FeedSettings
from nakama_client.protocol.paging import Progress
from nakama_client.protocol.retry import Retry
from nakama_client.protocol.rules import (
    check_count,
    check_plain_function,
    check_present,
    check_type,
    check_unicode,
)
from nakama_client.session import Session, check_session
from nakama_client.socket import Socket
from nakama_client.transport.options import MAX_RECEIVE_BYTES, TransportOptions
from nakama_client.transport.websocket import WebSocket, open_websocket

_DEFAULT_TIMEOUTS = Timeouts()
_DEFAULT_RETRY = RetryPolicy()
_DEFAULT_RECONNECT = ReconnectPolicy()


class Client(
    AuthenticationApi,
    SessionsApi,
    AccountsApi,
    UsersApi,
    LinkingApi,
    FriendsApi,
    GroupsApi,
    GroupUsersApi,
    ChannelMessagesApi,
    NotificationsApi,
    RpcApi,
    PushApi,
    StorageApi,
    LeaderboardsApi,
    TournamentsApi,
    PurchasesApi,
    SubscriptionsApi,
    EventsApi,
    MatchesApi,
    MatchmakerApi,
    PartiesApi,
):
    """A client of one Nakama server.

    It holds one pool of connections and no session: each call takes the session of the player it
    is for, so that thousands of players share one client.

        async with Client("http://127.0.0.1:7350", server_key="defaultkey") as client:
            session = await client.authenticate_device("my-device-id")
            async with client.socket(session) as socket:
                ...

    Args:
        endpoint: The server's address, such as `http://127.0.0.1:7350`.
        server_key: The server's `socket.server_key`.
        http_key: The server's `runtime.http_key`; only `rpc_http_key` needs it.
        timeouts: How long to wait, in seconds.
        retry: When to repeat a failed call over HTTP; None for never.
        max_connections: The most requests at a time, at least 1; others wait for their turn.
        ssl: The certificate authorities to trust and the client's own certificate, for an `https`
            endpoint and its sockets; None for the system's authorities.
        proxy: An HTTP proxy for calls and sockets, such as `http://127.0.0.1:3128`, with its user
            and password if it asks for them; None for none.
        trust_env: Whether to take the proxy from the environment (`HTTPS_PROXY`, `HTTP_PROXY`,
            `NO_PROXY`) or the system, when none is given.
        headers: Further headers of all calls and handshakes, such as a gateway's key.
        max_receive_bytes: The most bytes of one answer over HTTP, unpacked, and of one message over
            a socket.
        clock: Returns the seconds since 1970, for the expiry of tokens.
        random: Returns numbers from 0 up to 1, for the delays before repetitions.

    Raises:
        ArgumentError: The endpoint is not the URL of a server, or another argument is out of range
            or of the wrong type.
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
        ssl: SSLContext | None = None,
        proxy: str | None = None,
        trust_env: bool = False,
        headers: Mapping[str, str] | None = None,
        max_receive_bytes: int = MAX_RECEIVE_BYTES,
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = random.random,
    ) -> None:
        check_count("max_connections", max_connections)
        check_present("server_key", server_key)
        if http_key is not None:
            check_present("http_key", http_key)
        check_type("timeouts", timeouts, Timeouts)
        check_type("trust_env", trust_env, bool)
        check_plain_function("clock", clock)
        check_plain_function("random", random)
        check_type("retry", retry, RetryPolicy, NoneType)
        self._endpoint = endpoint if isinstance(endpoint, Endpoint) else Endpoint(endpoint)
        self._options = TransportOptions(
            ssl=ssl,
            proxy=proxy,
            trust_env=trust_env,
            headers=headers,
            max_receive_bytes=max_receive_bytes,
        )
        if ssl is not None and not self._endpoint.http_url.startswith("https:"):
            raise ArgumentError("ssl is for an https endpoint")
        self._is_closed = False
        self._feeds: WeakSet[NotificationFeed] = WeakSet()
        self._supervisors: WeakSet[ConnectionSupervisor] = WeakSet()
        self._timeouts = timeouts
        self._retry = retry
        self._clock = clock
        self._random = random
        self._api = ApiClient(
            self._endpoint,
            timeouts=timeouts,
            max_connections=max_connections,
            server_key=server_key,
            http_key=http_key,
            retry=retry,
            clock=clock,
            random=random,
            options=self._options,
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
        """The server's address."""
        return self._endpoint

    async def close(self) -> None:
        """Close the feeds and sockets that this client made, then its connections.

        Each is closed in the event loop that opened it. Calling it again does nothing.

        Raises:
            Exception: What the store of a feed raised; everything is still closed.
        """
        self._is_closed = True
        try:
            results = await asyncio.gather(
                *(feed.close() for feed in list(self._feeds)), return_exceptions=True
            )
            results += await asyncio.gather(
                *(each.close() for each in list(self._supervisors)), return_exceptions=True
            )
        finally:
            await self._api.close()
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def on_exchange(self, function: Callable[[Exchange], None]) -> Handler[Exchange]:
        """Call a function after each request and its reply, over HTTP and over sockets.

        It is for metrics and tracing: it gets method, path, status, seconds and error, no token. It
        runs inside of the call, with the caller's context variables, so it must be quick and may
        not be async. When it raises, the error is logged. A cancelled call is not reported.

        Use it as a decorator or call it.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        check_plain_function("function", function)
        return self._api.exchanges.handlers.add(function)

    def on_retry(self, function: Function[Retry]) -> Handler[Retry]:
        """Call a function each time a failed call over HTTP is about to be repeated.

        Use it as a decorator or call it; the function may be async. It runs in a task of its own,
        and no call waits for it. When it raises, the error is logged.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._api.retrying.on_retry.add(function)

    def on_error(self, function: Function[Exception]) -> Handler[Exception]:
        """Call a function with each error that no call can raise.

        It gets `UnreadableItem` for each item of a list that can't be read, once, and
        `HandlerFailed` for each handler of this client that raised. Without such a function they
        are logged at level ERROR. Errors of a socket or a feed go to `Socket.on_error`.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._api.on_error.add(function)

    def notifications(
        self,
        session: Session,
        *,
        socket: Socket | None = None,
        store: CursorStore | None = None,
        acknowledge: Acknowledge = "auto",
        queue_limit: int = 1024,
        overlap_window: float = 30.0,
        check_interval: float = 60.0,
        on_progress: Progress | None = None,
    ) -> NotificationFeed:
        """A player's notifications: each persistent one once, those of one sender in order.

        Use it as `async with client.notifications(session) as feed:`, and in it
        `async for notification in feed:`.

        Args:
            session: The player's session.
            socket: A connected or unconnected socket of this player, which stays open when the feed
                is closed; None for a socket of the feed's own.
            store: Keeps the feed's position over restarts, such as a `FileCursorStore`; None to
                begin with everything that the server has stored.
            acknowledge: When a notification counts as handled and does not come again after a
                restart. `"auto"`: when the loop's body or the function ends without an error.
                `"manual"`: when `feed.acknowledge` is called. `"delete"`: as auto, and then the
                server deletes it, as in a work queue. Storing and deleting come shortly
                after: at most 500 come again after a kill.
            queue_limit: The most live notifications that may wait, at least 1. Further persistent
                ones are listed later, further transient ones are dropped.
            overlap_window: For how many seconds a notification may become visible after a later
                one, because transactions of the server overlap. What came in that time, up to 1000,
                is remembered, and listed again until the window has passed.
            check_interval: Seconds between two listings while everything comes live; each interval
                is random, from half to one and a half times this.
            on_progress: Called after each page while the feed catches up, also after a lost
                connection. It gets two numbers: how many notifications were found so far, and how
                many there are in all, which is None until the end. An error that it raises ends the
                feed's loop.

        Raises:
            ArgumentError: An argument is out of range, or the socket is another player's.
        """
        check_session(session)
        if on_progress is not None:
            check_plain_function("on_progress", on_progress)
        check_type("socket", socket, Socket, NoneType)
        for name in ("load", "save", "delete") if store is not None else ():
            if not callable(getattr(store, name, None)):
                raise ArgumentError(f"a store has the method {name}, as FileCursorStore has")
        if socket is not None and socket.session.user_id != session.user_id:
            raise ArgumentError("the socket is of another player than the session")
        settings = FeedSettings(
            acknowledge=acknowledge,
            queue_limit=queue_limit,
            overlap_window=overlap_window,
            check_interval=check_interval,
            retry=self._retry or _DEFAULT_RETRY,
            clock=self._clock,
            random=self._random,
            on_progress=on_progress,
        )
        feed = NotificationFeed(
            self,
            session,
            self.socket(session) if socket is None else socket,
            owns_socket=socket is None,
            store=store,
            settings=settings,
        )
        self._feeds.add(feed)
        return feed

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
        """Make a realtime socket for a player; `connect` or `async with` connects it.

        Args:
            session: The player's session; it is refreshed before connecting when it is time.
            appear_online: Whether the player's followers see them online.
            lang: The language tag that the server's runtime sees.
            max_message_bytes: The server's `socket.max_message_size_bytes`; longer messages are
                refused here, because the server would close the socket.
            queue_limit: The most events that may wait for slow handlers, at least 1; the newest
                are dropped.
            reconnect: When to open a lost connection again; None for never.

        Raises:
            ArgumentError: A number is below 1.
        """
        check_session(session)
        check_count("max_message_bytes", max_message_bytes)
        check_count("queue_limit", queue_limit)
        check_type("reconnect", reconnect, ReconnectPolicy, NoneType)
        check_unicode("lang", lang)
        check_type("appear_online", appear_online, bool)
        url = self._endpoint.socket_url(lang=lang, appear_online=appear_online)
        socket = Socket(
            partial(self._open_with_good_token, session, url),
            session=session,
            timeouts=self._timeouts,
            exchanges=self._api.exchanges,
            retrying=self._api.retrying,
            reconnect=reconnect,
            random=self._random,
            max_message_bytes=max_message_bytes,
            queue_limit=queue_limit,
        )
        # A connected one is held by its own task, also when nobody holds the socket any more.
        self._supervisors.add(socket._supervisor)
        return socket

    async def _open_with_good_token(self, session: Session, url: str) -> WebSocket:
        if self._is_closed:
            raise ClientClosed("the client is closed")
        return await self._api.tokens.call(
            session,
            partial(self._open, url),
            may_concern_token=_always,
            concerns_token=_always,
        )

    async def _open(self, url: str, token: str) -> WebSocket:
        started = time.perf_counter()
        try:
            websocket = await open_websocket(
                url, token=token, timeouts=self._timeouts, options=self._options
            )
        except NakamaError as error:
            self._api.exchanges.ended("GET", "/ws", started, status=0, error=error)
            raise
        self._api.exchanges.ended("GET", "/ws", started, status=101, error=None)
        return websocket


def _always(_: object) -> bool:
    """The websocket's handshake has no other reason to refuse with this status."""
    return True
