"""What all groups of runtime functions have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_server.parts import Parts


class RuntimeFunctions:
    """A group of runtime functions of one server; they run in its loop's thread.

    Each public method is a runtime function of that name, for every language. Arguments are
    positional, None is absent, too many are the caller's mistake; several results are a tuple.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts


class PureFunctions(RuntimeFunctions):
    """A group that touches nothing of the server, so that any thread may call it."""
