"""Where a notification feed keeps its position between two lives of the program."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Protocol
from urllib.parse import quote


class CursorStore(Protocol):
    """Keeps a short text for each player; write your own for a database or the game's save file.

    The text is the feed's business: a position in the list, and the ids of what was handled behind
    it. It has a few hundred bytes, up to about 100 kB for a player who gets hundreds of
    notifications a minute. Whatever a method raises comes out of the feed's loop.
    """

    async def load(self, key: str) -> str | None:
        """The text that was saved last; None when there is none.

        Args:
            key: The player's user id.
        """

    async def save(self, key: str, text: str) -> None:
        """Keep a text in the place of the one before, or raise and keep that one.

        It should be safe when this returns. The feed saves after each notification.
        """

    async def delete(self, key: str) -> None:
        """Forget the player; nothing happens when there is no text."""


class MemoryCursorStore:
    """Keeps positions as long as the program runs: feeds that share it go on where one ended."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    async def load(self, key: str) -> str | None:
        """The text that was saved last; None when there is none."""
        return self._texts.get(key)

    async def save(self, key: str, text: str) -> None:
        """Keep a text in the place of the one before."""
        self._texts[key] = text

    async def delete(self, key: str) -> None:
        """Forget the player."""
        self._texts.pop(key, None)


class FileCursorStore:
    """Keeps each player's position in a file of its own.

    A file is replaced as a whole and only after the new one is on the disk, so that there is
    always a complete one, also when the program is killed or the power fails. Any number of
    players share a directory; one player is for one program at a time.

    Args:
        directory: Where the files are; it is made when it does not exist.
    """

    def __init__(self, directory: str | Path) -> None:
        self._directory = Path(directory)

    async def load(self, key: str) -> str | None:
        """The text that was saved last; None when there is none.

        Raises:
            OSError: The file can't be read.
        """
        return await asyncio.to_thread(_read, self._path(key))

    async def save(self, key: str, text: str) -> None:
        """Keep a text in the place of the one before.

        Raises:
            OSError: It can't be written; the one before is still there.
        """
        writing = asyncio.ensure_future(asyncio.to_thread(_replace, self._path(key), text))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # The thread goes on. A later save must not be overtaken by it.
            await asyncio.gather(writing, return_exceptions=True)
            raise

    async def delete(self, key: str) -> None:
        """Forget the player.

        Raises:
            OSError: The file can't be removed.
        """
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._directory / f"{quote(key, safe='')}.json"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Put the new name on the disk, too; Windows does not let directories be opened for that."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
