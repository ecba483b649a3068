"""HTTP over aiohttp: one connection pool for any number of users."""

from __future__ import annotations

import logging
import math
import time

import aiohttp
from yarl import URL

from nakama_client.config import Endpoint, Timeouts
from nakama_client.errors import ClientClosed, ConnectionFailed, TimeoutExceeded
from nakama_client.protocol.replies import Reply
from nakama_client.protocol.requests import Request
from nakama_client.protocol.retry import retry_after

_log = logging.getLogger("nakama_client.http")


class Transport:
    """Sends requests; knows nothing of what they mean."""

    def __init__(self, endpoint: Endpoint, *, timeouts: Timeouts, max_connections: int) -> None:
        self._url = str(URL(endpoint.http_url)).rstrip("/")
        self._timeouts = timeouts
        self._max_connections = max_connections
        self._http: aiohttp.ClientSession | None = None
        self._closed = False

    async def request(
        self, request: Request, *, authorization: str, time_left: float = math.inf
    ) -> Reply:
        """Send one request and return the whole answer, whatever its status.

        Args:
            request: What to send.
            authorization: Who asks.
            time_left: Seconds in which the answer is of use, when these are fewer than usual.

        Raises:
            ClientClosed: `close` was called.
            ConnectionFailed: There was no answer.
            TimeoutExceeded: There was no complete answer in time.
        """
        usual = self._timeouts.request if request.timeout is None else request.timeout
        seconds = min(usual, time_left)
        started = time.perf_counter()
        try:
            async with self._pool().request(
                request.method,
                URL(self._url + request.target, encoded=True),
                data=request.body,
                headers={"Authorization": authorization},
                timeout=aiohttp.ClientTimeout(seconds, sock_connect=self._timeouts.connect),
                allow_redirects=False,
            ) as response:
                reply = Reply(response.status, await response.read(), _retry_after(response))
        except TimeoutError as error:
            is_unsent = isinstance(error, aiohttp.ConnectionTimeoutError)
            what = "connection" if is_unsent else "answer"
            limit = self._timeouts.connect if is_unsent else seconds
            raise TimeoutExceeded(
                f"no {what} within {round(limit, 3):g} s: {request.method} {request.path}",
                nothing_sent=is_unsent,
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            if self._closed:
                raise ClientClosed("the client was closed during the call") from error
            problem = str(error) or type(error).__name__
            raise ConnectionFailed(
                f"{request.method} {request.path} at {self._url}: {problem}",
                nothing_sent=isinstance(error, aiohttp.ClientConnectorError),
            ) from error
        took = (time.perf_counter() - started) * 1000
        _log.debug("%s %s: %d in %.1f ms", request.method, request.path, reply.status, took)
        return reply

    async def close(self) -> None:
        """Close all connections; calling it again does nothing."""
        self._closed = True
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    def _pool(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ClientClosed("the client is closed")
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._max_connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "Accept-Encoding": "gzip",
                    "Content-Type": "application/json",
                    "User-Agent": "nakama-client-python",
                },
            )
            # aiohttp by itself sends everything but POST twice. Whether that is right, and who
            # hears of it, is for the caller's policy. There is no public way to say so.
            self._http._retry_connection = False
        return self._http


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    value = response.headers.get("Retry-After")
    return None if value is None else retry_after(value, response.headers.get("Date", ""))
