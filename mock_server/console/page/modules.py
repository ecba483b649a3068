"""The server modules and what they have registered, as the console shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mock_server.console.page.paging import PageQuery, choice
from mock_server.console.services import ConsoleServices
from mock_server.runtime.inventory import Registered
from mock_server.wire.messages import CLIENT_MEMBERS, operation_names

LANGUAGES = ("JavaScript", "Lua", "Python", "test", "built in")


class ModuleList:
    """Finds and shows what server modules have registered.

    Args:
        find_services: Returns what is asked about; a restart makes new ones.
    """

    def __init__(self, find_services: Callable[[], ConsoleServices]) -> None:
        self._find_services = find_services

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the registered functions, and how modules were loaded.

        Args:
            query: `language`, `q` (in kind or name), `id`, `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        language = choice(query, "language", LANGUAGES)
        registered = self._find_services().runtime.registered
        found = [
            each
            for each in sorted(registered, key=lambda each: LANGUAGES.index(each.language))
            if wanted.id in ("", _id(each))
            and language in ("", each.language)
            and wanted.finds(each.kind, each.name)
        ]
        return wanted.page(found, _shown) | {"loaded": self._loaded()}

    def _loaded(self) -> dict[str, Any]:
        services = self._find_services()
        runtime, state = services.runtime, services.runtime.state
        return {
            "path": services.config.runtime.path,
            "files": [_relative(path, services.config.runtime.path) for path in state.files],
            "loads": state.loads,
            "time": state.time,
            "error": state.error,
            "watching": runtime.is_watching,
        }


def _id(registered: Registered) -> str:
    return f"{registered.kind}:{registered.name}"


def _relative(file: Path, folder: str) -> str:
    return file.relative_to(Path(folder).resolve()).as_posix()


@cache
def _known_names() -> Mapping[str, str]:
    """Operations and messages by the names that hooks are kept under."""
    members = {name.replace("_", ""): name for name in CLIENT_MEMBERS}
    return members | {name.lower(): name for name in operation_names()}


def _shown(registered: Registered) -> dict[str, Any]:
    is_hook = registered.kind.startswith(("before", "after"))
    return {
        "id": _id(registered),
        "kind": registered.kind,
        "name": _known_names().get(registered.name, registered.name)
        if is_hook
        else registered.name,
        "language": registered.language,
    }
