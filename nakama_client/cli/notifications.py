"""`notifications list`, `tail` and `delete`."""

from __future__ import annotations

import click

from nakama_client.cli.output import compact, json_line, line, moment, note, progress, table
from nakama_client.cli.running import Settings, ask, logged_in, runs, tell
from nakama_client.cli.saved_login import SavedLogin
from nakama_client.cursors import FileCursorStore
from nakama_client.disconnect import DisconnectReason
from nakama_client.errors import InvalidJson
from nakama_client.features.notifications import Notification


@click.group()
def notifications() -> None:
    """List, follow and delete your notifications."""


@notifications.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each.")
@click.pass_obj
def list_all(settings: Settings, as_json: bool) -> None:
    """List the stored notifications, the oldest first."""
    _list(settings, settings.login(), as_json)


@runs
async def _list(settings: Settings, login: SavedLogin, as_json: bool) -> None:
    async with logged_in(settings, login) as (client, session):
        with progress("listing") as show:
            found = [each async for each in client.iter_notifications(session, on_progress=show)]
    if as_json:
        for each in found:
            _print_json(each)
        return
    table(
        ("sent", "code", "subject", "content", "id"),
        [
            (moment(each.create_time), str(each.code), each.subject, _content(each), each.id)
            for each in found
        ],
    )


@notifications.command()
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each.")
@click.option("--all", "from_start", is_flag=True, help="Begin with the oldest stored one.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many.")
@click.pass_obj
def tail(settings: Settings, as_json: bool, from_start: bool, count: int | None) -> None:
    """Print each notification once, as it comes, until you interrupt it.

    It goes on where the last `tail` ended, prints what was stored since, and goes on through lost
    connections. A JSON line is flushed before its notification counts as seen.
    """
    _tail(settings, settings.login(), as_json, from_start, count)


@runs
async def _tail(
    settings: Settings, login: SavedLogin, as_json: bool, from_start: bool, count: int | None
) -> None:
    seen = 0
    async with logged_in(settings, login) as (client, session):
        store = FileCursorStore(settings.folder / "cursors")
        feed = client.notifications(session, store=store, on_progress=_tell_of_catching_up)
        if from_start:
            await feed.forget()
        feed.socket.on_error(tell)
        feed.socket.on_disconnect(_tell_of_the_end)
        async with feed:
            note(f"notifications of {session.username}; interrupt to end")
            async for each in feed:
                if as_json:
                    _print_json(each)
                else:
                    line(f"{moment(each.create_time)}  {each.subject}  {_content(each)}")
                seen += 1
                if seen == count:
                    break


def _tell_of_catching_up(listed: int, total: int | None) -> None:
    if listed:
        note(f"catching up: {listed} so far" if total is None else f"caught up with {listed}")


def _tell_of_the_end(reason: DisconnectReason) -> None:
    if reason.will_reconnect:
        note(f"the connection ended ({reason}); connecting again")


@notifications.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Delete all that are stored.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting all.")
@click.pass_obj
def delete(settings: Settings, ids: tuple[str, ...], everything: bool, yes: bool) -> None:
    """Delete the notifications with these IDS, or all."""
    if bool(ids) == everything:
        raise click.UsageError("give ids, or --all")
    login = settings.login()
    if everything and not yes:
        question = f"Delete all notifications of {login.session.username}?"
        ask(lambda: click.confirm(question, abort=True, err=True), instead="give --yes")
    _delete(settings, login, ids, everything)


@runs
async def _delete(
    settings: Settings, login: SavedLogin, ids: tuple[str, ...], everything: bool
) -> None:
    async with logged_in(settings, login) as (client, session):
        chosen = list(ids)
        if everything:
            with progress("listing") as show:
                listed = client.iter_notifications(session, on_progress=show)
                chosen = [each.id async for each in listed]
        with progress("deleting") as show:
            await client.delete_notifications(session, chosen, on_progress=show)
    line(f"{len(chosen)} deleted")


def _content(notification: Notification) -> str:
    try:
        return compact(notification.content) if notification.content else ""
    except InvalidJson as error:
        return error.raw


def _print_json(notification: Notification) -> None:
    try:
        bool(notification.content)
    except InvalidJson as error:
        note(f"notification {notification.id}: {error}")
        return
    json_line(notification)
