"""The runtime: loads the server modules and calls what they have registered."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve

from mock_server.config import RuntimeConfig
from mock_server.runtime.callbacks import RpcFunction
from mock_server.runtime.context import Contexts
from mock_server.runtime.errors import ModuleError, ModuleLoadError
from mock_server.runtime.events import Events
from mock_server.runtime.inventory import BUILT_IN, Inventory, LoadState, Registered
from mock_server.runtime.js.engine import find_bundle, load_engine
from mock_server.runtime.lua.modules import LuaModule, find_lua_modules
from mock_server.runtime.nk import FunctionTable, Nakama
from mock_server.runtime.python import InitModule, PythonModules, initialize
from mock_server.runtime.registrations import Registrations
from mock_server.runtime.watch import watch
from mock_server.signals import Signal

if TYPE_CHECKING:
    from mock_server.runtime.js.modules import JsModules
    from mock_server.runtime.lua.pool import LuaPool

_log = logging.getLogger("mock_server.runtime")


class Runtime:
    """The server modules of one server, in every language.

    Args:
        config: Where they are, and how many Lua states there may be.
        functions: What modules may call.
        registrations: What they register.
        contexts: Makes the contexts of calls.
        events: What `interrupt` drops.
        rpcs: RPC functions that are there without modules, which may replace them.
        settings: What `initializer.getConfig()` returns in JavaScript.
        now: The server's time in seconds.

    Attributes:
        nk: What modules may call, as attributes.
        state: How they were loaded.
        loaded: Sent after each load, also one that failed.
    """

    def __init__(
        self,
        config: RuntimeConfig,
        *,
        functions: FunctionTable,
        registrations: Registrations,
        contexts: Contexts,
        events: Events,
        rpcs: Mapping[str, RpcFunction],
        settings: Mapping[str, Any],
        now: Callable[[], float],
    ) -> None:
        self.nk = Nakama(functions, registrations)
        self._config = config
        self._functions = functions
        self._registrations = registrations
        self._contexts = contexts
        self._events = events
        self._rpcs = rpcs
        self._settings = settings
        self._now = now
        self._registered: InitModule = _nothing
        self.state = LoadState()
        self.loaded: Signal[LoadState] = Signal()
        self._inventory = Inventory()
        self._loading = asyncio.Lock()
        self._javascript: JsModules | None = None
        self._lua: LuaPool | None = None
        self._in_python: PythonModules | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def is_watching(self) -> bool:
        """Whether modules are loaded again when a file changes."""
        return self._watching is not None

    @property
    def registered(self) -> list[Registered]:
        """What modules have registered, with its language."""
        return list(self._inventory.registered(self._registrations.active))

    @property
    def rpc_ids(self) -> list[str]:
        """The ids of the RPC functions that modules registered, in lower case."""
        active = self._registrations.active.rpcs
        return [name for name, rpc in active.items() if rpc is not self._rpcs.get(name)]

    async def start(self, registered: InitModule) -> None:
        """Load the modules of `runtime.path`: JavaScript, Lua, Python.

        Of equal names the last one counts.

        Args:
            registered: Registers what replaces the modules' functions.

        Raises:
            ModuleLoadError: A module fails; the message has file and line.
        """
        self._registered = registered
        await self.load()
        folder = self._folder()
        if folder is None:
            return
        names = ", ".join(str(path.relative_to(folder)) for path in self.state.files) or "none"
        _log.info("server modules loaded from %s: %s", folder, names)
        _log.info("RPC functions: %s", ", ".join(self._registrations.active.rpcs))
        if self._config.watch:
            self._watching = asyncio.create_task(watch(folder, self.load))

    async def load(self) -> None:
        """Load everything again, one load at a time; calls under way end with the old modules.

        Raises:
            ModuleLoadError: A module fails; what was loaded before stays.
        """
        async with self._loading:
            await self._load_anew()

    async def _load_anew(self) -> None:
        self._registrations.begin()
        inventory = Inventory()
        try:
            in_python, files = await self._load(inventory)
        except BaseException as error:
            self._registrations.abort()
            if self._javascript is not None:
                self._javascript.drop()
            self._note(evolve(self.state, error=str(error) or type(error).__name__))
            raise
        self._registrations.commit()
        self._inventory = inventory
        if self._javascript is not None:
            self._javascript.keep()
        self._keep(in_python)
        self._note(LoadState(files, self.state.loads + 1, self._now()))

    def python_function(self, name: str) -> Callable[..., Any]:
        """A function of a module in Python, which is called with `nk` before its arguments.

        Args:
            name: As `module.function`.

        Raises:
            LookupError: There is none, or its file fails.
        """
        module, _, function = name.rpartition(".")
        try:
            found = None if self._in_python is None else self._in_python.find(module, function)
        except ModuleLoadError as error:
            raise LookupError(str(error)) from error
        if found is None:
            raise LookupError(f"no module in Python of runtime.path has a function {name}")
        return partial(found, self.nk)

    async def shut_down(self) -> None:
        """Call the function of `register_shutdown`; its errors are logged."""
        function = self._registrations.active.shutdown
        if function is None:
            return
        try:
            result = function(self._contexts.new("shutdown"))
            if inspect.isawaitable(result):
                await result
        except ModuleError as error:
            _log.error("the shutdown function failed: %s", error.message)
        except Exception:
            _log.exception("the shutdown function failed")

    async def interrupt(self) -> None:
        """Cut the calls that are under way, and forget the events on their way."""
        await self._events.drop()
        for language in (self._javascript, self._lua):
            if language is not None:
                await language.interrupt()

    async def close(self) -> None:
        """Cut the calls that are under way, and end the threads."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        await self.interrupt()
        for language in (self._javascript, self._lua):
            if language is not None:
                language.close()
        self._keep(None)

    def _note(self, state: LoadState) -> None:
        self.state = state
        self.loaded.send(state)

    async def _load(self, inventory: Inventory) -> tuple[PythonModules | None, tuple[Path, ...]]:
        registered = self._registrations.pending
        registered.rpcs.update(self._rpcs)
        inventory.note(registered, BUILT_IN)
        folder, in_python = self._folder(), None
        files: tuple[Path, ...] = ()
        if folder is not None:
            in_lua, in_python = find_lua_modules(folder), PythonModules(folder)
            bundle = find_bundle(folder, self._config.js_entrypoint)
            await self._load_javascript(bundle)
            inventory.note(registered, "JavaScript")
            await self._load_lua(in_lua)
            inventory.note(registered, "Lua")
            await in_python.load(self.nk)
            inventory.note(registered, "Python")
            in_javascript = [] if bundle is None else [bundle]
            files = (*in_javascript, *(each.path for each in in_lua), *in_python.files)
        await initialize(self._registered, self.nk)
        return in_python, files

    def _keep(self, in_python: PythonModules | None) -> None:
        if self._in_python is not None:
            self._in_python.unload()
        self._in_python = in_python

    async def _load_javascript(self, bundle: Path | None) -> None:
        if self._javascript is None and bundle is not None:
            engine = load_engine(bundle)
            from mock_server.runtime.js.modules import JsModules

            self._javascript = JsModules(
                self._config,
                engine,
                functions=self._functions,
                registrations=self._registrations,
                contexts=self._contexts,
                settings=self._settings,
                now=self._now,
            )
        if self._javascript is not None:
            await self._javascript.load(bundle)

    async def _load_lua(self, modules: list[LuaModule]) -> None:
        if self._lua is None and modules:
            try:
                from mock_server.runtime.lua.pool import LuaPool
            except ImportError as error:
                raise ModuleLoadError(
                    f"{modules[0].path}: Lua modules need lupa: pip install 'nakama-client[lua]'"
                ) from error
            self._lua = LuaPool(
                self._config,
                functions=self._functions,
                registrations=self._registrations,
                contexts=self._contexts,
                now=self._now,
            )
        if self._lua is not None:
            await self._lua.load(modules)

    def _folder(self) -> Path | None:
        if not self._config.path:
            return None
        folder = Path(self._config.path).resolve()
        if not folder.is_dir():
            raise ModuleLoadError(f"{folder}: runtime.path is no folder")
        return folder


def _nothing(nk: Nakama) -> None:
    """Register nothing."""
