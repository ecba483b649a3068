"""The pool of contexts: each has a thread of its own, and calls take them in turn."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from attrs import define, field

from mock_server.config import RuntimeConfig
from mock_server.runtime.bridge import Bridge
from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError, ModuleLoadError
from mock_server.runtime.js.bundle import Bundle
from mock_server.runtime.js.calls import Environment, match_context, script_context
from mock_server.runtime.js.context import STACK, JsContext
from mock_server.runtime.js.host import Host
from mock_server.runtime.js.limits import RENEWALS
from mock_server.runtime.js.match import JsMatchHandler
from mock_server.runtime.js.registering import Initializer
from mock_server.runtime.localcache import LocalCache
from mock_server.runtime.match_handler import Dispatcher
from mock_server.runtime.nk import FunctionTable

_THREAD_STACK = STACK * (RENEWALS + 1) + (8 << 20)


@define(eq=False)
class _Slot:
    """A place for a context, and the thread in which it lives; both are made by the first call."""

    thread: ThreadPoolExecutor | None = field(default=None, repr=False)
    context: JsContext | None = None


@define(eq=False)
class Load:
    """One load of a bundle, and the slots that have it.

    Attributes:
        bundle: The bundle.
        initializer: What it registered.
    """

    bundle: Bundle
    initializer: Initializer
    idle: deque[_Slot] = field(repr=False)
    count: int
    is_over: bool = False


class JsPool:
    """The contexts of one server: `runtime.js_min_count` at first, up to `runtime.js_max_count`.

    They are used in turn, as in Nakama: what a call leaves in a variable is there again when the
    turn comes round. A call that finds all of them busy waits for one.

    Args:
        config: How many contexts there may be, and how long a call may run.
        engine: The module of quickjs-ng.
        functions: What JavaScript may call.
        environment: The variables of `runtime.env`, which all contexts share.
        cache: What `nk.localcache…` uses.
        given: What `prelude/` gets of the server.
    """

    def __init__(
        self,
        config: RuntimeConfig,
        engine: Any,
        *,
        functions: FunctionTable,
        environment: Environment,
        cache: LocalCache,
        given: Mapping[str, Any],
    ) -> None:
        self._config = config
        self._engine = engine
        self._environment = environment
        self._cache = cache
        self._given = given
        self._loop = asyncio.get_running_loop()
        self._bridge = Bridge(functions, self._loop)
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._busy: set[Future[Any]] = set()
        self._threads: set[ThreadPoolExecutor] = set()

    async def load(self, bundle: Bundle, context: Context) -> Load:
        """Load a bundle, beside what is loaded.

        Args:
            bundle: The bundle.
            context: What InitModule gets.

        Raises:
            ModuleLoadError: It fails.
        """
        initializer, slot = Initializer(bundle), _Slot()
        table = script_context(context, self._environment.values)
        try:
            await asyncio.wrap_future(
                self._submit(slot, partial(self._initialize, bundle, initializer, table))
            )
        finally:
            self._end(slot)
        least = min(self._config.js_min_count, self._config.js_max_count)
        return Load(bundle, initializer, deque(_Slot() for _ in range(least)), least)

    def unload(self, load: Load) -> None:
        """Forget a load; calls under way end with it."""
        load.is_over = True
        while load.idle:
            self._end(load.idle.popleft())

    async def call(self, load: Load, mode: str, name: str, context: Context, *values: Any) -> Any:
        """Call a function of a bundle in the context whose turn it is.

        Raises:
            Missing: There is no such function.
            ScriptError: It failed.
        """
        slot = await self._take(load)
        table = script_context(context, self._environment.values)
        call = self._submit(
            slot, partial(self._invoke, load.bundle, slot, mode, name, table, list(values))
        )
        call.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._give, load, slot))
        return await asyncio.wrap_future(call)

    async def make_match(
        self, bundle: Bundle, names: Mapping[str, str], context: Context, dispatcher: Dispatcher
    ) -> JsMatchHandler:
        """Make a context for a match alone, which does not count among those of the pool.

        Args:
            bundle: Whose functions the match has.
            names: Their names, by `matchInit` and so on.
            context: What they get of the match.
            dispatcher: What they do things with.

        Raises:
            ModuleError: The program fails.
        """
        slot = _Slot()
        host = Host(self._bridge, bundle, self._environment, self._cache, dispatcher=dispatcher)
        try:
            await asyncio.wrap_future(self._submit(slot, partial(self._open, bundle, slot, host)))
        except ModuleLoadError as error:
            self._end(slot)
            raise ModuleError(f"error loading match module: {error}") from error
        except BaseException:
            self._end(slot)
            raise

        async def run(function: Callable[[JsContext], Any]) -> Any:
            return await asyncio.wrap_future(self._submit(slot, lambda: _with(slot, function)))

        return JsMatchHandler(
            names,
            context,
            dispatcher,
            run=run,
            table=lambda each: match_context(each, self._environment.values),
            close=lambda: self._end(slot),
        )

    async def interrupt(self) -> None:
        """Cut the calls that wait, and wait until all have ended: none lasts beyond its limit."""
        calls = [asyncio.wrap_future(call) for call in tuple(self._busy)]
        self._bridge.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def close(self) -> None:
        """End the threads; all calls must have ended."""
        for thread in tuple(self._threads):
            thread.shutdown()

    def _initialize(
        self, bundle: Bundle, initializer: Initializer, table: Mapping[str, Any]
    ) -> None:
        host = Host(self._bridge, bundle, self._environment, self._cache, initializer)
        context = self._new_context(bundle, host)
        context.run(is_frozen=False)
        context.initialize({name: table[name] for name in ("env", "node", "version")}, initializer)

    def _invoke(
        self,
        bundle: Bundle,
        slot: _Slot,
        mode: str,
        name: str,
        table: Mapping[str, Any],
        values: list[Any],
    ) -> Any:
        if slot.context is None:
            host = Host(self._bridge, bundle, self._environment, self._cache)
            self._open(bundle, slot, host)
        return _with(slot, lambda context: context.invoke(mode, name, table, values))

    def _open(self, bundle: Bundle, slot: _Slot, host: Host) -> None:
        context = self._new_context(bundle, host)
        context.run(is_frozen=self._config.js_read_only_globals)
        slot.context = context

    def _new_context(self, bundle: Bundle, host: Host) -> JsContext:
        given = {
            **self._given,
            "file": bundle.name,
            "identifiers": bundle.init_module.identifiers,
        }
        limit = self._config.js_time_limit_sec
        return JsContext(self._engine, bundle, host, given, limit)

    async def _take(self, load: Load) -> _Slot:
        while not load.idle:
            if load.count < self._config.js_max_count:
                load.count += 1
                return _Slot()
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self._wake()  # it may have been this one's turn
                raise
        return load.idle.popleft()

    def _give(self, load: Load, slot: _Slot) -> None:
        if load.is_over:
            load.count -= 1
            self._end(slot)
        else:
            load.idle.append(slot)
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _submit(self, slot: _Slot, function: Callable[[], Any]) -> Future[Any]:
        if slot.thread is None:
            slot.thread = _new_thread()
            self._threads.add(slot.thread)
        call = slot.thread.submit(contextvars.copy_context().run, function)
        self._busy.add(call)
        call.add_done_callback(self._busy.discard)
        return call

    def _end(self, slot: _Slot) -> None:
        """End a slot's thread; its context ends in there."""
        if slot.thread is not None:
            slot.thread.submit(_forget, slot)
            slot.thread.shutdown(wait=False)
            self._threads.discard(slot.thread)


def _with(slot: _Slot, function: Callable[[JsContext], Any]) -> Any:
    """Call a function with a slot's context, which is let go when it was cut."""
    context = slot.context
    if context is None:
        raise ModuleError("the code ran too long before, and was cut")
    try:
        return function(context)
    finally:
        if context.is_spent:
            slot.context = None


def _forget(slot: _Slot) -> None:
    slot.context = None


def _new_thread() -> ThreadPoolExecutor:
    """A thread with a stack that is large enough for what the engine may use of it."""
    before = threading.stack_size(_THREAD_STACK)
    try:
        thread = ThreadPoolExecutor(1, "nakama-js")
        thread.submit(threading.get_ident).result()  # so that it begins now
    finally:
        threading.stack_size(before)
    return thread
