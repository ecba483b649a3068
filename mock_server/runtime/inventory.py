"""What server modules have registered, in which language each is, and how the last load went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import field, frozen

from mock_server.runtime.callbacks import Callbacks

BUILT_IN = "built in"
IN_TEST = "test"

_BY_NAME = ("rpcs", "before", "after", "before_rt", "after_rt", "matches", "storage_indexes")
_LISTS = ("events", "session_starts", "session_ends")
_SINGLE = (
    "matchmaker_matched",
    "tournament_end",
    "tournament_reset",
    "leaderboard_reset",
    "shutdown",
)
_KINDS = {"rpcs": "rpc", "matches": "match", "storage_indexes": "storage_index", "events": "event"}


@frozen
class Registered:
    """A registered function, or an index.

    Attributes:
        kind: `rpc`, `before`, `after`, `before_rt`, `after_rt`, `match`, `storage_index`, `event`,
            `session_start`, `session_end`, or the name of a function of which there is one.
        name: The name that it is registered for; a number where there may be several.
        language: `JavaScript`, `Lua` or `Python`; `built in`, or `test` for what a test registered.
    """

    kind: str
    name: str
    language: str


@frozen
class LoadState:
    """How server modules were loaded.

    Attributes:
        files: The files of the modules that count.
        loads: How often modules were loaded.
        time: When they were loaded last, in seconds since the epoch.
        error: Why a later load failed, so that what was loaded before stays; else empty.
    """

    files: tuple[Path, ...] = ()
    loads: int = 0
    time: float = 0.0
    error: str = ""


@frozen
class Inventory:
    """Notes in which language each function is, while they are loaded one after another."""

    _languages: dict[tuple[str, str], tuple[object, str]] = field(factory=dict)

    def note(self, callbacks: Callbacks, language: str) -> None:
        """Note a language for all that was not there before."""
        for kind, name, function in _functions(callbacks):
            known = self._languages.get((kind, name))
            if known is None or known[0] is not function:
                self._languages[kind, name] = (function, language)

    def registered(self, callbacks: Callbacks) -> Iterator[Registered]:
        """What is registered now; what was never noted is a test's."""
        for kind, name, function in _functions(callbacks):
            noted, language = self._languages.get((kind, name), (None, IN_TEST))
            yield Registered(kind, name, language if noted is function else IN_TEST)


def _functions(callbacks: Callbacks) -> Iterator[tuple[str, str, object]]:
    for attribute in _BY_NAME:
        functions: Mapping[str, object] = getattr(callbacks, attribute)
        for name, function in functions.items():
            yield _KINDS.get(attribute, attribute), name, function
    for attribute in _LISTS:
        for number, function in enumerate(getattr(callbacks, attribute), 1):
            yield _KINDS.get(attribute, attribute.removesuffix("s")), str(number), function
    for attribute in _SINGLE:
        if (function := getattr(callbacks, attribute)) is not None:
            yield attribute, "", function
