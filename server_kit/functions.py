"""Functions that a test hands to a server."""

from __future__ import annotations

import inspect


def check_plain_function(name: str, function: object) -> None:
    """Refuse what is no function, and an async one where nobody awaits what it gives.

    A coroutine is true, whatever its function would return.

    Raises:
        TypeError: It is one of these.
    """
    if not callable(function):
        raise TypeError(f"{name} must be a function, not {type(function).__name__}")
    call = getattr(function, "__call__", None)  # noqa: B004 - of an object that can be called
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call):
        raise TypeError(f"{name} must be a plain function (`def`), not an async one")
