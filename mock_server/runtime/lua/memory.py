"""How much memory a Lua state may use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lupa.lua51 as lupa

MOST = 512 * 1024 * 1024  # bytes
NO_MEMORY = b"not enough memory"  # Lua's own words

_RESERVE = 1024 * 1024  # for what the host makes in a state beside the texts that it hands over
_MUCH = MOST // 4


class Memory:
    """Limits a state's memory while Lua's own code runs, and only then.

    lupa makes and reads Lua's values outside of Lua's protection: where memory ends there, the
    whole process ends. So there is no limit while the host works in a state, and border.lua lets
    nobody cross into the host when next to nothing is left.

    Args:
        lua: The state.
        collect: Lua's `collectgarbage`.
    """

    WITHIN = (MOST - _RESERVE) // 1024
    """The KiB in use with which Lua may still call the host."""

    def __init__(self, lua: lupa.LuaRuntime, collect: Callable[[], Any]) -> None:
        self._lua = lua
        self._collect = collect
        self._kept = 0  # what the last collection left

    def lift(self) -> None:
        """Limit nothing from now on: the host works."""
        self._lua.set_max_memory(0)

    def limit(self, values: tuple[Any, ...]) -> bool:
        """Limit it from now on: Lua works.

        Args:
            values: What Lua gets now.

        Returns:
            Whether there is room for that; else it stays without a limit.
        """
        size = _RESERVE
        for each in values:
            if type(each) is bytes:
                size += len(each)
        if self._lua.get_memory_used() + size >= MOST:
            return False
        self._lua.set_max_memory(MOST)
        return True

    def tidy(self) -> None:
        """Free what is not used any more, if that may be much.

        Lua 5.1 does not look for it when memory ends, but says that there is none.
        """
        if self._lua.get_memory_used() > max(_MUCH, 2 * self._kept):
            self._collect()
            self._kept = self._lua.get_memory_used()
