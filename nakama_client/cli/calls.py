"""`rpc` and `register-push`."""

from __future__ import annotations

import sys

import click

from nakama_client.cli.output import line
from nakama_client.cli.running import Settings, logged_in, runs
from nakama_client.cli.saved_login import SavedLogin
from nakama_client.push.registration import DeviceType


@click.command()
@click.argument("id")
@click.argument("payload", required=False)
@click.pass_obj
def rpc(settings: Settings, id: str, payload: str | None) -> None:  # noqa: A002 - Nakama's name
    """Call a function of the server.

    Its answer is printed. The PAYLOAD is sent as it is; `-` reads it from stdin.
    """
    if payload == "-":
        payload = sys.stdin.read()
    _rpc(settings, settings.login(), id, payload)


@runs
async def _rpc(settings: Settings, login: SavedLogin, name: str, payload: str | None) -> None:
    async with logged_in(settings, login) as (client, session):
        reply = await client.rpc(session, name, payload)
    click.echo(reply.payload)


_TYPES = {each.name.lower().replace("_", "-"): each for each in DeviceType}


@click.command("register-push")
@click.argument("token")
@click.option(
    "--type",
    "kind",
    type=click.Choice(list(_TYPES)),
    default="android",
    show_default=True,
    help="What kind of device it is.",
)
@click.pass_obj
def register_push(settings: Settings, token: str, kind: str) -> None:
    """Register a device for push messages.

    TOKEN is what FCM or APNs gave to the device. It calls the server's function register_push.
    """
    _register_push(settings, settings.login(), token, _TYPES[kind])


@runs
async def _register_push(
    settings: Settings, login: SavedLogin, token: str, kind: DeviceType
) -> None:
    async with logged_in(settings, login) as (client, session):
        found = await client.register_push(session, device_type=kind, identifier=token)
    player = f", OneSignal's id is {found.player_id}" if found.player_id else ""
    line(f"registered{player}")
