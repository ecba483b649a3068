"""Functions of the user that are called when something happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from nakama_client.errors import ArgumentError

T = TypeVar("T")

# A function of the user, sync or async.
Function = Callable[[T], Awaitable[Any] | Any]


class Handler(Generic[T]):
    """A registered function. Calling the handler calls it, `remove()` unregisters it.

    Attributes:
        function: The function.
        has_blocked: Whether it has held the event loop for long, of which the log tells once.
    """

    def __init__(self, function: Function[T], registry: Handlers[T]) -> None:
        self.function = function
        self.has_blocked = False
        self._registry = registry

    def __repr__(self) -> str:
        return f"<Handler {self.name}>"

    def __call__(self, event: T) -> Awaitable[Any] | Any:
        """Call the function, as if it were not registered."""
        return self.function(event)

    @property
    def name(self) -> str:
        """The function's name."""
        return getattr(self.function, "__qualname__", repr(self.function))

    def remove(self) -> None:
        """Unregister the function; calling it again does nothing."""
        self._registry.remove(self)


class Handlers(Generic[T]):
    """The functions for one kind of event.

    Attributes:
        all: The handlers, in the order in which they were added.
    """

    __slots__ = ("all",)

    def __init__(self) -> None:
        self.all: tuple[Handler[T], ...] = ()

    def add(self, function: Function[T]) -> Handler[T]:
        """Register a function, sync or async.

        Raises:
            ArgumentError: It can't be called.
        """
        if not callable(function):
            raise ArgumentError(f"a function is needed here, not {type(function).__name__}")
        handler = Handler(function, self)
        self.all = (*self.all, handler)
        return handler

    def remove(self, handler: Handler[T]) -> None:
        """Forget a function."""
        self.all = tuple(each for each in self.all if each is not handler)
