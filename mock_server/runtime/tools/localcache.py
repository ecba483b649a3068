"""`nk.localcache_*` for modules in Python, and the cache that the states of Lua share.

Each language has a cache of its own, as in Nakama, whose runtimes share none either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from threading import Lock
from typing import Any

from attrs import frozen

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import PureFunctions
from mock_server.runtime.localcache import LocalCache

_KEY = "expects key string"
_TTL = "ttl must be 0 or more"


@frozen
class _Stored:
    """A value in a cache, so that a stored None differs from no value."""

    value: Any
    stamp: int = 0


class LocalCacheFunctions(PureFunctions):
    """Keep values in the memory of the server, for all modules in Python.

    Args:
        now: The server's time in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._cache = LocalCache(now)

    def localcache_get(self, key: Any = None, default: Any = None) -> Any:
        """Return the value of a key, also a stored None; else the default.

        Raises:
            ModuleError: A bad argument.
        """
        stored = self._cache.get(Arguments("localcache_get", key).filled_text(1, _KEY))
        return default if stored is None else stored.value

    def localcache_put(self, key: Any = None, value: Any = None, ttl: Any = None) -> None:
        """Keep a value, which is shared and not copied.

        Args:
            key: A text that is not empty.
            value: Anything.
            ttl: After how many seconds it is forgotten; 0, or left out, is never.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("localcache_put", key, value, ttl)
        name, seconds = _put_arguments(given)
        self._cache.put(name, _Stored(value), seconds)

    def localcache_delete(self, key: Any = None) -> None:
        """Forget a key, if it is there.

        Raises:
            ModuleError: A bad argument.
        """
        self._cache.delete(Arguments("localcache_delete", key).filled_text(1, _KEY))

    def localcache_clear(self) -> None:
        """Forget everything."""
        self._cache.clear()


class LuaCache:
    """The cache that the states of Lua share.

    A state keeps what it has put or read as it is in Lua, by the value's stamp, so that it sees
    the very table again; the other states get a copy. Functions do not leave their state.

    Args:
        now: The server's time in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._cache = LocalCache(now)
        self._stamps = count(1)
        self._lock = Lock()

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """What nakama.lua calls, by names with a dot."""
        return {
            "localcache.find": self._find,
            "localcache.value": self._value,
            "localcache.put": self._put,
            "localcache.delete": self._delete,
            "localcache.clear": self._clear,
        }

    def _find(self, key: Any = None, *_: Any) -> tuple[str, int | None]:
        name = Arguments("localcache_get", key).filled_text(1, _KEY)
        stored = self._cache.get(name)
        return name, None if stored is None else stored.stamp

    def _value(self, key: str) -> tuple[Any]:
        stored = self._cache.get(key)
        value = None if stored is None else stored.value
        if _has_function(value):
            raise ModuleError(
                f"the local cache has a function under {key!r} that another Lua state put there: "
                "in this mock functions stay in their state"
            )
        return (value,)

    def _put(self, key: Any = None, value: Any = None, ttl: Any = None, *_: Any) -> tuple[str, int]:
        name, seconds = _put_arguments(Arguments("localcache_put", key, value, ttl))
        with self._lock:
            stamp = next(self._stamps)
        self._cache.put(name, _Stored(value, stamp), seconds)
        return name, stamp

    def _delete(self, key: Any = None, *_: Any) -> str:
        name = Arguments("localcache_delete", key).filled_text(1, _KEY)
        self._cache.delete(name)
        return name

    def _clear(self, *_: Any) -> None:
        self._cache.clear()


def _put_arguments(given: Arguments) -> tuple[str, int]:
    """The key and the lifetime that are given.

    Raises:
        ModuleError: A bad argument.
    """
    name, seconds = given.filled_text(1, _KEY), given.optional_integer(3, 0)
    if seconds < 0:
        raise given.error(3, _TTL)
    return name, seconds


def _has_function(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_function, value.values()))
    return any(map(_has_function, value)) if isinstance(value, list) else callable(value)
