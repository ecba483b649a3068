"""The login that the command line keeps between two commands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen

from nakama_client.cursors import FileCursorStore
from nakama_client.errors import ArgumentError
from nakama_client.session import Session

# The store writes a file as a whole, readable for the user alone: what a session needs, too.
_NAME = "session"


@frozen
class SavedLogin:
    """Where the user is logged in, and their session."""

    url: str
    server_key: str
    session: Session


class _LoginFile(msgspec.Struct):
    url: str
    server_key: str
    session: dict[str, Any]


async def save(folder: Path, login: SavedLogin) -> None:
    """Keep a login; only the user may read the file.

    Raises:
        OSError: The file can't be written.
    """
    saved = _LoginFile(login.url, login.server_key, login.session.to_dict())
    await FileCursorStore(folder).save(_NAME, msgspec.json.encode(saved).decode())


async def remove(folder: Path) -> None:
    """Forget the login, if there is one.

    Raises:
        OSError: The file can't be removed.
    """
    await FileCursorStore(folder).delete(_NAME)


def load(folder: Path) -> SavedLogin | None:
    """The login that was kept last; None when there is none.

    Raises:
        ArgumentError: The file is damaged.
        OSError: The file can't be read.
    """
    text = asyncio.run(FileCursorStore(folder).load(_NAME))
    if text is None:
        return None
    try:
        saved = msgspec.json.decode(text, type=_LoginFile)
        session = Session.from_dict(saved.session)
    except (msgspec.DecodeError, ArgumentError):
        path = folder / f"{_NAME}.json"
        raise ArgumentError(f"{path} holds no login; `nakama-client login` replaces it") from None
    return SavedLogin(saved.url, saved.server_key, session)
