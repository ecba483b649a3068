"""The common base of the groups of runtime functions."""

from __future__ import annotations

from typing import ClassVar

MOCK_MODULE = "nakama_mock"
SATORI_MODULE = "satori"
SCRIPT_MODULE = "javascript"
"""What JavaScript's functions call and no other language has."""


class RuntimeFunctions:
    """A group of runtime functions of one server; they run in its loop's thread.

    Each public method is a runtime function of that name, for every language. Arguments are
    positional, None is absent, too many are the caller's mistake; several results are a tuple.
    """

    _module: ClassVar[str] = ""  # what they are in, where that is not `nk`


class PureFunctions(RuntimeFunctions):
    """A group that touches nothing of the server, so that any thread may call it."""
