"""Between the reader of a socket and the functions of the user."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, NoReturn

from nakama_client.errors import HandlerFailed, NakamaError, QueueOverflow
from nakama_client.events.blocking import BlockingWatch, TimedSteps
from nakama_client.events.handlers import Handler, Handlers
from nakama_client.events.subscription import Subscriptions
from nakama_client.events.tasks import drop_withdrawn_cancellation, is_functions_own, start
from nakama_client.protocol.backlog import Backlog

# Neither a sync handler nor a reader with a full buffer gives way to other tasks. So both the
# dispatcher and the reader do, after this many events: what is quick enough is never dropped.
EVENTS_PER_TURN = 64

# A handler that was cancelled has so many seconds to end.
_CANCEL_SECONDS = 1.0

# The call of a handler that the current code belongs to, if any. The tasks that a handler makes
# inherit it: what they wait for, the handler may be waiting for.
_current_call: ContextVar[object] = ContextVar("_current_call", default=None)

# An event that waits for its handlers.
_Waiting = tuple[Handlers[Any], Any]

# No call of a handler is under way; no context variable holds this.
_NO_CALL = object()


class EventDispatcher:
    """Calls handlers one after another, in the order of the events.

    Handlers that wait for nothing are called by the socket's reader, or in a turn of the loop of
    their own, never inside of who posts; there is a task only while a handler waits. A handler's
    failure goes to the `on_error` handlers and to loops over errors, or to the log when there is
    neither, and never stops the next call.

    Attributes:
        on_error: The handlers of errors.
        errors: The loops over errors.
    """

    __slots__ = (
        "_backlog",
        "_call",
        "_log",
        "_task",
        "_turn_in",
        "_watch",
        "errors",
        "on_error",
    )

    def __init__(self, limit: int, log: logging.Logger) -> None:
        self.on_error: Handlers[Exception] = Handlers()
        self.errors: Subscriptions[Exception] = Subscriptions()
        self._log = log
        self._backlog: Backlog[_Waiting] = Backlog(limit)
        self._watch = BlockingWatch(log)
        self._task: asyncio.Task[None] | None = None
        self._turn_in: asyncio.AbstractEventLoop | None = (
            None  # where `_begin` is about to be called
        )
        self._call = _NO_CALL

    @property
    def dropped(self) -> int:
        """How many events were dropped because handlers were too slow."""
        return self._backlog.dropped

    def post(self, handlers: Handlers[Any], event: object) -> None:
        """Call the handlers with an event, soon; it is dropped when too many wait."""
        if self._backlog.add((handlers, event)):
            self._wake()

    def call(self, handlers: Handlers[Any], event: object) -> None:
        """Call the handler with an event: at once when no event waits before it, else soon.

        Only the socket's reader calls this, and only while nobody was woken for what came before:
        a reply reaches who waits for it before handlers are called for what came later.
        """
        is_free = self._task is None and self._call is _NO_CALL and not self._backlog.waiting
        if not is_free or len(handlers.all) != 1:
            if handlers.all:
                self.post(handlers, event)
            return
        context = copy_context()
        try:
            rest = context.run(self._call_one, handlers, event)
        except BaseException as error:
            # What comes after it waits until the program closes the socket on its way out.
            asyncio.get_running_loop().call_soon(_end_program, error)
            self._wake()
        else:
            if rest is None:
                self._call = _NO_CALL
            else:
                context.run(self._go_on, rest)

    def post_always(self, handlers: Handlers[Any], event: object) -> None:
        """Call the handlers with an event that may not be dropped, soon."""
        self._backlog.add_always((handlers, event))
        self._wake()

    def report(self, error: NakamaError) -> None:
        """Hand an error to those who listen for errors, soon; it is dropped when too many wait.

        It goes to the log when nobody listens.
        """
        if self._publish(error):
            self.post(self.on_error, error)

    def report_always(self, error: NakamaError) -> None:
        """Report an error that may not be dropped; there are few of them."""
        if self._publish(error):
            self.post_always(self.on_error, error)

    async def finish(self, timeout: float) -> None:
        """Let the handlers finish what waits, for so many seconds, then stop them.

        When a handler asks for it, itself or in a task of its own, this waits for nothing.
        """
        if self._is_inside_handler():
            return
        task = self._started()
        if task is None:
            return
        done, _ = await asyncio.wait([task], timeout=timeout)
        if not done:
            left = len(self._backlog.waiting)
            self._log.warning("handlers did not finish in %g s; %d events left", timeout, left)
            await self.cancel()

    async def cancel(self) -> None:
        """Stop the handler that runs, and forget what waits."""
        if self._is_inside_handler():
            return
        self._backlog.clear()
        task = self._task
        if task is None:
            return
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=_CANCEL_SECONDS)
        if not done:
            self._log.error("a handler ignores its cancellation and still runs")

    def _wake(self) -> None:
        # Not the running loop is asked for: until Python 3.12 that makes a system call.
        if self._task is None and (self._turn_in is None or not self._turn_in.is_running()):
            self._turn_in = loop = asyncio.get_running_loop()
            loop.call_soon(self._begin, loop)

    def _started(self) -> asyncio.Task[None] | None:
        """The task that calls what waits, if anything does."""
        if self._task is None and self._backlog.waiting:
            self._turn_in = None
            self._task = start(self._run(None), name="nakama_client handlers")
        return self._task

    def _is_inside_handler(self) -> bool:
        return _current_call.get() is self._call

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call handlers until one waits for something: a task does that, and calls the others."""
        if self._turn_in is not loop:
            return
        self._turn_in = None
        rest: _Rest | None = None
        try:
            rest = self._call_some()
        finally:
            # Also when a handler ends the program: what waits is called while the socket is closed.
            if rest is not None:
                self._go_on(rest)
            else:
                self._call = _NO_CALL
                if self._backlog.waiting:
                    self._wake()

    def _go_on(self, rest: _Rest) -> None:
        """Let a task do what a handler waits for, and call the handlers of what waits then."""
        self._task = start(self._run(rest), name="nakama_client handlers")
        self._task.add_done_callback(rest.close)

    def _call_some(self) -> _Rest | None:
        """Call handlers until others are to have their turn; returns what one still waits for."""
        backlog = self._backlog
        for _ in range(EVENTS_PER_TURN):
            if not backlog.waiting:
                break
            item = backlog.take()
            if isinstance(item, QueueOverflow) or len(item[0].all) != 1:
                return _Rest(partial(self._call_all, item))
            rest = self._call_one(*item)
            if rest is not None:
                return rest
        return None

    def _call_one(self, handlers: Handlers[Any], event: Any) -> _Rest | None:
        """Call the only handler; returns what it still waits for."""
        handler = handlers.all[0]
        self._call = object()
        _current_call.set(self._call)
        try:
            waits_for = self._watch.call(handler, event)
        except BaseException as error:
            if not is_functions_own(error):
                raise
            return _Rest(partial(self._failed, handlers, handler, event, error))
        if waits_for is None:
            return None
        return _Rest(partial(self._finish, waits_for, handlers, handler, event), waits_for)

    async def _run(self, rest: _Rest | None) -> None:
        delivered = 0
        try:
            if rest is not None:
                await rest.work()
            while self._backlog.waiting:
                await self._call_all(self._backlog.take())
                delivered += 1
                if delivered % EVENTS_PER_TURN == 0:
                    await asyncio.sleep(0)
        except (KeyboardInterrupt, SystemExit):
            # The program ends, and closes the socket on its way out: what waits is for then.
            self._task = None
            if self._backlog.waiting:
                self._wake()
            raise
        finally:
            self._call = _NO_CALL
            if self._task is asyncio.current_task():
                self._task = None

    def _call_all(self, item: _Waiting | QueueOverflow) -> Coroutine[Any, Any, None]:
        """Call the handlers of an event, or tell that some are missing."""
        return self._tell(item) if isinstance(item, QueueOverflow) else self._deliver(*item)

    async def _deliver(self, handlers: Handlers[Any], event: Any) -> None:
        for handler in handlers.all:
            if handler not in handlers.all:
                continue  # an earlier one removed it
            self._call = object()
            _current_call.set(self._call)
            try:
                waits_for = self._watch.call(handler, event)
            except BaseException as error:
                if not is_functions_own(error):
                    raise
                await self._failed(handlers, handler, event, error)
            else:
                if waits_for is not None:
                    await self._finish(waits_for, handlers, handler, event)

    async def _finish(
        self, waits_for: Awaitable[Any], handlers: Handlers[Any], handler: Handler[Any], event: Any
    ) -> None:
        """Wait for what a handler waits for."""
        try:
            await waits_for
        except BaseException as error:
            if not is_functions_own(error):
                raise
            failure = error
        else:
            await drop_withdrawn_cancellation()
            return
        await self._failed(handlers, handler, event, failure)

    async def _failed(
        self, handlers: Handlers[Any], handler: Handler[Any], event: Any, error: BaseException
    ) -> None:
        """Report that a handler failed."""
        failure = HandlerFailed(handler.name, event)
        failure.__cause__ = error
        await drop_withdrawn_cancellation()
        if handlers is self.on_error:
            self._log.error("an on_error handler failed: %s", failure, exc_info=failure)
        else:
            await self._tell(failure)

    async def _tell(self, error: Exception) -> None:
        if self._publish(error):
            await self._deliver(self.on_error, error)

    def _publish(self, error: Exception) -> bool:
        """Hand an error to the loops, or to the log; returns whether there are handlers for it."""
        is_heard = self.errors.publish(error)
        if not is_heard and not self.on_error.all:
            self._log.error("%s", error, exc_info=error)
        return bool(self.on_error.all)


def _end_program(error: BaseException) -> NoReturn:
    """Raise what ends the program, in a turn of the loop, which hands it on."""
    raise error


class _Rest:
    """The rest of the work for an event, in a task.

    Args:
        work: Does it.
        waits_for: What a handler returned; when the task is cancelled before it begins, it is
            closed instead of awaited.
    """

    def __init__(
        self, work: Callable[[], Coroutine[Any, Any, None]], waits_for: Awaitable[Any] | None = None
    ) -> None:
        self.work = work
        self._waits_for = waits_for

    def close(self, _: object) -> None:
        """The task has ended."""
        if isinstance(self._waits_for, TimedSteps):
            self._waits_for.close()
