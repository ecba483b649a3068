"""How a command runs: its settings, its client, and the exit code of what went wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import update_wrapper
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from attrs import evolve, frozen

from nakama_client.cli import saved_login
from nakama_client.cli.output import note, plain
from nakama_client.cli.saved_login import SavedLogin
from nakama_client.client import Client
from nakama_client.errors import (
    ArgumentError,
    ConnectionFailed,
    NakamaError,
    SessionExpired,
    TimeoutExceeded,
    Unauthenticated,
)
from nakama_client.session import Session

P = ParamSpec("P")
T = TypeVar("T")

DEFAULT_URL = "http://127.0.0.1:7350"
DEFAULT_KEY = "defaultkey"

REFUSED = 1
USAGE = 2
NOT_LOGGED_IN = 3
NOT_REACHED = 4
INTERRUPTED = 130


class Failure(click.ClickException):
    """Ends the command with a line on stderr and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(plain(message))
        vars(self)["exit_code"] = exit_code  # click has it on the class


@frozen
class Settings:
    """The options before the command's name.

    Attributes:
        folder: Where the login and the positions of feeds are kept.
        url: The server; None for the server of the login.
        server_key: Its key; None for the key of the login.
    """

    folder: Path
    url: str | None
    server_key: str | None

    def login(self) -> SavedLogin:
        """The login that was kept.

        Raises:
            Failure: There is none.
        """
        try:
            found = saved_login.load(self.folder)
        except (ArgumentError, OSError) as error:
            raise Failure(str(error), NOT_LOGGED_IN) from None
        if found is None:
            raise Failure("nobody is logged in; see `nakama-client login --help`", NOT_LOGGED_IN)
        url = self.url or found.url
        return evolve(found, url=url, server_key=self.server_key or found.server_key)


@asynccontextmanager
async def logged_in(settings: Settings, login: SavedLogin) -> AsyncIterator[tuple[Client, Session]]:
    """A client and the session that was kept; new tokens are kept, too."""
    async with Client(login.url, server_key=login.server_key) as client:

        @client.on_session_refresh
        async def keep(_: Session) -> None:
            await saved_login.save(settings.folder, login)

        yield client, login.session


def runs(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, T]:
    """Run a command's coroutine; errors become lines and exit codes."""

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return asyncio.run(function(*args, **kwargs))
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except NakamaError as error:
            raise Failure(_explained(error), _exit_code(error)) from None
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # click ends quietly
                raise
            raise Failure(str(error), REFUSED) from None

    return update_wrapper(run, function)


def ask(question: Callable[[], T], *, instead: str) -> T:
    """Ask the user something; without an answer the command ends.

    Args:
        question: Asks with click.
        instead: What to do where nobody answers, as in a script.

    Raises:
        Failure: The input has ended.
    """
    try:
        return question()
    except click.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
        if isinstance(error.__context__, EOFError):
            click.echo(err=True)  # ends the question's line
            raise Failure(f"nobody answers; {instead}", USAGE) from None
        raise


def tell(error: Exception) -> None:
    """A note about an error that ends nothing."""
    note(str(error))


def _exit_code(error: NakamaError) -> int:
    if isinstance(error, ArgumentError):
        return USAGE
    if isinstance(error, SessionExpired):
        return NOT_LOGGED_IN
    if isinstance(error, ConnectionFailed | TimeoutExceeded):
        return NOT_REACHED
    return REFUSED


def _explained(error: NakamaError) -> str:
    if isinstance(error, SessionExpired):
        return f"{error}; log in again with `nakama-client login`"
    if isinstance(error, ConnectionFailed | TimeoutExceeded | Unauthenticated):
        return f"{error}; `nakama-client ping` says what is wrong"
    return str(error)
