"""The runtime: loads the server modules and calls what they have registered."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_server.runtime.callbacks import Callbacks
from mock_server.runtime.context import Context, environment
from mock_server.runtime.errors import ModuleError, ModuleLoadError
from mock_server.runtime.events import Events
from mock_server.runtime.lua.modules import LuaModule, find_lua_modules
from mock_server.runtime.nk import Nakama
from mock_server.runtime.python import InitModule, PythonModules, initialize
from mock_server.runtime.watch import watch

if TYPE_CHECKING:
    from mock_server.parts import Parts
    from mock_server.runtime.lua.pool import LuaPool

_log = logging.getLogger("mock_server.runtime")


class Runtime:
    """The server modules of one server, in every language.

    Args:
        parts: The server.

    Attributes:
        nk: What modules may call.
        callbacks: What they have registered.
        events: Passes events to them.
        registering: What `nk.register_*` writes to: `callbacks`, but for the time of a load.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._config = parts.config
        self._env = environment(parts.config)
        self.nk = Nakama(parts)
        self.events = Events(parts)
        self.callbacks = self.registering = Callbacks()
        self._built_in: InitModule = _nothing
        self._registered: InitModule = _nothing
        self._once = False
        self._files: list[Path] = []
        self._lua: LuaPool | None = None
        self._in_python: PythonModules | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self, *, built_in: InitModule, registered: InitModule) -> None:
        """Load the modules of `runtime.path`, Lua first; of equal names the last one counts.

        Args:
            built_in: Registers what modules may replace.
            registered: Registers what replaces the modules' functions.

        Raises:
            ModuleLoadError: A module fails; the message has file and line.
        """
        self._built_in, self._registered = built_in, registered
        await self.load()
        folder = self._folder()
        if folder is None:
            return
        names = ", ".join(str(path.relative_to(folder)) for path in self._files) or "none"
        _log.info("server modules loaded from %s: %s", folder, names)
        _log.info("RPC functions: %s", ", ".join(self.rpc_ids()))
        if self._config.runtime.watch:
            self._watching = asyncio.create_task(watch(folder, self.load))

    async def load(self) -> None:
        """Load everything anew; calls under way end with what was loaded before.

        Raises:
            ModuleLoadError: A module fails; what was loaded before stays.
        """
        self._once = True
        self.registering = Callbacks()
        try:
            in_python = await self._load()
        except BaseException:
            self.registering = self.callbacks
            raise
        self.callbacks = self.registering
        self._keep(in_python)

    async def interrupt(self) -> None:
        """Cut the calls that are under way, and forget the events on their way."""
        await self.events.drop()
        if self._lua is not None:
            await self._lua.interrupt()

    async def close(self) -> None:
        """Cut the calls that are under way, and end the threads."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        await self.interrupt()
        if self._lua is not None:
            self._lua.close()
        self._keep(None)

    def context(self, mode: str, **values: Any) -> Context:
        """The context of a call in some execution mode."""
        return Context(execution_mode=mode, node=self._config.name, env=self._env, **values)

    @property
    def is_loading(self) -> bool:
        """Whether modules are being loaded."""
        return self.registering is not self.callbacks

    def may_run_once(self) -> bool:
        """Whether this is the first `nk.run_once` of a load."""
        once, self._once = self._once, False
        return once

    def has_rpc(self, rpc_id: str) -> bool:
        """Tell whether there is an RPC function of this id."""
        return rpc_id.lower() in self.callbacks.rpcs

    async def call_rpc(self, rpc_id: str, context: Context, payload: str) -> str:
        """Call an RPC function.

        Raises:
            KeyError: There is none of this id.
            ModuleError: It refused, or returned something else than text.
        """
        result: Any = self.callbacks.rpcs[rpc_id.lower()](context, payload)
        if inspect.isawaitable(result):
            result = await result
        if result is None:
            return ""
        if not isinstance(result, str):
            raise ModuleError(
                "Runtime function returned invalid data - only allowed one return value of type "
                "String/Byte."
            )
        return result

    def rpc_ids(self) -> list[str]:
        """The ids of all RPC functions, in lower case."""
        return list(self.callbacks.rpcs)

    async def _load(self) -> PythonModules | None:
        await initialize(self._built_in, self.nk)
        folder, in_python = self._folder(), None
        if folder is not None:
            in_lua, in_python = find_lua_modules(folder), PythonModules(folder)
            await self._load_lua(in_lua)
            await in_python.load(self.nk)
            self._files = [*(module.path for module in in_lua), *in_python.files]
        await initialize(self._registered, self.nk)
        return in_python

    def _keep(self, in_python: PythonModules | None) -> None:
        if self._in_python is not None:
            self._in_python.unload()
        self._in_python = in_python

    async def _load_lua(self, modules: list[LuaModule]) -> None:
        if self._lua is None and modules:
            try:
                from mock_server.runtime.lua.pool import LuaPool
            except ImportError as error:
                raise ModuleLoadError(
                    f"{modules[0].path}: Lua modules need lupa: pip install 'nakama-client[lua]'"
                ) from error
            self._lua = LuaPool(self._parts)
        if self._lua is not None:
            await self._lua.load(modules)

    def _folder(self) -> Path | None:
        if not self._config.runtime.path:
            return None
        folder = Path(self._config.runtime.path).resolve()
        if not folder.is_dir():
            raise ModuleLoadError(f"{folder}: runtime.path is no folder")
        return folder


def _nothing(nk: Nakama) -> None:
    """Register nothing."""
