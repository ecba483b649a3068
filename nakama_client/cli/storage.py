"""`storage get`, `put` and `list`."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from nakama_client.cli.output import compact, json_line, line, moment, progress, table
from nakama_client.cli.running import REFUSED, Failure, Settings, logged_in, runs
from nakama_client.cli.saved_login import SavedLogin
from nakama_client.features.storage import (
    ReadStorageObjectId,
    WriteStorageObject,
)

_SERVER = "server"

_owner = click.option(
    "--owner",
    metavar="ID",
    help="The user whose object it is, or `server` for the game's own; by default you.",
)


@click.group()
def storage() -> None:
    """Read and write objects in the storage."""


@storage.command("get")
@click.argument("collection")
@click.argument("key")
@_owner
@click.option("--json", "as_json", is_flag=True, help="Print the whole object, not only its value.")
@click.pass_obj
def get(settings: Settings, collection: str, key: str, owner: str | None, as_json: bool) -> None:
    """Print the value of the object KEY in COLLECTION."""
    _get(settings, settings.login(), collection, key, owner, as_json)


@runs
async def _get(
    settings: Settings,
    login: SavedLogin,
    collection: str,
    key: str,
    owner: str | None,
    as_json: bool,
) -> None:
    async with logged_in(settings, login) as (client, session):
        name = ReadStorageObjectId(collection, key, _owner_id(owner, session.user_id))
        found = await client.read_storage_objects(session, [name])
    if not found:
        raise Failure(f"no object {collection}/{key} that you may read", REFUSED)
    json_line(found[0] if as_json else found[0].value)


@storage.command("put")
@click.argument("collection")
@click.argument("key")
@click.argument("value")
@click.option("--version", help="Write only if the object has this version; `*` only if it is new.")
@click.pass_obj
def put(settings: Settings, collection: str, key: str, value: str, version: str | None) -> None:
    """Write the object KEY in COLLECTION.

    VALUE is a JSON object; `-` reads it from stdin.
    """
    text = sys.stdin.read() if value == "-" else value
    try:
        decoded = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise click.UsageError(f"VALUE is no JSON object: {error}") from None
    _put(settings, settings.login(), WriteStorageObject(collection, key, decoded, version))


@runs
async def _put(settings: Settings, login: SavedLogin, write: WriteStorageObject) -> None:
    async with logged_in(settings, login) as (client, session):
        (written,) = await client.write_storage_objects(session, [write])
    line(f"written, version {written.version}")


@storage.command("list")
@click.argument("collection")
@_owner
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each object.")
@click.pass_obj
def list_objects(settings: Settings, collection: str, owner: str | None, as_json: bool) -> None:
    """List the objects in COLLECTION that you may read."""
    _list(settings, settings.login(), collection, owner, as_json)


@runs
async def _list(
    settings: Settings, login: SavedLogin, collection: str, owner: str | None, as_json: bool
) -> None:
    async with logged_in(settings, login) as (client, session):
        with progress("listing") as show:
            found = client.iter_storage_objects(
                session,
                collection,
                user_id=_owner_id(owner, session.user_id),
                on_progress=show,
            )
            objects = [each async for each in found]
    if as_json:
        for each in objects:
            json_line(each)
        return
    rows = [(each.key, moment(each.update_time), compact(each.value)) for each in objects]
    table(("key", "changed", "value"), rows)


def _owner_id(owner: str | None, own: str) -> str | None:
    if owner is None:
        return own
    return None if owner == _SERVER else owner
