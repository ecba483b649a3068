"""MockServer: the server that a test starts and asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from mock_server.config import Config, given
from mock_server.fault_targets import fault_targets
from mock_server.features.matchmaker.facade import MatchmakerFacade
from mock_server.features.notifications.facade import NotificationsFacade
from mock_server.features.purchases.facade import PurchasesFacade
from mock_server.features.push.devices import Device
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.rules import PushRule, read_rules
from mock_server.grpc.port import GrpcPort
from mock_server.handles import OpenSocket, RuntimeHandle, open_socket
from mock_server.http.tls import tls_context
from mock_server.runtime.callbacks import RpcFunction
from mock_server.runtime.nk import Nakama
from mock_server.runtime.python import InitModule, initialize
from mock_server.runtime.tools.metrics import Metric
from mock_server.schema import SCHEMA
from mock_server.server_events import publish_requests_and_pushes, publish_sockets_and_modules
from mock_server.sql.database import Database
from mock_server.wiring import Wiring
from server_kit import Clock, Faults, HostedServer, Journal, ServerNotRunning, Store
from server_kit.web import EventStream

T = TypeVar("T")


class MockServer(HostedServer):
    """A mock of Nakama 3.40 on two loopback ports: the client API and the console.

    `async with MockServer() as server:` runs it in the current event loop; `with MockServer() as
    server:` in a thread of its own, where `server.run(coroutine)` calls its coroutines. Two
    servers in one process share nothing.

    Args:
        config: Nakama's settings; its defaults, on free ports, when left out.
        clock: What the server takes for the time; the machine's clock when left out.
        data: A file that keeps the server's state across restarts and kills; None keeps it in
            memory.

    Attributes:
        config: The settings.
        clock: The server's time; `clock.advance(seconds)` makes tokens expire.
        journal: The requests and frames that came in.
        events: What `GET /_control/events` sends: `request` for each entry of the journal, `socket`
            and `push` for each change of one, `modules` for each load of server modules, `reset`
            when everything was replaced.
        faults: What goes wrong on purpose: `faults.add(Fault.reset(), "GET /v2/notification")`.
        matchmaker: Brings players together at once: `await matchmaker.process()`.
        notifications: Sends and reads notifications as the game's backend does.
        purchases: Reads and refunds what players bought: `purchases.refund("t-1")`.
        pushes: What became of each push; `pushes.on_event("friend_request")` makes a rule.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        clock: Clock | None = None,
        data: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.config = given(config)
        self.clock = clock or Clock()
        self.journal = Journal()
        self.events = EventStream()
        self.faults = Faults(
            self.journal, self.clock, socket_path="/ws", targets=fault_targets(self.config.push)
        )
        self.pushes = PushLog(self.config.push.on_event)
        publish_requests_and_pushes(self.events, self.journal, self.pushes)
        self._data = None if data is None else Path(data)
        self._rpcs: list[tuple[RpcFunction, str]] = []
        self._late_rpcs: list[tuple[RpcFunction, str]] = []
        self._modules: list[InitModule] = []
        self._wiring: Wiring | None = None
        self._restarting = asyncio.Lock()
        self._http_url = ""
        self._console_url = ""
        self._grpc = GrpcPort(self.config.socket, self.config.grpc.port)
        self._database = Database(self.config.database)

    @property
    def http_url(self) -> str:
        """Where the client API is, as `http://127.0.0.1:7350`."""
        self._running()
        return self._http_url

    @property
    def socket_url(self) -> str:
        """Where the socket is, as `ws://127.0.0.1:7350/ws`."""
        return self.http_url.replace("http", "ws", 1) + "/ws"

    @property
    def grpc_address(self) -> str | None:
        """Where gRPC is, as `127.0.0.1:7349`; None where it is not served (see `grpc.port`)."""
        self._running()
        return self._grpc.address

    @property
    def console_url(self) -> str:
        """Where the console API and `/_control` are."""
        self._running()
        return self._console_url

    @property
    def matchmaker(self) -> MatchmakerFacade:
        """Brings players together without waiting for `matchmaker.interval_sec` to pass."""
        self._running()
        return MatchmakerFacade(lambda: self._running().matchmaker, self._in_loop)

    @property
    def purchases(self) -> PurchasesFacade:
        """Reads and refunds what players bought: `server.purchases.refund("t-1")`."""
        self._running()
        return PurchasesFacade(lambda: self._running().purchases, self._in_loop)

    @property
    def notifications(self) -> NotificationsFacade:
        """Sends and reads notifications as the game's backend does."""
        self._running()
        return NotificationsFacade(lambda: self._running().notifications, self._in_loop)

    @property
    def nk(self) -> RuntimeHandle:
        """The runtime functions; for tests, and for the functions that `rpc` registers.

        They may be called in any thread; what they return may be awaited in any loop.
        """
        return RuntimeHandle(self._running().runtime.nk, self._in_loop)

    def rpc(self, rpc_id: str) -> Callable[[RpcFunction], RpcFunction]:
        """Decorate a function that clients call as `rpc_id`.

        It takes the runtime `Context` and the payload text and returns text or None. It may be a
        coroutine function; a plain one runs in the server's loop and must not block. What is
        registered while the server runs is removed by `reset`.
        """

        def register(function: RpcFunction) -> RpcFunction:
            if self._wiring is None:
                self._rpcs.append((function, rpc_id))
            else:
                self._late_rpcs.append((function, rpc_id))
                self.nk.register_rpc(function, rpc_id)
            return function

        return register

    def module(self, init_module: InitModule) -> InitModule:
        """Decorate a function that registers functions, as `init_module(nk)` of a server module.

        It is called at the start and at each reset, after the modules of `runtime.path`, and may
        be a coroutine function.

        Raises:
            RuntimeError: The server has started already.
        """
        if self._wiring is not None:
            raise RuntimeError("register modules before the server starts")
        self._modules.append(init_module)
        return init_module

    def add_push_rules(self, rules: Iterable[PushRule | Mapping[str, Any]]) -> None:
        """Add push rules while the server runs, until `reset`.

        Args:
            rules: As in the setting `push.on_event`; each replaces the rule for its event.

        Raises:
            InvalidRule: One of them is wrong, two are for the same event, or there would be more
                than 1,000 in all; none is added.
        """
        added = read_rules(rules)
        self._in_loop.call(lambda: self._add_push_rules(added))

    def _add_push_rules(self, rules: tuple[PushRule, ...]) -> None:
        self.pushes.rules.add_all(rules)
        self._running().push.scheduler.plan()
        self._running().push_sources.check()

    def push_rule_problems(self) -> dict[str, str]:
        """The events of push rules that can never happen, each with the reason."""
        return self._in_loop.call(lambda: self._running().push_sources.problems())

    def rpc_ids(self) -> list[str]:
        """The ids of all RPC functions."""
        return self._in_loop.call(lambda: self._running().rpcs.ids())

    def sockets(self) -> list[OpenSocket]:
        """The open sockets, oldest first; each has `user_id`, `disconnect()` and `abort()`."""
        sessions = self._in_loop.call(lambda: self._running().registry.all())
        return [open_socket(session, self._in_loop) for session in sessions]

    def metrics(self) -> list[Metric]:
        """What modules have counted with `nk.metrics_*`, by kind, name and tags."""
        return self._in_loop.call(lambda: self._running().metrics.all())

    def user_count(self) -> int:
        """How many users there are."""
        return self._in_loop.call(lambda: self._running().accounts.count())

    async def users(self) -> list[dict[str, Any]]:
        """The public `User` message of every user, in the order of their accounts."""
        return await self._ask(
            lambda: [self._running().accounts.user(row) for row in self._running().accounts.all()]
        )

    async def devices(self, user_id: str) -> list[Device]:
        """A user's devices for pushes, the last registered first."""
        return await self._ask(lambda: self._running().push.devices.of_user(user_id))

    async def all_devices(self) -> list[tuple[str, Device]]:
        """Every user's id with each of their devices, the first registered first."""
        return await self._ask(lambda: self._running().push.devices.all())

    async def settle(self) -> None:
        """Return once what became due by the clock has been done.

        After `clock.advance`, leaderboards and tournaments are reset and the functions that modules
        registered for it have been called.
        """
        await self._in_loop.wait(self._running().lifecycle.settle())

    async def reset(self) -> None:
        """Restore the state after start, in about a millisecond.

        Users, sockets, pushes, the journal, faults, every `clock.advance` and the functions that
        were registered since the start are removed, and so is what a `data` file held at the start.

        Raises:
            ModuleLoadError: A module fails; those that were loaded before stay, all else is reset.
        """
        await self._in_loop.wait(self._reset())

    async def reload_modules(self) -> None:
        """Load the server modules again, as `runtime.watch` does when a file has changed.

        Raises:
            ModuleLoadError: One fails; what was loaded before stays.
        """
        await self._in_loop.wait(self._running().runtime.load())

    async def restart(self, *, keep_data: bool = True) -> None:
        """Restart as a Nakama whose process has ended, on the same ports.

        Every connection of the client API is dropped without a close frame, and meanwhile new ones
        are refused. What Nakama keeps in memory is lost: presences, and which tokens were logged
        out. Modules load again. The console's port stays, and so do clock, journal and faults.

        Args:
            keep_data: Whether the users and all that is stored are still there afterwards.

        Raises:
            ModuleLoadError: A module fails; the client API is served again from the next restart.
            OSError: Another process took the port meanwhile.
        """
        await self._in_loop.wait(self._restart(keep_data=keep_data))

    async def snapshot(self) -> bytes:
        """Everything that is stored, for `restore`."""
        return await self._ask(lambda: self._running().store.snapshot())

    async def restore(self, snapshot: bytes) -> None:
        """Replace everything that is stored by what `snapshot` returned; sockets are dropped."""
        await self._in_loop.wait(self._restore(snapshot))

    async def _reset(self) -> None:
        self._late_rpcs.clear()
        try:
            await self._running().lifecycle.reset()
        finally:
            self.events.publish("reset", {})

    async def _restart(self, *, keep_data: bool) -> None:
        async with self._restarting:
            await self._restart_once(keep_data=keep_data)

    async def _restart_once(self, *, keep_data: bool) -> None:
        await self._unserve(self._http_url)
        await self._grpc.close()
        ended = self._running()
        await ended.lifecycle.end()
        if not keep_data:
            ended.store.reset()
        wiring = await self._wire(ended.store)
        await self._serve_client_api(wiring, int(self._http_url.rpartition(":")[2]))
        self.events.publish("reset", {})

    async def _restore(self, snapshot: bytes) -> None:
        await self._running().lifecycle.restore(snapshot)
        self.events.publish("reset", {})

    async def _open(self) -> None:
        self.pushes.rules.keep()
        await self._database.open()
        wiring = await self._wire(Store(SCHEMA, self._data))
        console = self.config.console
        await self._serve_client_api(wiring, self.config.socket.port)
        self._console_url = await self._serve_later(
            self._console_app, console.address, console.port
        )

    async def stop(self) -> None:
        """Stop; open connections are dropped, no task, socket or file stays open.

        With `shutdown_grace_sec`, match handlers first get that many seconds to end their matches;
        until then players stay connected.
        """
        if self._wiring is not None:
            await self._wiring.lifecycle.drain()
        await super().stop()

    async def _close(self) -> None:
        self._late_rpcs.clear()
        await self._grpc.close(grace=self.config.shutdown_grace_sec)
        wiring, self._wiring = self._wiring, None
        try:
            if wiring is not None:
                await wiring.lifecycle.close()
        finally:
            await self._database.close()

    async def _wire(self, store: Store) -> Wiring:
        """Make everything again except the store, and load the modules."""
        wiring = Wiring(
            self.config,
            self.clock,
            store,
            self.journal,
            self.faults,
            self.pushes,
            self._database,
        )
        self._wiring = wiring
        publish_sockets_and_modules(self.events, wiring.registry, wiring.runtime)
        await wiring.lifecycle.start(self._register)
        return wiring

    async def _register(self, nk: Nakama) -> None:
        for init_module in self._modules:
            await initialize(init_module, nk)
        for function, rpc_id in (*self._rpcs, *self._late_rpcs):
            nk.register_rpc(function, rpc_id)

    async def _serve_client_api(self, wiring: Wiring, port: int) -> None:
        address = self.config.socket.address
        self._http_url = await self._serve(
            wiring.client_api(), address, port, tls=tls_context(self.config.socket)
        )
        await self._grpc.open(wiring.grpc_calls())

    def _console_app(self) -> web.Application:
        # Most tests and games never ask for the console, and these are a tenth of all modules.
        from mock_server.console_app import console_app
        from mock_server.control.lifecycle import LifecycleActions

        return console_app(
            self.config,
            self.clock,
            self.journal,
            faults=self.faults,
            events=self.events,
            pushes=self.pushes,
            find_wiring=self._running,
            urls=self._urls,
            lifecycle=LifecycleActions(
                reset=self.reset,
                restart=self.restart,
                settle=self.settle,
                snapshot=self.snapshot,
                restore=self.restore,
            ),
            sockets=self.sockets,
            find_purchases=lambda: self.purchases,
            add_push_rules=self.add_push_rules,
        )

    def _urls(self) -> dict[str, str]:
        return {
            "http_url": self.http_url,
            "socket_url": self.socket_url,
            "console_url": self.console_url,
        }

    async def _ask(self, read: Callable[[], T]) -> T:
        """Read in the server's loop, from any loop: nothing else may use the store."""

        async def in_loop() -> T:
            return read()

        return await self._in_loop.wait(in_loop())

    def _running(self) -> Wiring:
        if self._wiring is None:
            raise ServerNotRunning("start the server first: `async with MockServer() as server:`")
        return self._wiring
