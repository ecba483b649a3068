"""What all groups of runtime functions have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_server.parts import Parts


class RuntimeFunctions:
    """A group of runtime functions of one server."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
