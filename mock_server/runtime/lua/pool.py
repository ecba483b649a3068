"""The pool of Lua states: each call takes a state of its own and runs in the loop's thread."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from attrs import define, field

from mock_server.config import RuntimeConfig
from mock_server.runtime.bridge import Bridge
from mock_server.runtime.context import Context, Contexts
from mock_server.runtime.errors import ModuleError, ModuleLoadError
from mock_server.runtime.lua.greenlets import Greenlets, wait
from mock_server.runtime.lua.load_record import LoadRecord
from mock_server.runtime.lua.match import LuaMatchHandler
from mock_server.runtime.lua.modules import LuaModule
from mock_server.runtime.lua.state import LuaState
from mock_server.runtime.match_handler import Dispatcher
from mock_server.runtime.nk import FunctionTable
from mock_server.runtime.registration import without_start
from mock_server.runtime.registrations import Registrations
from mock_server.runtime.tools.localcache import LuaCache
from mock_server.runtime.uncalled import called_for

_SINGLE = (
    "matchmaker_matched",
    "tournament_end",
    "tournament_reset",
    "leaderboard_reset",
    "shutdown",
)
_LOAD_THREADS = 2
_MATCH_THREADS = 48


@define(eq=False)
class _Generation:
    """One load of the modules, and the states that have them.

    A reload makes a new one instead of loading into states that are there: calls under way go on
    with the code and the variables they began with, and a load that fails has touched nothing.
    States of the old one are dropped with the last call that uses them.
    """

    modules: Sequence[LuaModule]
    record: LoadRecord = field(factory=LoadRecord)
    idle: list[LuaState] = field(factory=list)
    count: int = 0


# Lua cannot register these in Nakama; Go modules can, and Python ones here.
_NOT_IN_LUA = (
    "register_event",
    "register_event_session_start",
    "register_event_session_end",
    "register_match",
    "register_purchase_notification_apple",
    "register_purchase_notification_google",
    "register_subscription_notification_apple",
    "register_subscription_notification_google",
)


class LuaPool:
    """The Lua states of one server, from `runtime.lua_min_count` to `runtime.lua_max_count`.

    The state that was used last is taken first, so that calls one after the other meet the same
    variables. A call that finds all states busy waits for one.

    Args:
        config: How many states there may be, and how long a call may run.
        functions: What Lua may call.
        registrations: Where the functions that modules register go.
        contexts: Makes the context of `nk.run_once`.
        now: The server's time in seconds.
    """

    def __init__(
        self,
        config: RuntimeConfig,
        *,
        functions: FunctionTable,
        registrations: Registrations,
        contexts: Contexts,
        now: Callable[[], float],
    ) -> None:
        self._config = config
        self._cache = LuaCache(now)
        self._registrations = registrations
        self._contexts = contexts
        self._loop = asyncio.get_running_loop()
        self._bridge = Bridge(functions.without(_NOT_IN_LUA), self._loop, wait)
        self._greenlets = Greenlets()
        # Calls run in the loop's thread: a change of threads for each, and for each `nk` function,
        # costs more than most functions do. Loading, which may take long, is done in threads.
        self._loads = ThreadPoolExecutor(_LOAD_THREADS, "nakama-lua")
        # Of their own, so that a match that is waited for finds one when all others wait; and what
        # loads modules for matches waits for nobody.
        self._match_threads = ThreadPoolExecutor(_MATCH_THREADS, "nakama-match")
        self._match_loads = ThreadPoolExecutor(1, "nakama-match-load")
        self._generation = _Generation(())
        self._busy: dict[Future[Any], LuaState] = {}  # in threads
        self._calls: dict[asyncio.Future[Any], LuaState] = {}  # in the loop
        self._waiters: deque[asyncio.Future[None]] = deque()

    async def load(self, modules: Sequence[LuaModule]) -> None:
        """Load modules; calls under way end with what was loaded before.

        Raises:
            ModuleLoadError: One fails; what was loaded before stays.
        """
        generation = _Generation(modules)
        if modules:
            least = min(self._config.lua_min_count, self._config.lua_max_count)
            generation.idle = [await self._make(generation, self._loads) for _ in range(least)]
            generation.count = least
            for kind, name in generation.idle[0].announced:
                self._register(kind, name)
            for module in modules:
                make = partial(self._make_match, generation, module.name)
                self._registrations.pending.matches[module.name] = make
        self._generation = generation

    async def interrupt(self) -> None:
        """Cut the calls that are under way, and wait until they have ended."""
        # Cutting alone would not end a call that waits for an `nk` function, as for an HTTP
        # request: what it waits for is cancelled as well.
        calls = [*self._calls, *(asyncio.wrap_future(call) for call in self._busy)]
        for state in (*self._calls.values(), *self._busy.values()):
            state.cut()
        self._bridge.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def close(self) -> None:
        """End the threads and greenlets; all calls must have ended."""
        self._greenlets.close()
        self._loads.shutdown()
        self._match_threads.shutdown()
        self._match_loads.shutdown()

    def _register(self, kind: str, name: str) -> None:
        callbacks = self._registrations.pending
        function = partial(self._call, f"{kind}:{name}")
        if kind in ("before", "after"):
            name = called_for("Lua", kind, name).lower()
            if not name:
                return
        named: dict[str, dict[str, Any]] = {
            "rpc": callbacks.rpcs,
            "before": callbacks.before,
            "after": callbacks.after,
            "before_rt": callbacks.before_rt,
            "after_rt": callbacks.after_rt,
            "storage_index_filter": callbacks.storage_index_filters,
        }
        listeners: dict[str, list[Any]] = {}
        if kind in named:
            named[kind][name] = function
        elif kind == "tournament_reset":
            callbacks.tournament_reset = without_start(function)
        elif kind in _SINGLE:
            setattr(callbacks, kind, function)
        else:
            listeners[kind].append(function)

    async def _call(self, key: str, context: Context, *payload: Any) -> Any:
        generation = self._generation
        state = await self._take(generation)
        call = self._greenlets.run(partial(state.invoke, key, (context.shared_table, *payload)))
        if call.done():  # it waited for nothing
            self._give(generation, state)
            return call.result()
        # The state goes back when Lua has ended, not when this coroutine does: Lua goes on until it
        # hears that its caller is cancelled, and two calls in one state would corrupt it.
        self._calls[call] = state
        call.add_done_callback(partial(self._end, generation))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            if not call.done():
                state.cancel()
            raise

    def _end(self, generation: _Generation, call: asyncio.Future[Any]) -> None:
        self._give(generation, self._calls.pop(call))
        call.exception()  # nobody may be there any more to look at it

    async def _make_match(
        self, generation: _Generation, module: str, context: Context, dispatcher: Dispatcher
    ) -> LuaMatchHandler:
        """Make a state for a match alone, which does not count among those of the pool."""
        try:
            state = await self._make(generation, self._match_loads)
        except ModuleLoadError as error:
            raise ModuleError(f"error loading match module: {error}") from error
        handler = LuaMatchHandler(state, partial(self._submit, self._match_threads), dispatcher)
        await handler.open(module, context)
        return handler

    async def _take(self, generation: _Generation) -> LuaState:
        # A loop, because a call that comes in between the wake and its waiter's turn may have
        # taken the state.
        while not generation.idle:
            if generation.count < self._config.lua_max_count:
                return await self._grow(generation)
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self._wake()  # it may have been this one's turn
                raise
        return generation.idle.pop()

    async def _grow(self, generation: _Generation) -> LuaState:
        generation.count += 1  # before the await: calls meanwhile must not grow beyond the limit
        try:
            return await self._make(generation, self._loads)
        except BaseException as error:
            generation.count -= 1
            self._wake()
            if isinstance(error, ModuleLoadError):
                raise ModuleError(f"a further Lua state could not be loaded: {error}") from error
            raise

    def _give(self, generation: _Generation, state: LuaState) -> None:
        if state.is_spent:  # cut in the middle of its code: its variables may be half changed
            generation.count -= 1
        else:
            generation.idle.append(state)
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    async def _make(self, generation: _Generation, threads: ThreadPoolExecutor) -> LuaState:
        state = LuaState(
            self._bridge,
            generation.record,
            self._contexts.new("run_once"),
            self._cache,
            time_limit=self._config.lua_time_limit_sec,
        )
        await asyncio.wrap_future(self._submit(threads, state, state.load, generation.modules))
        return state

    def _submit(
        self,
        threads: ThreadPoolExecutor,
        state: LuaState,
        function: Callable[..., Any],
        *arguments: Any,
    ) -> Future[Any]:
        call = threads.submit(contextvars.copy_context().run, function, *arguments)
        self._busy[call] = state
        call.add_done_callback(self._busy.pop)
        return call
