"""The form of the table of runtime functions: names, arguments and shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from types import ModuleType
from typing import Any, Protocol, TypeAlias

from mock_server.runtime.errors import BadArgument, ModuleError
from mock_server.runtime.js.errors import ScriptGoError
from mock_server.runtime.js.given import Given, camel


class Nk(Protocol):
    """Calls a runtime function by the name that it has in all languages."""

    def __call__(self, name: str, *arguments: Any) -> Any:
        """Call it.

        Raises:
            ModuleError: It refused.
        """


Function: TypeAlias = Callable[[Given, Nk], Any]
"""Checks the arguments, calls what `nk` has, and shapes the result; see `values.encode`."""


def functions_of(module: ModuleType) -> dict[str, Function]:
    """The functions of a module under JavaScript's names."""
    return {
        camel(name): function
        for name, function in vars(module).items()
        if getattr(function, "__module__", None) == module.__name__
        and not name.startswith("_")
        and callable(function)
        and list(signature(function).parameters) == ["given", "nk"]
    }


@contextmanager
def retold(pattern: str, text: str | Callable[[re.Match[str]], str]) -> Iterator[None]:
    """Give the errors of `nk` the text that they have in JavaScript.

    Args:
        pattern: A regular expression of what is put in other words.
        text: The other words, or what makes them of a match.
    """
    try:
        yield
    except BadArgument:
        raise
    except ModuleError as error:
        raise ScriptGoError(re.sub(pattern, text, error.message)) from None
