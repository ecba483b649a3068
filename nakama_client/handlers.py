"""Functions of the user that are called when something happens."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Function = Callable[[T], Awaitable[Any] | Any]


class Handler(Generic[T]):
    """A registered function. Calling it calls the function, `remove()` takes it away again."""

    def __init__(self, function: Function[T], registry: Handlers[T]) -> None:
        self._function = function
        self._registry = registry

    def __repr__(self) -> str:
        return f"<Handler {self.name}>"

    def __call__(self, event: T) -> Awaitable[Any] | Any:
        """Call the function, as if it were not registered."""
        return self._function(event)

    @property
    def name(self) -> str:
        """The function's name."""
        return getattr(self._function, "__qualname__", repr(self._function))

    def remove(self) -> None:
        """Call the function no more; removing twice does nothing."""
        self._registry.remove(self)

    async def run(self, event: T) -> None:
        """Call the function, and wait for it when it is async.

        Raises:
            Exception: What the function raised. A cancellation that came from inside of the
                function is a `RuntimeError`: it does not cancel the caller.
        """
        try:
            result = self._function(event)
            if result is not None and inspect.isawaitable(result):
                await result
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise RuntimeError("something this function waited for was cancelled") from error


class Handlers(Generic[T]):
    """The functions for one kind of event, in the order in which they were added."""

    def __init__(self) -> None:
        self._handlers: tuple[Handler[T], ...] = ()

    def __bool__(self) -> bool:
        return bool(self._handlers)

    def __iter__(self) -> Iterator[Handler[T]]:
        return (handler for handler in self._handlers if handler in self._handlers)

    def add(self, function: Function[T]) -> Handler[T]:
        """Register a function, sync or async."""
        handler = Handler(function, self)
        self._handlers = (*self._handlers, handler)
        return handler

    def remove(self, handler: Handler[T]) -> None:
        """Forget a function."""
        self._handlers = tuple(each for each in self._handlers if each is not handler)
