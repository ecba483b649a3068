"""The realtime connection over websockets."""

from __future__ import annotations

import asyncio
import errno
import functools
import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import websockets  # it loads its parts on first use

from nakama_client.config import Timeouts
from nakama_client.disconnect import ClosedBy
from nakama_client.errors import ConnectionFailed, NakamaError, TimeoutExceeded, Unauthenticated
from nakama_client.protocol.closing import SILENCE, Close
from nakama_client.protocol.replies import Reply, refusal
from nakama_client.protocol.requests import bearer
from nakama_client.protocol.retry import retry_after
from nakama_client.redaction import excerpt, hide
from nakama_client.transport.inbox import Inbox
from nakama_client.transport.options import TransportOptions, tls_hint

# So many bytes may wait to be sent without making the next sender wait.
_WRITE_LIMIT = 32 * 1024
_QUICK_BYTES = _WRITE_LIMIT // 2

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection, connect

    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class _WithoutDebug(_Adapter):
    """websockets logs all headers at DEBUG, the token's among them: that level stays shut."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the library's name
        return level > logging.DEBUG and super().isEnabledFor(level)


_log = _WithoutDebug(logging.getLogger("nakama_client.socket"), {})


class WebSocketClosed(Exception):
    """The connection is closed; `WebSocket.read` knows how. Raised to our own code only."""


class WebSocket:
    """An open connection that carries text frames."""

    def __init__(
        self, connection: ClientConnection, timeouts: Timeouts, secrets: tuple[str, ...]
    ) -> None:
        self._connection = connection
        self._timeouts = timeouts
        self._secrets = secrets
        self._is_silent = False

    async def send(self, frame: bytes, *, timeout: float) -> None:
        """Send one text frame.

        Raises:
            WebSocketClosed: The connection is closed.
            TimeoutExceeded: The other side did not read for so many seconds.
        """
        # A deadline costs as much as the sending, and a short frame behind no other never waits.
        waiting = self._connection.transport.get_write_buffer_size() + len(frame)
        failure: Exception
        try:
            async with asyncio.timeout(timeout) if waiting > _QUICK_BYTES else nullcontext():
                await self._connection.send(frame, text=True)
        except TimeoutError:
            failure = TimeoutExceeded(f"the server read nothing for {timeout:g} s")
        except websockets.ConnectionClosed:
            failure = WebSocketClosed()
        else:
            return
        raise failure

    async def read(self, each: Callable[[bytes], int], *, turn: int) -> Close:
        """Call a function with each frame until the connection ends.

        A connection that brings nothing for `Timeouts.ping_interval` seconds is pinged, and
        dropped when nothing comes for `Timeouts.ping_timeout` seconds after that.

        Args:
            each: Takes a frame and returns how many events were in it.
            turn: After so many events, other tasks get a turn.

        Returns:
            How the connection ended.
        """
        watching = asyncio.create_task(self._watch_silence(), name="nakama_client ping")
        try:
            await self._inbox.read(each, turn=turn)
            await asyncio.shield(self._connection.connection_lost_waiter)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        silence = asyncio.get_running_loop().time() - self._heard_at()
        if self._is_silent:
            return Close(None, SILENCE, ClosedBy.NETWORK, silence)
        return _close_of(self._connection.protocol.close_exc, silence, self._secrets)

    async def close(self, *, timeout: float) -> None:
        """Close politely, or drop the connection after so many seconds."""
        try:
            async with asyncio.timeout(timeout):  # websockets first waits for what it has to send
                await self._connection.close()
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._connection.transport.abort()

    async def _watch_silence(self) -> None:
        """Ping a silent server, and drop the connection when nothing comes.

        Whatever comes counts, and not only the pong: Nakama answers no ping while it works on a
        request of this socket.
        """
        now = asyncio.get_running_loop().time
        while True:
            quiet = now() - self._heard_at()
            if quiet < self._timeouts.ping_interval:
                await asyncio.sleep(self._timeouts.ping_interval - quiet)
            elif not await self._answers_ping(self._timeouts.ping_timeout):
                self._is_silent = True
                self.abort()
                return

    async def _answers_ping(self, seconds: float) -> bool:
        """Ping, and wait so many seconds for anything to come."""
        before = self._heard_at()
        try:
            async with asyncio.timeout(seconds):
                await (await self._connection.ping())
        except TimeoutError:
            return self._heard_at() != before
        except websockets.ConnectionClosed:
            await asyncio.Event().wait()  # the reader knows, and ends this
        return True

    @property
    def _inbox(self) -> Inbox:
        inbox: Inbox = self._connection.inbox  # type: ignore[attr-defined]
        return inbox

    def _heard_at(self) -> float:
        heard_at: float = self._connection.heard_at  # type: ignore[attr-defined]
        return heard_at


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
        connection = await _connect_type()(
            url,
            additional_headers={"Authorization": bearer(token), **options.extra_headers},
            user_agent_header=options.user_agent,
            compression=None,
            proxy=options.proxy_for(url),
            open_timeout=timeouts.connect,
            close_timeout=timeouts.close,
            ping_interval=None,
            max_size=options.max_receive_bytes,
            write_limit=_WRITE_LIMIT,
            create_connection=_connection_type(),
            logger=_log,
            ssl=(options.ssl or True) if url.startswith("wss:") else None,
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


def _is_refused(error: Exception) -> bool:
    """Whether nobody listens, at none of the name's addresses."""
    if isinstance(error, ConnectionRefusedError):
        return True
    text = str(error)  # asyncio joins what several addresses answer into one text
    refusals = text.count(f"[Errno {errno.ECONNREFUSED}]")
    return text.startswith("Multiple exceptions: ") and text.count("[Errno ") == refusals


@functools.cache
def _connect_type() -> type[connect]:
    """The library's connecting, made to follow no redirect."""
    from websockets.asyncio.client import connect

    class Connect(connect):
        def process_redirect(self, exc: Exception) -> Exception:
            return exc

    return Connect


@functools.cache
def _connection_type() -> type[ClientConnection]:
    """The library's connection, made to note when it heard something, with an inbox of ours."""
    # Here, because the library's client takes long to import.
    from websockets.asyncio.client import ClientConnection

    class Connection(ClientConnection):
        heard_at = 0.0
        inbox: Inbox

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            # In the place of the library's queue, from which a task takes one frame at a time.
            self.inbox = Inbox(self.transport, self.loop)
            self.recv_messages = self.inbox  # type: ignore[assignment]

        def data_received(self, data: bytes) -> None:
            self.heard_at = self.loop.time()
            self.inbox.begin_turn()
            super().data_received(data)
            # The close frame ends the connection, and it is answered by now. Some servers leave
            # TCP open after it, for seconds.
            if self.protocol.close_rcvd is not None and not self.transport.is_closing():
                if self.transport.get_write_buffer_size():
                    self.transport.close()
                else:
                    self.transport.abort()

    return Connection


def _refusal(error: websockets.InvalidStatus, secrets: tuple[str, ...]) -> NakamaError:
    response = error.response
    status, body = response.status_code, bytes(response.body or b"")
    if status == 401:
        return Unauthenticated(status, 16, excerpt(body, secrets).strip())
    wait = retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    return refusal(Reply(status, body, wait, secrets))


def _close_of(
    error: websockets.ConnectionClosed, silence: float, secrets: tuple[str, ...]
) -> Close:
    received: Any = error.rcvd
    sent: Any = error.sent
    if received is not None and (sent is None or error.rcvd_then_sent):
        reason = hide(received.reason, secrets)
        return Close(received.code, reason, ClosedBy.SERVER, silence)
    if sent is not None:
        return Close(sent.code, hide(sent.reason, secrets), ClosedBy.CLIENT, silence)
    return Close(None, "", ClosedBy.NETWORK, silence)
