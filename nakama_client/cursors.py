"""Where a notification feed keeps its position while the program does not run."""

from __future__ import annotations

import asyncio
import glob
import inspect
import os
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar, TypeVarTuple
from urllib.parse import quote

from nakama_client.errors import ArgumentError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Windows has devices of these names, whatever their ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)

# A draft that is so many seconds old belongs to a program that was killed while it wrote.
_DRAFT_SUFFIX = ".new"
_DRAFT_SECONDS = 3600.0


class CursorStore(Protocol):
    """Keeps a short text for each player; write your own for a database or the game's save file.

    The feed writes the text: a position in the list, and the ids of what was acknowledged behind
    it. It has a few hundred bytes, up to about 100 kB for a player who gets hundreds of
    notifications a minute. Whatever a method raises, the feed's loop raises.
    """

    async def load(self, key: str) -> str | None:
        """The text that was saved last; None when there is none.

        Args:
            key: The player's user id.
        """

    async def save(self, key: str, text: str) -> None:
        """Replace the text, or raise and keep the one before.

        When this returns, the text should survive a crash. The feed saves after what was handled,
        at most ten times a second or once for 250 notifications.
        """

    async def delete(self, key: str) -> None:
        """Delete the text; does nothing when there is none."""


class StoredPosition:
    """One player's position in a store, which may be a class of the user's own.

    Args:
        store: The store.
        key: The player's user id.
    """

    def __init__(self, store: CursorStore, key: str) -> None:
        self._store = store
        self._key = key

    async def load(self) -> str | None:
        """The text that was saved last.

        Raises:
            ArgumentError: The store's `load` is no async function, or gives something else.
        """
        text: object = await _answer("load", self._store.load(self._key))
        if text is None or isinstance(text, str):
            return text
        kind = type(text).__name__
        raise ArgumentError(f"the store's load must return a str or None, not {kind}")

    async def save(self, text: str) -> None:
        """Replace the text.

        Raises:
            ArgumentError: The store's `save` is no async function.
        """
        await _answer("save", self._store.save(self._key, text))

    async def delete(self) -> None:
        """Delete the text.

        Raises:
            ArgumentError: The store's `delete` is no async function.
        """
        await _answer("delete", self._store.delete(self._key))


async def _answer(name: str, called: Awaitable[T]) -> T:
    if not inspect.isawaitable(called):
        raise ArgumentError(f"the store's {name} must be an async function (`async def {name}`)")
    return await called


class MemoryCursorStore:
    """Keeps positions while the program runs: a feed continues where the last one ended."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    async def load(self, key: str) -> str | None:
        """The text that was saved last; None when there is none."""
        return self._texts.get(key)

    async def save(self, key: str, text: str) -> None:
        """Replace the text."""
        self._texts[key] = text

    async def delete(self, key: str) -> None:
        """Delete the text."""
        self._texts.pop(key, None)


class FileCursorStore:
    """Keeps each player's position in a file of its own.

    A file is replaced as a whole and only after the new one is on the disk, so that there is
    always a complete one, also when the program is killed or the power fails. Only the user who
    runs the program can read it. Any number of players share a directory. Two feeds or programs for
    one player replace each other's positions, but never damage them.

    Args:
        directory: Where the files are; `save` creates it.

    Raises:
        ArgumentError: The directory is neither a text nor a path.
    """

    def __init__(self, directory: str | Path) -> None:
        try:
            self._directory = Path(directory)
        except TypeError:
            kind = type(directory).__name__
            raise ArgumentError(f"the directory must be a str or a Path, not {kind}") from None

    async def load(self, key: str) -> str | None:
        """The text that was saved last; None when there is none.

        Raises:
            OSError: The file can't be read.
            ArgumentError: The file is damaged.
        """
        return await _in_thread(_read, self._path(key))

    async def save(self, key: str, text: str) -> None:
        """Replace the text.

        Raises:
            OSError: The file can't be written; it holds the text before.
        """
        await _in_thread(_replace, self._path(key), text)

    async def delete(self, key: str) -> None:
        """Delete the text.

        Raises:
            OSError: The file can't be removed.
        """
        await _in_thread(_remove, self._path(key))

    def _path(self, key: str) -> Path:
        name = quote(key, safe="")
        if _DEVICE.fullmatch(name):
            name = f"%{ord(name[0]):02X}{name[1:]}"
        return self._directory / f"{name}.json"


async def _in_thread(function: Callable[[*Ts], T], *arguments: *Ts) -> T:
    """Call a function in a thread, and wait until it has ended, also when cancelled.

    The thread can't be stopped, and what comes later must not be overtaken by it.
    """
    running = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        await asyncio.wait([running])
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        await asyncio.gather(running, return_exceptions=True)
        raise
    return running.result()


def _read(path: Path) -> str | None:
    _remove_old_drafts(path)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ArgumentError(f"{path} is damaged, the feed's forget() helps: {error}") from None


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: another feed or program may be writing for the same player. The file is
    # only for the user who runs the program.
    descriptor, name = tempfile.mkstemp(_DRAFT_SUFFIX, f"{path.stem}.", path.parent)
    draft = Path(name)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is a descriptor
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _remove_old_drafts(path: Path) -> None:
    """Remove the drafts of programs that were killed while they wrote."""
    now = time.time()
    for draft in path.parent.glob(f"{glob.escape(path.stem)}.*{_DRAFT_SUFFIX}"):
        with suppress(OSError):  # another program may be removing it, too
            if now - draft.stat().st_mtime > _DRAFT_SECONDS:
                draft.unlink()


def _sync_directory(directory: Path) -> None:
    """Write the directory to the disk, too; Windows does not let programs open one for that."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
