"""HTTP over aiohttp: one pool of connections, its deadlines, and our own errors."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping

import aiohttp
from yarl import URL

from nakama_client.errors import ClientClosed, ConnectionFailed, TimeoutExceeded
from nakama_client.protocol.replies import Reply
from nakama_client.protocol.retry import retry_after

_log = logging.getLogger("nakama_client.http")


class HttpClient:
    """Sends requests and returns whole replies; knows nothing of what they mean.

    It follows no redirects, keeps no cookies and repeats nothing.

    Args:
        owner: What is closed when this is, for the text of `ClientClosed`.
        base_url: What every target begins with.
        timeout: Seconds for one request, unless the request has its own.
        connect_timeout: Seconds for a new connection.
        max_connections: How many requests may be under way at once; others wait for their turn.
    """

    def __init__(
        self,
        owner: str,
        *,
        base_url: str = "",
        timeout: float,
        connect_timeout: float | None = None,
        max_connections: int = 100,
    ) -> None:
        self._owner = owner
        self._base_url = str(URL(base_url)).rstrip("/")
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._max_connections = max_connections
        self._http: aiohttp.ClientSession | None = None
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

        Raises:
            ClientClosed: `close` was called.
            ConnectionFailed: There was no reply.
            TimeoutExceeded: There was no complete reply in time.
        """
        usual = self._timeout if timeout is None else timeout
        seconds = min(usual, time_left)
        started = time.perf_counter()
        try:
            async with self._session().request(
                method,
                URL(self._base_url + target, encoded=encoded),
                data=body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(seconds, sock_connect=self._connect_timeout),
                allow_redirects=False,
            ) as response:
                reply = Reply(response.status, await response.read(), _retry_after(response))
        except TimeoutError as error:
            is_unsent = isinstance(error, aiohttp.ConnectionTimeoutError)
            what = "connection" if is_unsent else "answer"
            limit = (self._connect_timeout or seconds) if is_unsent else seconds
            raise TimeoutExceeded(
                f"no {what} within {round(limit, 3):g} s: {method} {name}",
                nothing_sent=is_unsent,
            ) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if self._closed:
                raise ClientClosed(f"the {self._owner} was closed during the call") from error
            problem = str(error) or type(error).__name__
            where = f"{name} at {self._base_url}" if self._base_url else name
            raise ConnectionFailed(
                f"{method} {where}: {problem}",
                nothing_sent=isinstance(error, aiohttp.ClientConnectorError),
            ) from error
        took = (time.perf_counter() - started) * 1000
        _log.debug("%s %s: %d in %.1f ms", method, name, reply.status, took)
        return reply

    async def close(self) -> None:
        """Close all connections; calling it again does nothing."""
        self._closed = True
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ClientClosed(f"the {self._owner} is closed")
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
