"""The options of commands that ask the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def operator_options(command: F) -> F:
    """The options that name the console and an operator; the command takes three arguments."""
    for option in (
        click.option(
            "--console-password",
            envvar="NAKAMA_CONSOLE_PASSWORD",
            metavar="TEXT",
            default="password",
            help="The operator's password; by default Nakama's. [env: NAKAMA_CONSOLE_PASSWORD]",
        ),
        click.option(
            "--console-username",
            envvar="NAKAMA_CONSOLE_USERNAME",
            metavar="NAME",
            default="admin",
            help="An operator of the console; by default admin. [env: NAKAMA_CONSOLE_USERNAME]",
        ),
        click.option(
            "--console-url",
            envvar="NAKAMA_CONSOLE_URL",
            metavar="URL",
            help="The console; by default port 7351 of the server. [env: NAKAMA_CONSOLE_URL]",
        ),
    ):
        command = option(command)
    return command
