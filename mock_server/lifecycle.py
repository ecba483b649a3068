"""The life of a running server: start, reset, restore, end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from mock_server.feature import Feature
from mock_server.realtime.registry import SessionRegistry
from mock_server.runtime.python import InitModule
from mock_server.runtime.runtime import Runtime
from server_kit import Store


class Lifecycle:
    """Starts and ends the objects of a server, in order.

    Features end before the server modules: a match or a tick may be inside of a module's function.

    Args:
        store: The database.
        registry: The open sockets.
        features: The features.
        runtime: The server modules.
        emptied: What `reset` empties beside database and features: journal, faults and the like.
        grace: Seconds for server modules to finish what players do, when the server stops.
    """

    def __init__(
        self,
        store: Store,
        registry: SessionRegistry,
        features: Sequence[Feature],
        runtime: Runtime,
        *,
        emptied: Sequence[Callable[[], None]],
        grace: int,
    ) -> None:
        self._store = store
        self._registry = registry
        self._features = features
        self._runtime = runtime
        self._emptied = emptied
        self._grace = grace

    async def start(self, registered: InitModule) -> None:
        """Load the server modules, and begin what works in the background.

        Args:
            registered: Registers what replaces the modules' functions.

        Raises:
            ModuleLoadError: A module fails; the message has file and line.
        """
        await self._runtime.start(registered)
        self._start_features()

    async def reset(self) -> None:
        """Drop the sockets, forget everything but the server modules, and load these again.

        Raises:
            ModuleLoadError: A module fails; those that were loaded before stay, all else is reset.
        """
        await self._registry.abort_all()
        await self._end_features()
        await self._runtime.interrupt()
        self._store.reset()
        self._forget()
        for empty in self._emptied:
            empty()
        try:
            await self._runtime.load()
        finally:
            self._start_features()

    async def restore(self, snapshot: bytes) -> None:
        """Drop the sockets, and replace everything that is stored."""
        await self._registry.abort_all()
        await self._end_features()
        self._store.restore(snapshot)
        self._forget()
        self._start_features()

    async def settle(self) -> None:
        """Return once what is due by the clock has been done."""
        for each in self._features:
            await each.settle()

    async def end(self) -> None:
        """Give up what is under way, as a process that is killed; the store stays open."""
        await self._end_features()
        await self._runtime.close()

    async def drain(self) -> None:
        """Let server modules finish what players do, within `shutdown_grace_sec` seconds."""
        if not self._grace:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._runtime.shut_down(), self._grace)
        for each in self._features:
            await each.drain()

    async def close(self) -> None:
        """Finish what is under way, and close the store."""
        try:
            for each in self._features:
                await each.close()
            await self._runtime.close()
        finally:
            self._store.close()

    def _start_features(self) -> None:
        for each in self._features:
            each.start()

    async def _end_features(self) -> None:
        for each in self._features:
            await each.end()

    def _forget(self) -> None:
        for each in self._features:
            each.forget()
