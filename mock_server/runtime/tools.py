"""Runtime functions that know no feature: JSON, uuids, HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import aiohttp

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import BadArgument, ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError


class ToolFunctions(RuntimeFunctions):
    """`nk.json_*`, `nk.uuid_*`, `nk.http_request`."""

    def json_decode(self, text: Any = None) -> Any:
        """Decode JSON text.

        Raises:
            ModuleError: It is missing or no JSON.
        """
        if not isinstance(text, str) or not text:
            raise BadArgument(1, "json_decode", "expects JSON string")
        try:
            return gojson.unmarshal(text)
        except DecodeError as error:
            raise ModuleError(f"not a valid JSON string: {error}") from None

    def json_encode(self, value: Any = None) -> str:
        """Encode a value as JSON text, as Go does."""
        return gojson.marshal(value)

    def uuid_v4(self) -> str:
        """A fresh random uuid."""
        return str(uuid.uuid4())

    async def http_request(
        self,
        url: Any = None,
        method: Any = None,
        headers: Any = None,
        body: Any = None,
        timeout: Any = None,
    ) -> tuple[int, dict[str, str], str]:
        """Make an HTTP request and return status, headers and body.

        Raises:
            ModuleError: Bad arguments, or no answer within the timeout (5 seconds by default).
        """
        given = Arguments("http_request", url, method, headers, body, timeout)
        address = given.text(1)
        if not address:
            raise given.error(1, "expects URL string")
        verb = given.text(2).upper()
        if verb not in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            raise given.error(
                2, "expects method to be one of: 'get', 'post', 'put', 'patch', 'delete', 'head'"
            )
        table = given.optional_table(3) or {}
        if isinstance(table, list):
            raise given.error(3, "expects headers to be a table of strings")
        limit = aiohttp.ClientTimeout(given.optional_integer(5, 5000) / 1000)
        return await self._request(address, verb, table, given.optional_text(4), limit)

    async def _request(
        self,
        url: str,
        method: str,
        headers: dict[Any, Any],
        body: str,
        timeout: aiohttp.ClientTimeout,
    ) -> tuple[int, dict[str, str], str]:
        # Go's client sends these three by itself, and no others.
        sent = {"User-Agent": "Go-http-client/1.1", **{str(k): str(v) for k, v in headers.items()}}
        sent.setdefault("Accept-Encoding", "gzip")
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=timeout, skip_auto_headers=("Accept", "Content-Type")
                ) as session,
                session.request(
                    method, url, data=body.encode() if body else None, headers=sent
                ) as answer,
            ):
                text = await answer.text()
                return answer.status, dict(answer.headers), text
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            raise ModuleError(f"HTTP request error: {error}") from error
