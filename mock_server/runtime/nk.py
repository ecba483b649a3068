"""`nk`: what server modules may call, under Nakama's names.

Each feature has its own functions (`features/NAME/runtime.py`); `wiring.py` names the groups.
"""

from __future__ import annotations

import difflib
import inspect
import logging
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any

from attrs import frozen

from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import PureFunctions, RuntimeFunctions
from mock_server.runtime.registrations import Registrations

_NEAR = 5  # names in the error of a function that there is not
_log = logging.getLogger("mock_server.runtime")


@frozen
class RuntimeFunction:
    """One function of `nk`.

    Attributes:
        call: The function.
        is_pure: Whether any thread may call it; others run in the server's loop.
    """

    call: Callable[..., Any]
    is_pure: bool

    @cached_property
    def arity(self) -> int:
        """How many arguments it takes at most."""
        return len(inspect.signature(self.call).parameters)


class FunctionTable:
    """The runtime functions of one server by name, for the modules of every language.

    Args:
        groups: Where they come from.

    Raises:
        ValueError: Two groups have a function of the same name.
    """

    def __init__(self, groups: Iterable[RuntimeFunctions]) -> None:
        self._functions: dict[str, RuntimeFunction] = {}
        for group in groups:
            for name, function in _functions(group):
                if name in self._functions:
                    raise ValueError(f"two groups of runtime functions have nk.{name}")
                self._functions[name] = function

    def without(self, names: Iterable[str]) -> FunctionTable:
        """A table for a language that does not have all of them."""
        table = FunctionTable(())
        left_out = frozenset(names)
        table._functions = {
            name: function for name, function in self._functions.items() if name not in left_out
        }
        return table

    def names(self, module: str = "") -> list[str]:
        """The names of all runtime functions of `nk`, or of another module, sorted."""
        split = [name.rpartition(".") for name in self._functions]
        return sorted(name for where, _, name in split if where == module)

    def find(self, name: str) -> RuntimeFunction | None:
        """The function of this name, which has its module before a dot, or None."""
        return self._functions.get(name)

    def missing(self, name: str) -> ModuleError:
        """The error of a call of a function that this mock does not have."""
        names = self.names()
        near = difflib.get_close_matches(name, names, n=_NEAR, cutoff=0.0)
        return ModuleError(
            f"nk.{name} is not in this mock of Nakama; the nearest that are: {', '.join(near)}"
        )


class Nakama:
    """The runtime functions of one server, as attributes.

    One that is missing fails when it is called; a call while modules load is only logged.

    Args:
        functions: The functions.
        registrations: Tells whether modules are being loaded.
    """

    def __init__(self, functions: FunctionTable, registrations: Registrations) -> None:
        self._functions = functions
        self._registrations = registrations

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        function = self._functions.find(name)
        if function is None:
            return self._missing(name)
        setattr(self, name, function.call)  # found without this method from now on
        return function.call

    def __dir__(self) -> list[str]:
        return self._functions.names()

    def _missing(self, name: str) -> Callable[..., None]:
        def missing(*arguments: Any) -> None:
            error = self._functions.missing(name)
            if not self._registrations.is_loading:
                raise error
            _log.warning("called while loading, without effect: %s", error.message)

        return missing


def _functions(group: RuntimeFunctions) -> Iterable[tuple[str, RuntimeFunction]]:
    is_pure = isinstance(group, PureFunctions)
    for name in _names(type(group)):  # type: ignore[arg-type]  # mypy: a class has no hash
        full_name = f"{group._module}.{name}" if group._module else name
        yield full_name, RuntimeFunction(getattr(group, name), is_pure)


@cache
def _names(group: type[RuntimeFunctions]) -> tuple[str, ...]:
    return tuple(name for name in dir(group) if not name.startswith("_"))
