"""What a call returns at once, and through which its result is found later."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from nakama_client.game.pump import Pump
from nakama_client.protocol.rules import check_plain_function, check_seconds

T = TypeVar("T")


class _Outcome:
    """Hands the error of a call to `on_error` once nobody can look at it any more."""

    def __init__(self, future: concurrent.futures.Future[Any], pump: Pump) -> None:
        self.is_taken = False
        self.is_dropped = False
        self._future = future
        self._pump = pump
        future.add_done_callback(lambda _: self.check())

    def check(self) -> None:
        """Report the error if the call has ended and its handle is gone."""
        self._pump.notify()
        if self.is_taken or not self.is_dropped or not self._future.done():
            return
        error = None if self._future.cancelled() else self._future.exception()
        if isinstance(error, Exception):
            self.is_taken = True
            self._pump.enqueue(functools.partial(self._pump.report, error))


class Handle(Generic[T]):
    """A call under way. The calls of a `GameClient` return it at once.

    client.get_account(session).then(lambda account: print(account.user.username))
    """

    def __init__(self, future: concurrent.futures.Future[T], pump: Pump) -> None:
        self._future = future
        self._pump = pump
        self._outcome = _Outcome(future, pump)

    def __repr__(self) -> str:
        return f"<Handle, {'done' if self.done else 'under way'}>"

    def __del__(self) -> None:
        self._outcome.is_dropped = True
        self._outcome.check()

    @property
    def done(self) -> bool:
        """Whether the call has ended: with a result, an error or a cancellation."""
        return self._future.done()

    def result(self, timeout: float | None = None) -> T:
        """Wait for the call and return its result.

        In the thread that made the client, queued callbacks run meanwhile, as in `poll`.

        Args:
            timeout: The most seconds to wait; None for as long as the call's own deadline allows.

        Raises:
            ArgumentError: The timeout is no number, or below 0.
            TimeoutError: It is not done in time; it goes on.
            concurrent.futures.CancelledError: It was cancelled.
            NakamaError: What the call raised.
        """
        if timeout is not None:
            check_seconds("timeout", timeout, zero=True)
        if not self._pump.wait(self._future.done, timeout):
            raise TimeoutError(f"the call is not done within {timeout} s")
        self._outcome.is_taken = True
        return self._future.result()

    def then(
        self,
        function: Callable[[T], object],
        *,
        error: Callable[[Exception], object] | None = None,
    ) -> Self:
        """Let `poll` call a function with the result.

        Args:
            function: Takes the result; it is not called for a call that failed or was cancelled.
            error: Takes the error of a call that failed; None for the client's `on_error`.

        Returns:
            This handle.

        Raises:
            ArgumentError: One of them can't be called.
        """
        check_plain_function("function", function)
        if error is not None:
            check_plain_function("error", error)
        self._outcome.is_taken = True
        take_error = self._pump.report if error is None else error

        def ended(future: concurrent.futures.Future[T]) -> None:
            if future.cancelled():
                return
            failure = future.exception()
            if failure is None:
                self._pump.enqueue(lambda: function(future.result()))
            elif isinstance(failure, Exception):
                self._pump.enqueue(lambda: take_error(failure))

        self._future.add_done_callback(ended)
        return self

    async def _in_loop(self) -> T:
        """Wait for the result in the client's loop; only the SDK calls this."""
        self._outcome.is_taken = True
        return await asyncio.wrap_future(self._future)

    def cancel(self) -> bool:
        """Cancel the call; return whether it was still under way.

        The server may still have done it.
        """
        return self._future.cancel()
