"""Prints for the commands: results on stdout, progress and notes on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import attrs
import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from nakama_client.protocol.paging import Progress


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A bar on stderr while something long goes on; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield show


def plain(text: str) -> str:
    """Text of a stranger on one line: what could steer a terminal is escaped."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def json_line(value: object) -> None:
    """Print one JSON value on a line, and flush, so that a pipe has it at once."""
    click.echo(msgspec.json.encode(_jsonable(value)).decode())
    sys.stdout.flush()


def line(text: str) -> None:
    """Print a line to stdout, and flush."""
    click.echo(plain(text))
    sys.stdout.flush()


def note(text: str) -> None:
    """Tell the user something that is no result."""
    click.echo(plain(text), err=True)


def moment(time: datetime | None) -> str:
    """A time as a person reads it, in their zone."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M:%S}"


def compact(value: object) -> str:
    """A JSON value on one line."""
    return msgspec.json.encode(value).decode()


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table; in a pipe it is lines with a tab between the columns, without titles."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(map(plain, row)))
        return
    shown = Table(box=None, pad_edge=False)
    for title in titles:
        shown.add_column(title, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(plain(each)) for each in row))
    console.print(shown)


def _jsonable(value: object) -> object:
    kind = type(value)
    if attrs.has(kind):
        return {each.name: _jsonable(getattr(value, each.name)) for each in attrs.fields(kind)}
    if isinstance(value, Mapping):
        return {name: _jsonable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(each) for each in value]
    return value


def fields(pairs: Mapping[str, Any]) -> None:
    """Print names and values, without those that are empty."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        if value:
            line(f"{name:<{width}}  {value}")
