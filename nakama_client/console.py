"""The console's API, as far as the command line and load tests need it.

https://heroiclabs.com/docs/nakama/getting-started/console/
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from attrs import frozen

from nakama_client.config import Endpoint
from nakama_client.protocol.codec import encode
from nakama_client.protocol.replies import Empty, read
from nakama_client.transport.http import HttpClient

M = TypeVar("M")

_TIMEOUT = 15.0
_PORT = 7351


@frozen(repr=False)
class ConsoleOperator:
    """The console's address, and the operator who logs in there.

    Attributes:
        url: The console's address; None for port 7351 of the server.
        username: An operator's name.
        password: Their password.
    """

    url: str | None
    username: str
    password: str


class _Login(msgspec.Struct):
    token: str = ""


class _Config(msgspec.Struct):
    server_version: str = ""


class ConsoleClient:
    """A console in which an operator is logged in."""

    def __init__(self, http: HttpClient, token: str) -> None:
        self._http = http
        self._token = token

    async def send(
        self,
        user_ids: Iterable[str],
        subject: str,
        content: dict[str, Any],
        code: int,
        *,
        persistent: bool,
    ) -> None:
        """Send a notification to users, as the system."""
        body = {
            "user_ids": list(user_ids),
            "subject": subject,
            "content": content,
            "code": code,
            "persistent": persistent,
        }
        await _call(self._http, "POST", "/v2/console/notification", body, Empty, self._token)

    async def server_version(self) -> str:
        """The version of the server, "" when the console does not tell it."""
        found = await _call(self._http, "GET", "/v2/console/config", None, _Config, self._token)
        return found.server_version


@asynccontextmanager
async def open_console(operator: ConsoleOperator, server_url: str) -> AsyncIterator[ConsoleClient]:
    """Log an operator in.

    Raises:
        Unauthenticated: The name or the password is wrong.
        ConnectionFailed: The console is not reached.
    """
    url = Endpoint(operator.url or default_url(server_url)).http_url
    http = HttpClient("console", base_url=url, timeout=_TIMEOUT)
    try:
        login = {"username": operator.username, "password": operator.password}
        found = await _call(
            http, "POST", "/v2/console/authenticate", login, _Login, operator.password
        )
        yield ConsoleClient(http, found.token)
    finally:
        await http.close()


def default_url(server_url: str) -> str:
    """Where Nakama's console is unless it is configured: port 7351 of the server's host."""
    split = urlsplit(server_url)
    host = split.hostname or ""
    return f"{split.scheme}://{f'[{host}]' if ':' in host else host}:{_PORT}"


async def _call(
    http: HttpClient,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    model: type[M],
    secret: str,
) -> M:
    is_login = path.endswith("/authenticate")
    reply = await http.request(
        method,
        path,
        None if body is None else encode(body),
        name=path,
        headers={} if is_login else {"Authorization": f"Bearer {secret}"},
        secrets=(secret,),
    )
    return read(reply, model).value
