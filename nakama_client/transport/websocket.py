"""The realtime connection, over picows where that is installed, else over websockets."""

from __future__ import annotations

import asyncio
import errno
import functools
from collections.abc import Awaitable, Callable

import websockets  # it loads its modules on first use

from nakama_client.config import Timeouts
from nakama_client.disconnect import ClosedBy
from nakama_client.errors import ConnectionFailed, NakamaError, TimeoutExceeded, Unauthenticated
from nakama_client.protocol.closing import SILENCE, Close
from nakama_client.protocol.replies import Reply, refusal
from nakama_client.protocol.requests import bearer
from nakama_client.protocol.retry import retry_after
from nakama_client.redaction import excerpt, hide
from nakama_client.transport.connection import Connection, Ending
from nakama_client.transport.keepalive import Keepalive
from nakama_client.transport.options import TransportOptions, tls_hint


class WebSocket:
    """An open connection that carries text frames.

    From the beginning it watches that the server lives: a connection that brings nothing for
    `Timeouts.ping_interval` seconds is pinged, and dropped when nothing comes for
    `Timeouts.ping_timeout` seconds after that.

    Attributes:
        write: Sends a text frame, or queues it; raises `WebSocketClosed`.
    """

    __slots__ = (
        "_connection",
        "_dropping",
        "_keepalive",
        "_loop",
        "_secrets",
        "write",
    )

    def __init__(
        self, connection: Connection, timeouts: Timeouts, secrets: tuple[str, ...]
    ) -> None:
        self._connection = connection
        self._secrets = secrets
        self._loop = asyncio.get_running_loop()
        self._dropping: asyncio.TimerHandle | None = None
        self._keepalive = Keepalive(
            connection, interval=timeouts.ping_interval, timeout=timeouts.ping_timeout
        )
        self.write: Callable[[bytes], None] = connection.write
        connection.inbox.ended.add_done_callback(self._stop)

    @property
    def is_full(self) -> bool:
        """Whether so much waits to be sent that a sender is to `drain`."""
        return self._connection.outlet.is_full

    async def drain(self, *, timeout: float) -> None:
        """Wait until the other side has read most of what was sent.

        Raises:
            WebSocketClosed: The connection ended meanwhile.
            TimeoutExceeded: The other side did not read for so many seconds.
        """
        try:
            async with asyncio.timeout(timeout) as deadline:
                await self._connection.outlet.drain()
        except TimeoutError:
            if not deadline.expired():
                raise
        else:
            return
        raise TimeoutExceeded(f"the server read nothing for {timeout:g} s")

    def listen(
        self, each: Callable[[bytes, bool], int], ended: Callable[[Close], None], *, turn: int
    ) -> None:
        """Call functions with each frame, and with how the connection ended.

        Args:
            each: Takes a frame, and whether it is the first of what came at once; returns how
                many events were in it.
            ended: Takes how the connection ended, after the last frame.
            turn: After so many events, other tasks get a turn.
        """
        inbox = self._connection.inbox
        inbox.ended.add_done_callback(lambda _: ended(self._close()))
        inbox.listen(each, turn=turn)

    def begin_close(self, *, timeout: float) -> None:
        """Close with a close frame; drop the connection if that takes longer."""
        self._connection.begin_close()
        if self._dropping is None:
            self._dropping = self._loop.call_later(timeout, self.abort)

    def abort(self) -> None:
        """Drop the connection at once, and what has arrived."""
        self._connection.inbox.stop()

    async def wait_ended(self) -> None:
        """Wait until the connection has ended and its listener knows."""
        await asyncio.wait([self._connection.inbox.ended])

    def _stop(self, _: object) -> None:
        self._keepalive.stop()
        if self._dropping is not None:
            self._dropping.cancel()

    def _close(self) -> Close:
        silence = self._loop.time() - self._connection.heard_at
        if self._keepalive.is_silent:
            return Close(None, SILENCE, ClosedBy.NETWORK, silence)
        return _close_of(self._connection.ending(), silence, self._secrets)


async def open_websocket(
    url: str, *, token: str, timeouts: Timeouts, options: TransportOptions
) -> WebSocket:
    """Open a connection.

    The token goes in a header: an address would end in the logs of every proxy. A redirect is
    refused: it would hand the token to another server.

    Raises:
        ConnectionFailed: There was no answer, or not that of a websocket server.
        TimeoutExceeded: The handshake took longer than `Timeouts.connect` seconds.
        Unauthenticated: The server does not accept the token.
        ReplyError: The server refused for another reason.
    """
    secrets = (token, *options.secrets)
    failure: NakamaError
    try:
        connection = await _opener(options.proxy_for(url))(
            url,
            headers={"Authorization": bearer(token), **options.extra_headers},
            user_agent=options.user_agent,
            tls=options.ssl,
            max_bytes=options.max_receive_bytes,
            open_timeout=timeouts.connect,
            close_timeout=timeouts.close,
        )
    except websockets.InvalidStatus as error:
        failure = _refusal(error, secrets)
    except TimeoutError:
        failure = TimeoutExceeded(f"no socket within {timeouts.connect:g} s: {url}")
    # ImportError: the environment names a SOCKS proxy, for which a package is missing.
    except (websockets.WebSocketException, OSError, ValueError, ImportError) as error:
        problem = tls_hint(hide(str(error)[:1000] or type(error).__name__, secrets))
        failure = ConnectionFailed(f"{url}: {problem}", is_refused=_is_refused(error))
    else:
        return WebSocket(connection, timeouts, secrets)
    # Outside of the blocks: the library's errors hold what the peer sent, and would be the
    # context of ours.
    raise failure


def _opener(proxy: str | None) -> Callable[..., Awaitable[Connection]]:
    """How connections are opened: through a proxy always over websockets."""
    if proxy is None and (over_picows := _over_picows()) is not None:
        return over_picows
    return functools.partial(_over_websockets(), proxy=proxy)


@functools.cache
def _over_websockets() -> Callable[..., Awaitable[Connection]]:
    """How connections are opened over websockets, which takes long to import."""
    from nakama_client.transport.over_websockets import open_over_websockets

    return open_over_websockets


@functools.cache
def _over_picows() -> Callable[..., Awaitable[Connection]] | None:
    """How connections are opened over picows; None where it is not installed."""
    try:
        from nakama_client.transport.over_picows import open_over_picows
    except ImportError:
        return None
    return open_over_picows


def _is_refused(error: Exception) -> bool:
    """Whether nobody listens, at none of the name's addresses."""
    if isinstance(error, ConnectionRefusedError):
        return True
    text = str(error)  # asyncio joins what several addresses answer into one text
    refusals = text.count(f"[Errno {errno.ECONNREFUSED}]")
    return text.startswith("Multiple exceptions: ") and text.count("[Errno ") == refusals


def _refusal(error: websockets.InvalidStatus, secrets: tuple[str, ...]) -> NakamaError:
    response = error.response
    status, body = response.status_code, bytes(response.body or b"")
    if status == 401:
        return Unauthenticated(status, 16, excerpt(body, secrets).strip())
    wait = retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    location = response.headers.get("Location", "")
    return refusal(Reply(status, body, wait, secrets, location))


def _close_of(ending: Ending, silence: float, secrets: tuple[str, ...]) -> Close:
    received, sent = ending.received, ending.sent
    if received is not None and (sent is None or ending.is_servers):
        return Close(received.code, hide(received.reason, secrets), ClosedBy.SERVER, silence)
    if sent is not None:
        return Close(sent.code, hide(sent.reason, secrets), ClosedBy.CLIENT, silence)
    return Close(None, "", ClosedBy.NETWORK, silence)
