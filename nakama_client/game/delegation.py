"""Methods of the asyncio SDK as methods for other threads: same names, same arguments.

Each is one line in a class, `get_account = call(Client.get_account)`; the types of arguments and
result, the docstring and the signature are those of the asyncio method.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from nakama_client.events.handlers import Handler
from nakama_client.game.handle import Handle
from nakama_client.game.pump import Pump
from nakama_client.protocol.rules import check_plain_function

C = TypeVar("C", covariant=True)
T = TypeVar("T")
M = TypeVar("M")
F = TypeVar("F")
P = ParamSpec("P")


class Facade(Generic[C]):
    """Stands for an object of the asyncio SDK that lives in the pump's loop."""

    def __init__(self, target: C, pump: Pump) -> None:
        self._target = target
        self._pump = pump

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._target!r}>"


class Registration:
    """A handler that was added; `remove()` ends it."""

    def __init__(self, remove: Callable[[], None]) -> None:
        self._remove = remove

    def remove(self) -> None:
        """Call the function no more; calling this again does nothing."""
        self._remove()


class Items(Generic[T]):
    """An async iterator for other threads: a `for` loop waits for each item.

    A frame loop asks with `next()` instead, and looks at the handle.
    """

    def __init__(self, iterator: AsyncIterator[T], pump: Pump) -> None:
        self._iterator = iterator
        self._pump = pump

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        try:
            return self.next().result()
        except StopAsyncIteration:
            raise StopIteration from None

    def next(self) -> Handle[T]:
        """Ask for the next item; after the last one the handle raises StopAsyncIteration."""

        async def advance() -> T:
            return await anext(self._iterator)

        return Handle(self._pump.submit(advance), self._pump)


class _Facades(AsyncIterator[F]):
    """Gives the facade of each item; a cancelled `anext` loses nothing, as in a generator it would.

    Args:
        iterator: Gives the items.
        facade: Makes the facade of one.
        pump: What the facades use.
    """

    def __init__(
        self, iterator: AsyncIterator[M], facade: Callable[[M, Pump], F], pump: Pump
    ) -> None:
        self._iterator: AsyncIterator[Any] = iterator
        self._facade: Callable[[Any, Pump], F] = facade
        self._pump = pump

    async def __anext__(self) -> F:
        return self._facade(await anext(self._iterator), self._pump)


D = TypeVar("D", bound=Callable[..., Any])


def _with_handler(method: Callable[..., Any], delegated: D) -> D:
    """As `_like`, for a method that takes a function, which `poll` calls and cannot await."""
    _like(method, delegated)
    doc = method.__doc__ or ""
    delegated.__doc__ = doc.replace("; the function may be async", "; the function is a plain one")
    return delegated


def _like(method: Callable[..., Any], delegated: D) -> D:
    """Give a delegated method the name, the docstring and the signature of the original."""
    functools.update_wrapper(delegated, method)
    return delegated


def _poll_progress(pump: Pump, arguments: dict[str, object]) -> None:
    """Let `poll` call the function that gets the progress."""
    function = arguments.get("on_progress")
    if callable(function):
        arguments["on_progress"] = pump.later(function)


def call(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Facade[C], P], Handle[T]]:
    """A coroutine method, as a method that returns a handle at once."""

    def delegated(self: Facade[C], /, *args: P.args, **kwargs: P.kwargs) -> Handle[T]:
        target = self._target
        _poll_progress(self._pump, kwargs)
        return Handle(self._pump.submit(lambda: method(target, *args, **kwargs)), self._pump)

    return _like(method, delegated)


def items(
    method: Callable[Concatenate[C, P], AsyncIterator[T]],
) -> Callable[Concatenate[Facade[C], P], Items[T]]:
    """A method that returns an async iterator, as one whose iterator waits in the caller."""

    def delegated(self: Facade[C], /, *args: P.args, **kwargs: P.kwargs) -> Items[T]:
        target = self._target
        _poll_progress(self._pump, kwargs)
        return Items(self._pump.call(lambda: method(target, *args, **kwargs)), self._pump)

    return _like(method, delegated)


def items_for(
    method: Callable[Concatenate[C, P], AsyncIterator[M]], facade: Callable[[M, Pump], F]
) -> Callable[Concatenate[Facade[C], P], Items[F]]:
    """As `items`, for objects whose facades the caller gets."""

    def delegated(self: Facade[C], /, *args: P.args, **kwargs: P.kwargs) -> Items[F]:
        target, pump = self._target, self._pump
        found = pump.call(lambda: method(target, *args, **kwargs))
        return Items(_Facades(found, facade, pump), pump)

    return _like(method, delegated)


def event_for(
    method: Callable[[C, Callable[[M], Any]], Handler[Any]], facade: Callable[[M, Pump], F]
) -> Callable[[Facade[C], Callable[[F], object]], Registration]:
    """As `event`, for a handler that gets the facade of an object."""

    def delegated(self: Facade[C], function: Callable[[F], object]) -> Registration:
        check_plain_function("function", function)
        target, pump = self._target, self._pump

        async def deliver(happened: M) -> None:
            await pump.deliver(function, facade(happened, pump))

        handler = pump.call(lambda: method(target, deliver))
        return Registration(lambda: pump.call(handler.remove))

    return _with_handler(method, delegated)


def event(
    method: Callable[[C, Callable[[T], Any]], Handler[Any]],
) -> Callable[[Facade[C], Callable[[T], object]], Registration]:
    """A method that registers a handler, as one whose handler runs in `poll`."""

    def delegated(self: Facade[C], function: Callable[[T], object]) -> Registration:
        check_plain_function("function", function)
        target, pump = self._target, self._pump

        async def deliver(happened: T) -> None:
            await pump.deliver(function, happened)

        handler = pump.call(lambda: method(target, deliver))
        return Registration(lambda: pump.call(handler.remove))

    return _with_handler(method, delegated)


def request(
    method: Callable[[C, Callable[[T], Any]], Handler[Any]],
) -> Callable[[Facade[C], Callable[[T], object]], Registration]:
    """As `event`, for a handler whose answer the SDK waits for: a value, or a call's handle."""

    def delegated(self: Facade[C], function: Callable[[T], object]) -> Registration:
        check_plain_function("function", function)
        target, pump = self._target, self._pump

        async def ask(about: T) -> object:
            answer = await pump.run(lambda: function(about))
            return await answer._in_loop() if isinstance(answer, Handle) else answer

        handler = pump.call(lambda: method(target, ask))
        return Registration(lambda: pump.call(handler.remove))

    return _with_handler(method, delegated)


def happening(
    method: Callable[[C, Callable[[T], None]], Handler[Any]],
) -> Callable[[Facade[C], Callable[[T], object]], Registration]:
    """As `event`, for a handler that the SDK calls and does not await."""

    def delegated(self: Facade[C], function: Callable[[T], object]) -> Registration:
        check_plain_function("function", function)
        target, pump = self._target, self._pump

        def tell(happened: T) -> None:
            pump.enqueue(lambda: function(happened))

        handler = pump.call(lambda: method(target, tell))
        return Registration(lambda: pump.call(handler.remove))

    return _with_handler(method, delegated)


def made(
    method: Callable[Concatenate[C, P], M], facade: Callable[[M, Pump], F]
) -> Callable[Concatenate[Facade[C], P], F]:
    """A method that makes an object, as one that makes its facade."""

    def delegated(self: Facade[C], /, *args: P.args, **kwargs: P.kwargs) -> F:
        target = self._target
        return facade(self._pump.call(lambda: method(target, *args, **kwargs)), self._pump)

    return _like(method, delegated)


def call_for(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, M]], facade: Callable[[M, Pump], F]
) -> Callable[Concatenate[Facade[C], P], Handle[F]]:
    """A coroutine method that returns an object, as one whose handle gives its facade."""

    def delegated(self: Facade[C], /, *args: P.args, **kwargs: P.kwargs) -> Handle[F]:
        target, pump = self._target, self._pump

        async def run() -> F:
            return facade(await method(target, *args, **kwargs), pump)

        return Handle(pump.submit(run), pump)

    return _like(method, delegated)
