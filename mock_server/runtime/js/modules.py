"""Server modules in JavaScript: the loads of a bundle, each kept or dropped as a whole."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mock_server.config import RuntimeConfig
from mock_server.runtime.context import Contexts
from mock_server.runtime.js import dispatching, language, registering
from mock_server.runtime.js.bundle import Bundle
from mock_server.runtime.js.bundle_functions import BundleFunctions
from mock_server.runtime.js.calls import Environment
from mock_server.runtime.js.functions import NAMES, SATORI
from mock_server.runtime.js.pool import JsPool, Load
from mock_server.runtime.localcache import LocalCache
from mock_server.runtime.nk import FunctionTable
from mock_server.runtime.registrations import Registrations

_log = logging.getLogger("mock_server.modules")

_NATIVE = (
    "github.com/heroiclabs/nakama/v3/server.(*RuntimeJavascriptNakamaModule).mappings."
    "(*RuntimeJavascriptNakamaModule)."
)


class JsModules:
    """The server modules in JavaScript of one server.

    Args:
        config: How many contexts there may be, and how long a call may run.
        engine: The module of quickjs-ng.
        functions: What JavaScript may call.
        registrations: Where the functions that a bundle registers go.
        contexts: Makes the context of InitModule.
        settings: What `initializer.getConfig()` returns.
        now: The server's time in seconds.
    """

    def __init__(
        self,
        config: RuntimeConfig,
        engine: Any,
        *,
        functions: FunctionTable,
        registrations: Registrations,
        contexts: Contexts,
        settings: Mapping[str, Any],
        now: Callable[[], float],
    ) -> None:
        self._active: Load | None = None
        self._pending: Load | None = None
        self._registrations = registrations
        self._contexts = contexts
        self._pool = JsPool(
            config,
            engine,
            functions=functions,
            environment=Environment(contexts.new("run_once").env),
            cache=LocalCache(now),
            given={
                "native": _NATIVE,
                "functions": NAMES,
                "satori": SATORI,
                "config": settings,
                "registrations": registering.REGISTRATIONS,
                "named": registering.NAMED,
                "unscoped": registering.UNSCOPED,
                "match": registering.MATCH_FUNCTIONS,
                "dispatcher": dispatching.NAMES,
                "absentGlobals": language.ABSENT_GLOBALS,
                "absentMembers": language.ABSENT_MEMBERS,
                "zone": {"names": time.tzname, "west": time.timezone // 60},
            },
        )

    async def load(self, path: Path | None) -> None:
        """Load a bundle beside what is loaded, until `keep` or `drop`.

        Args:
            path: Its file; None where there is none any more.

        Raises:
            ModuleLoadError: It fails.
        """
        if path is None:
            return
        bundle = Bundle.read(path)
        for finding in bundle.unknown:
            _log.warning(
                "%s:%d: %s does not exist in Nakama's engine, nor here",
                path,
                finding.line,
                finding.what,
            )
        self._pending = await self._pool.load(bundle, self._contexts.new("run_once"))
        BundleFunctions(self._pool, self._pending).register(self._registrations.pending)

    def keep(self) -> None:
        """End a load that succeeded: what was loaded before is over."""
        previous, self._active, self._pending = self._active, self._pending, None
        if previous is not None:
            self._pool.unload(previous)

    def drop(self) -> None:
        """End a load that failed, be it in another language."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self._pool.unload(pending)

    async def interrupt(self) -> None:
        """Cut the calls that are under way, and wait until they have ended."""
        await self._pool.interrupt()

    def close(self) -> None:
        """End the threads; all calls must have ended."""
        self.drop()
        self.keep()
        self._pool.close()
