"""`send`: a notification through the console's API, for mocks and development servers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click
import msgspec

from nakama_client.cli.console import operator_options
from nakama_client.cli.output import line
from nakama_client.cli.running import NOT_REACHED, REFUSED, Failure, Settings, logged_in, runs
from nakama_client.cli.saved_login import SavedLogin
from nakama_client.console import ConsoleOperator, open_console
from nakama_client.errors import ConnectionFailed, TimeoutExceeded, Unauthenticated

_WHICH_CONSOLE = (
    "--console-url says which console is asked, --console-username and --console-password as whom"
)


@click.command()
@click.argument("subject")
@click.argument("content", default="{}")
@click.option("--to", metavar="USER", help="A user's id or name; by default you.")
@click.option(
    "--code",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="The notification's code.",
)
@click.option("--transient", is_flag=True, help="Do not store it; it only goes to open sockets.")
@operator_options
@click.pass_obj
def send(
    settings: Settings,
    subject: str,
    content: str,
    to: str | None,
    code: int,
    transient: bool,
    console_url: str | None,
    console_username: str,
    console_password: str,
) -> None:
    """Send a notification, as the server does.

    CONTENT is a JSON object. It goes through the console's API, with an operator's name and
    password: it is for mocks and development servers.
    """
    try:
        decoded = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise click.UsageError(f"CONTENT is no JSON object: {error}") from None
    operator = ConsoleOperator(console_url, console_username, console_password)
    _send(settings, settings.login(), operator, to, (subject, decoded, code), transient)


@runs
async def _send(
    settings: Settings,
    login: SavedLogin,
    operator: ConsoleOperator,
    to: str | None,
    message: tuple[str, dict[str, Any], int],
    transient: bool,
) -> None:
    user_id = login.session.user_id if to is None else await _user_id(settings, login, to)
    try:
        async with open_console(operator, login.url) as console:
            await console.send([user_id], *message, persistent=not transient)
    except (ConnectionFailed, TimeoutExceeded, Unauthenticated) as error:
        code = REFUSED if isinstance(error, Unauthenticated) else NOT_REACHED
        raise Failure(f"{error}; {_WHICH_CONSOLE}", code) from None
    line(f"sent to {user_id}")


async def _user_id(settings: Settings, login: SavedLogin, name: str) -> str:
    try:
        return str(UUID(name))
    except ValueError:
        pass
    async with logged_in(settings, login) as (client, session):
        found = await client.get_users(session, usernames=[name])
    if not found:
        raise Failure(f"no user is named {name}", REFUSED)
    return found[0].id
