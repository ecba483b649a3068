"""HTTP over aiohttp: one pool of connections for each loop, its deadlines, and our own errors."""

from __future__ import annotations

import asyncio
import logging
import math
import time
import zlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import nullcontext
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from nakama_client.errors import (
    ClientClosed,
    ConnectionFailed,
    NakamaError,
    ReplyTooLarge,
    TimeoutExceeded,
)
from nakama_client.protocol.replies import Reply
from nakama_client.protocol.retry import retry_after
from nakama_client.redaction import hide
from nakama_client.transport.loops import run_in
from nakama_client.transport.options import TransportOptions, tls_hint
from nakama_client.transport.reading import keep_freed_memory

_log = logging.getLogger("nakama_client.http")

_DEFAULT_OPTIONS = TransportOptions()

# So much is unpacked at a time: between two pieces other tasks run, and the deadline is kept.
_PIECE_BYTES = 64 * 1024

_Sessions = AsyncGenerator[aiohttp.ClientSession, None]


class HttpClient:
    """Sends requests and returns whole replies; knows nothing of what they mean.

    It follows no redirects, keeps no cookies and repeats nothing. Connections belong to the loop
    that opened them: in another loop it opens others.

    Args:
        owner: What is closed when this is, for the text of `ClientClosed`.
        base_url: What every target begins with.
        timeout: Seconds for one request, unless the request has its own.
        connect_timeout: Seconds for a new connection.
        max_connections: How many requests may be under way at once; others wait for their turn.
        options: How connections are made.
    """

    def __init__(
        self,
        owner: str,
        *,
        base_url: str = "",
        timeout: float,
        connect_timeout: float | None = None,
        max_connections: int = 100,
        options: TransportOptions = _DEFAULT_OPTIONS,
    ) -> None:
        self._owner = owner
        self._base_url = str(URL(base_url)).rstrip("/")
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._max_connections = max_connections
        self._options = options
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, _Sessions] = (
            WeakKeyDictionary()
        )
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = (
            WeakKeyDictionary()
        )
        self._closed = False

    async def request(
        self,
        method: str,
        target: str,
        body: bytes | None,
        *,
        name: str,
        headers: Mapping[str, str] | None = None,
        encoded: bool = False,
        timeout: float | None = None,
        time_left: float = math.inf,
        secrets: tuple[str, ...] = (),
    ) -> Reply:
        """Send one request and return the whole reply, whatever its status.

        Args:
            method: The HTTP method.
            target: Where to, behind the base URL.
            body: JSON, or None.
            name: What logs and errors call the target: without what must stay secret.
            headers: Further headers.
            encoded: Whether the target is percent-encoded already, and goes as it is.
            timeout: Seconds for this request; None for the usual ones.
            time_left: Seconds in which the reply is of use, when these are fewer.
            secrets: What in headers and body may be in no error, also when the peer sends it back.

        Raises:
            ClientClosed: `close` was called.
            ConnectionFailed: There was no reply.
            ReplyTooLarge: The reply has more bytes than are read.
            TimeoutExceeded: There was no complete reply in time.
        """
        usual = self._timeout if timeout is None else timeout
        seconds = min(usual, time_left)
        secrets = (*secrets, *self._options.secrets)
        started = time.perf_counter()
        ends_at = None if math.isinf(seconds) else asyncio.get_running_loop().time() + seconds
        failure: NakamaError
        try:
            session = await self._session()
            async with session.request(
                method,
                URL(self._base_url + target, encoded=encoded),
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(seconds, sock_connect=self._connect_timeout),
                allow_redirects=False,
                proxy=self._options.proxy_for(self._base_url or target),
            ) as response:
                whole = await _read(response, self._options.max_receive_bytes, ends_at)
                reply = Reply(
                    response.status,
                    whole,
                    _retry_after(response),
                    secrets,
                    location=response.headers.get("Location", ""),
                    set_cookies=tuple(response.headers.getall("Set-Cookie", ())),
                )
        except TimeoutError as error:
            # The time left of a whole call is a little less than its deadline from the start, by
            # uvloop's clock up to a millisecond: the caller knows the deadline that they gave.
            limit = usual if seconds > 0.9 * usual else seconds
            failure = self._timed_out(error, f"{method} {name}", limit)
        except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
            failure = self._failed(error, method, name, secrets)
        else:
            took = (time.perf_counter() - started) * 1000
            _log.debug("%s %s: %d in %.1f ms", method, name, reply.status, took)
            return reply
        # Outside of the blocks: the library's errors hold the request with its headers, and would
        # be the context of ours.
        raise failure

    async def close(self) -> None:
        """Close all connections, in the loops that opened them; calling it again does nothing."""
        self._closed = True
        sessions = list(self._sessions.items())
        self._sessions.clear()
        self._by_loop.clear()
        for loop, session in sessions:
            await run_in(loop, session.aclose)

    def _timed_out(self, error: TimeoutError, call: str, seconds: float) -> TimeoutExceeded:
        is_unsent = isinstance(error, aiohttp.ConnectionTimeoutError)
        what = "connection" if is_unsent else "answer"
        limit = (self._connect_timeout or seconds) if is_unsent else seconds
        text = f"no {what} within {round(limit, 3):g} s: {call}"
        return TimeoutExceeded(text, nothing_sent=is_unsent)

    def _failed(
        self, error: Exception, method: str, name: str, secrets: tuple[str, ...]
    ) -> ClientClosed | ConnectionFailed:
        if self._closed:
            return ClientClosed(f"the {self._owner} was closed during the call")
        problem = tls_hint(hide(str(error)[:1000] or type(error).__name__, secrets))
        where = f"{name} at {self._base_url}" if self._base_url else name
        return ConnectionFailed(
            f"{method} {where}: {problem}",
            nothing_sent=isinstance(error, aiohttp.ClientConnectorError),
        )

    async def _session(self) -> aiohttp.ClientSession:
        """The pool of connections of the running loop."""
        if self._closed:
            raise ClientClosed(f"the {self._owner} is closed")
        loop = asyncio.get_running_loop()
        session = self._by_loop.get(loop)
        if session is None:
            sessions = self._sessions[loop] = self._open_session()
            session = self._by_loop[loop] = await anext(sessions)
        return session

    async def _open_session(self) -> _Sessions:
        """Yield a pool of connections, and close it in the end.

        It is a generator because `asyncio.run` and its like close those in the end, in the loop
        that is about to be closed: so a client that is used in several runs leaves nothing open.
        """
        keep_freed_memory()
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._max_connections,
                ssl=True if self._options.ssl is None else self._options.ssl,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # see `_read`
            headers={
                "Accept-Encoding": "gzip",
                "Content-Type": "application/json",
                "User-Agent": self._options.user_agent,
                **self._options.extra_headers,
            },
        )
        # aiohttp by itself sends everything but POST twice. Whether that is right, and who
        # knows of it, is for the caller's policy. There is no public way to say so.
        session._retry_connection = False
        try:
            yield session
        finally:
            await session.close()


async def _read(response: aiohttp.ClientResponse, limit: int, ends_at: float | None) -> bytes:
    """Read and unpack a body, up to so many bytes and this moment.

    aiohttp's own unpacking has no limit: a megabyte of gzip grows to a gigabyte.
    """
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip", ""}:
        raise ValueError(f"an answer in the coding {coding!r}, which was not asked for")
    unpacker = _Gzip() if "gzip" in coding else None
    length = response.content_length
    if unpacker is None and length is not None and "Transfer-Encoding" not in response.headers:
        if length > limit:
            raise ReplyTooLarge(response.status, limit)
        return await response.read()  # in one piece, where the server has said how much comes
    body = bytearray()
    # aiohttp's own deadline is only for waiting; unpacking may take its time, too.
    async with nullcontext() if unpacker is None else asyncio.timeout_at(ends_at):
        async for chunk in response.content.iter_any():
            for piece in (chunk,) if unpacker is None else unpacker.pieces(chunk):
                body += piece
                if len(body) > limit:
                    raise ReplyTooLarge(response.status, limit)
                if unpacker is not None and len(piece) == _PIECE_BYTES:
                    await asyncio.sleep(0)
    if unpacker is not None and not unpacker.is_complete:
        raise ValueError("the gzip of the answer is cut off")
    return bytes(body)


class _Gzip:
    """Unpacks gzip piece by piece, however much it grows."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(wbits=31)
        self._is_empty = True

    @property
    def is_complete(self) -> bool:
        return self._is_empty or self._inflater.eof

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while data:
            self._is_empty = False
            if self._inflater.eof:  # another member follows
                self._inflater = zlib.decompressobj(wbits=31)
            yield self._inflater.decompress(data, _PIECE_BYTES)
            data = self._inflater.unconsumed_tail or self._inflater.unused_data


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    value = response.headers.get("Retry-After")
    return None if value is None else retry_after(value, response.headers.get("Date", ""))
