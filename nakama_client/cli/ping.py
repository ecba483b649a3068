"""`ping`: what is wrong between here and a server, one thing after another."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import secrets
import socket
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import click
from attrs import frozen

from nakama_client.cli import saved_login
from nakama_client.cli.console import operator_options
from nakama_client.cli.output import line
from nakama_client.cli.running import (
    DEFAULT_KEY,
    DEFAULT_URL,
    NOT_REACHED,
    REFUSED,
    Failure,
    Settings,
    runs,
)
from nakama_client.client import Client
from nakama_client.config import Endpoint
from nakama_client.console import ConsoleOperator, open_console
from nakama_client.errors import ArgumentError, NakamaError, NotFound, Unauthenticated

_TIMEOUT = 10.0

_MAJOR_VERSION = re.compile(r"\d+\.")
_SPOKEN = "3."
_NO_ACCOUNT = "User account not found"  # Nakama's words; another server has others


@frozen
class _PingTarget:
    """The server that is checked."""

    endpoint: Endpoint
    server_key: str
    operator: ConsoleOperator

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint.http_url).hostname or ""

    @property
    def is_tls(self) -> bool:
        return self.endpoint.http_url.startswith("https:")

    @property
    def port(self) -> int:
        return urlsplit(self.endpoint.http_url).port or (443 if self.is_tls else 80)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine: there the console's default password is no secret."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class _Wrong(Exception):
    """A check has found what is wrong, and what to do."""


@click.command()
@operator_options
@click.pass_obj
def ping(
    settings: Settings,
    console_url: str | None,
    console_username: str,
    console_password: str,
) -> None:
    """Check DNS, port, TLS, key and version.

    It stops at what is wrong, and says what to do.

    The server tells its version to an operator of the console only: of a server on this machine
    the console is asked, of others when --console-url is given. It needs no login. Nothing is
    created on the server.
    """
    url, key = settings.url, settings.server_key
    if url is None or key is None:
        try:
            saved = saved_login.load(settings.folder)
        except (ArgumentError, OSError):
            saved = None
        url = url or (saved.url if saved else DEFAULT_URL)
        key = key or (saved.server_key if saved else DEFAULT_KEY)
    _ping(url, key, ConsoleOperator(console_url, console_username, console_password))


@runs
async def _ping(url: str, key: str, operator: ConsoleOperator) -> None:
    target = _PingTarget(Endpoint(url), key, operator)
    checks: list[tuple[str, Callable[[_PingTarget], Awaitable[str]], int]] = [
        ("DNS", _resolve, NOT_REACHED),
        ("port", _connect, NOT_REACHED),
        ("TLS", _shake_hands, NOT_REACHED),
        ("key", _try_key, REFUSED),
        ("version", _ask_version, REFUSED),
    ]
    for name, check, exit_code in checks:
        try:
            async with asyncio.timeout(_TIMEOUT):
                found = await check(target)
        except TimeoutError:
            raise Failure(f"{name}: nothing within {_TIMEOUT:g} s", exit_code) from None
        except _Wrong as error:
            raise Failure(f"{name}: {error}", exit_code) from None
        line(f"{name:<8} {found}")


async def _resolve(target: _PingTarget) -> str:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _Wrong(f"no address for {target.host}: {error.strerror or error}") from None
    return f"{target.host} is " + ", ".join(dict.fromkeys(str(each[4][0]) for each in found))


async def _connect(target: _PingTarget) -> str:
    try:
        _, writer = await asyncio.open_connection(target.host, target.port)
    except OSError as error:
        reason = error.strerror or error
        raise _Wrong(
            f"no connection to port {target.port} ({reason}); is the server running, and is "
            "this its port? Nakama's is 7350"
        ) from None
    await _close(writer)
    return f"{target.port} accepts connections"


async def _shake_hands(target: _PingTarget) -> str:
    if not target.is_tls:
        return "none: the address begins with http://"
    try:
        _, writer = await asyncio.open_connection(
            target.host, target.port, ssl=ssl.create_default_context()
        )
    except ssl.SSLCertVerificationError as error:
        raise _Wrong(f"the certificate does not count: {error.verify_message}") from None
    except (ssl.SSLError, ConnectionError) as error:
        raise _Wrong(f"no handshake ({error}); does the server speak TLS? try http://") from None
    version = writer.get_extra_info("ssl_object").version()
    await _close(writer)
    return f"{version}, the certificate counts"


async def _try_key(target: _PingTarget) -> str:
    """Log in with an id that no account has: the server checks the key before that."""
    async with Client(target.endpoint, server_key=target.server_key, retry=None) as client:
        try:
            await client.authenticate_device(f"ping-{secrets.token_hex(16)}", create=False)
        except NotFound as error:
            if error.message.startswith(_NO_ACCOUNT):
                return "counts"
            raise _Wrong(
                f"this is not where players call Nakama ({error}); its port is 7350, and 7351 is "
                "the console's"
            ) from None
        except Unauthenticated:
            raise _Wrong("the server does not accept it; see its socket.server_key") from None
        except NakamaError as error:
            hint = "" if target.is_tls else "; if the server speaks TLS, write https://"
            raise _Wrong(f"this does not answer as Nakama does: {error}{hint}") from None
    raise _Wrong("the server knows an account with a random id")


async def _ask_version(target: _PingTarget) -> str:
    is_named = target.operator.url is not None
    if not is_named and not target.is_local:
        return "not asked for; --console-url names the console, which tells it"
    try:
        async with open_console(target.operator, target.endpoint.http_url) as console:
            version = await console.server_version()
    except NotFound:
        return "the console does not tell"
    except NakamaError as error:
        if not is_named:
            return f"not known; --console-url names the console, which tells it ({error})"
        raise _Wrong(f"the console: {error}") from None
    if _MAJOR_VERSION.match(version) is None:
        return version or "the console does not tell"
    if not version.startswith(_SPOKEN):
        raise _Wrong(f"the server is Nakama {version}, and this client is made for Nakama 3")
    return f"Nakama {version}"


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except (OSError, ssl.SSLError):
        return
