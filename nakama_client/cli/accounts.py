"""`login`, `logout` and `account`."""

from __future__ import annotations

import getpass
import warnings

import click
from attrs import asdict

from nakama_client.cli import saved_login
from nakama_client.cli.output import compact, fields, json_line, line, moment
from nakama_client.cli.running import DEFAULT_KEY, DEFAULT_URL, Settings, ask, logged_in, runs
from nakama_client.cli.saved_login import SavedLogin
from nakama_client.client import Client
from nakama_client.errors import InvalidArgument, SessionExpired, Unauthenticated
from nakama_client.session import Session


@click.command()
@click.option("--device", metavar="ID", help="Log in with a device id of 10 to 128 characters.")
@click.option("--custom", metavar="ID", help="Log in with an id of another system.")
@click.option("--email", metavar="ADDRESS", help="Log in with an address and a password.")
@click.option("--username", metavar="NAME", help="The name of an account that is created.")
@click.option("--create/--no-create", default=True, help="Whether to create a missing account.")
@click.pass_obj
def login(
    settings: Settings,
    device: str | None,
    custom: str | None,
    email: str | None,
    username: str | None,
    create: bool,
) -> None:
    """Log in, and keep the session for the next commands.

    It is kept in the configuration folder, in a file that only you can read. The password of an
    address is asked for, or comes from the environment variable NAKAMA_PASSWORD.
    """
    if sum(each is not None for each in (device, custom, email)) != 1:
        raise click.UsageError("give one of --device, --custom and --email")
    password = None if email is None else _password()
    _login(settings, (device, custom, email), password, username, create)


def _password() -> str:
    option = click.Option(["--password"], envvar="NAKAMA_PASSWORD")
    given = option.value_from_envvar(click.get_current_context())
    if given:
        return str(given)
    with warnings.catch_warnings():
        # Without a terminal a script's stdin is read, and there is no echo to worry about.
        warnings.simplefilter("ignore", getpass.GetPassWarning)
        return ask(
            lambda: str(click.prompt("Password", hide_input=True, err=True)),
            instead="set NAKAMA_PASSWORD",
        )


@runs
async def _login(
    settings: Settings,
    names: tuple[str | None, str | None, str | None],
    password: str | None,
    username: str | None,
    create: bool,
) -> None:
    url, key = settings.url or DEFAULT_URL, settings.server_key or DEFAULT_KEY
    async with Client(url, server_key=key) as client:
        session = await _authenticate(client, names, password, username, create)
        await saved_login.save(settings.folder, SavedLogin(url, key, session))
    created = ", a new account" if session.created else ""
    line(f"logged in to {url} as {session.username} ({session.user_id}){created}")


async def _authenticate(
    client: Client,
    names: tuple[str | None, str | None, str | None],
    password: str | None,
    username: str | None,
    create: bool,
) -> Session:
    device, custom, email = names
    if device is not None:
        return await client.authenticate_device(device, username=username, create=create)
    if custom is not None:
        return await client.authenticate_custom(custom, username=username, create=create)
    return await client.authenticate_email(email, password or "", username=username, create=create)


@click.command()
@click.pass_obj
def logout(settings: Settings) -> None:
    """Log out: end the session on the server, and remove it here.

    It is removed here also when the server is not reached.
    """
    _logout(settings, settings.login())


@runs
async def _logout(settings: Settings, login: SavedLogin) -> None:
    ended = "logged out"
    try:
        async with logged_in(settings, login) as (client, session):
            await client.logout(session)
    except (InvalidArgument, SessionExpired, Unauthenticated):
        ended = "the session was over; it is removed"
    finally:
        # After the client has closed: by then nothing saves new tokens any more.
        await saved_login.remove(settings.folder)
    line(f"{ended}: {login.session.username} at {login.url}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def account(settings: Settings, as_json: bool) -> None:
    """Show your account."""
    _account(settings, settings.login(), as_json)


@runs
async def _account(settings: Settings, login: SavedLogin, as_json: bool) -> None:
    async with logged_in(settings, login) as (client, session):
        found = await client.get_account(session)
    if as_json:
        # A device id is what its player logs in with, as a password.
        json_line({**asdict(found, recurse=False), "devices": len(found.devices)})
        return
    user = found.user
    fields(
        {
            "id": user.id,
            "username": user.username,
            "display name": user.display_name,
            "email": found.email,
            "custom id": found.custom_id,
            "devices": len(found.devices),
            "wallet": compact(found.wallet) if found.wallet else "",
            "metadata": compact(user.metadata) if user.metadata else "",
            "created": moment(user.create_time),
            "disabled": moment(found.disable_time),
        }
    )
