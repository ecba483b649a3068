"""`runtime.watch`: reloads the server modules when one of their files changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from mock_server.runtime.errors import ModuleLoadError

_log = logging.getLogger("mock_server.runtime")

_INTERVAL = 0.3
_FORMS = ("*.lua", "*.py", "*.js")


async def watch(folder: Path, reload: Callable[[], Awaitable[None]]) -> None:
    """Call `reload` whenever a module's file in `folder` was added, changed or removed.

    A reload that fails is logged with file and line; what was loaded before stays. Runs until it
    is cancelled.
    """
    before = _stamps(folder)
    _log.info("watching %s for changes of server modules", folder)
    while True:
        await asyncio.sleep(_INTERVAL)
        now = _stamps(folder)
        changed = {path for path, _ in before.items() ^ now.items()}
        before = now
        if changed:
            await _reload(sorted(path.name for path in changed), reload)


async def _reload(changed: list[str], reload: Callable[[], Awaitable[None]]) -> None:
    names = ", ".join(changed)
    try:
        await reload()
    except (ModuleLoadError, OSError) as error:
        _log.error("%s changed, but the modules loaded before stay: %s", names, error)
    else:
        _log.info("%s changed: server modules reloaded", names)


def _files(folder: Path) -> list[Path]:
    """The files of all modules; none where the folder can't be read at the moment."""
    try:
        return [path for form in _FORMS for path in folder.rglob(form)]
    except OSError:
        return []


def _stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    stamps = {}
    for path in _files(folder):
        try:
            status = path.stat()
        except OSError:  # an editor is just replacing it, or it can't be looked at
            continue
        stamps[path] = (status.st_mtime_ns, status.st_size)
    return stamps
