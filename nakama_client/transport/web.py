"""JSON to any web address over aiohttp, for what is not Nakama: a phone's requests."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp

from nakama_client.errors import ClientClosed, ConnectionFailed, TimeoutExceeded
from nakama_client.protocol.replies import Reply


class Web:
    """Sends requests; follows no redirects and keeps no cookies.

    Args:
        timeout: Seconds for one request.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._http: aiohttp.ClientSession | None = None
        self._closed = False

    async def send(
        self, method: str, url: str, body: bytes, *, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send JSON and return the whole answer, whatever its status.

        Raises:
            ClientClosed: `close` was called.
            ConnectionFailed: There was no answer.
            TimeoutExceeded: There was no complete answer in time.
        """
        try:
            async with self._session().request(
                method,
                url,
                data=body,
                headers={"Content-Type": "application/json", **(headers or {})},
                allow_redirects=False,
            ) as response:
                return Reply(response.status, await response.read())
        except TimeoutError as error:
            raise TimeoutExceeded(
                f"no answer within {self._timeout:g} s: {method} {url}"
            ) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            problem = str(error) or type(error).__name__
            raise ConnectionFailed(f"{method} {url}: {problem}") from error

    async def close(self) -> None:
        """Close all connections; calling it again does nothing."""
        self._closed = True
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ClientClosed("the device was closed")
        if self._http is None:
            self._http = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(self._timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "nakama-client-python"},
            )
        return self._http
