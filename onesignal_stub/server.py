"""OneSignalStub: the server that a test starts and asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from onesignal_stub import demo, inbox
from onesignal_stub.control import ControlRoutes
from onesignal_stub.http import RequestPipeline
from onesignal_stub.limits import RateLimit, RateLimiter
from onesignal_stub.seed import read_seed
from onesignal_stub.sent_pushes import Push, PushQuery
from onesignal_stub.service import Service
from onesignal_stub.simulation import SimulatedDevice
from onesignal_stub.webhooks import EVENTS, WebhookEvent
from server_kit import Clock, Faults, HostedServer, Journal, ServerNotRunning
from server_kit.faults import FaultRoutes, FaultTargets
from server_kit.origin import Credentials, OriginGuard, is_loopback
from server_kit.web import EventStream, is_ours

T = TypeVar("T")
MAX_LINE = 32 * 1024
"""Bytes of a request line; a longer one is answered with 400."""

CONTROL_USER = "admin"
"""The user of the login that a stub on an address of the network asks for."""


class OneSignalStub(HostedServer):
    """OneSignal's REST API on loopback, and a record of each push that it would have sent.

    `async with OneSignalStub() as stub:` serves in the running loop. `with OneSignalStub() as
    stub:` serves in a thread of its own; there, `stub.run(stub.wait_for_push(...))` awaits. Its
    coroutines may be awaited from any loop.

    Args:
        host: The address to bind; loopback by default.
        port: The port; 0 takes a free one.
        app_id: The id of the first app. OneSignal's are UUIDs; the stub takes any text.
        rest_key: That app's REST API key.
        user_key: The account's key ("User Auth Key", "Organization API key"), for `/apps`.
        data: A file that keeps everything across restarts; None keeps it in memory.
        seed: A JSON file with apps, players, users, segments and templates to start with, also
            after a reset; see `onesignal_stub.seed`.
        clock: The stub's time; None takes the machine's.
        strict_keys: Require a key also on the routes that older clients call without one.
        rate_limit: How many requests each app may make; None does not limit them.
        allow_host: Names besides loopback's that `/_control` and the inbox may be asked under. On
            an address of the network both need a login: `admin` and the `user_key`.

    Attributes:
        app_id: As given, in lower case.
        rest_key: As given.
        user_key: As given.
        events: What `GET /_control/events` sends.
        journal: Each request that came in; `journal.problems()` are those without an answer.
        faults: Injected faults: `faults.add(Fault.reset(), "POST /notifications")`.
        clock: The stub's time.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        app_id: str = "someappid",
        rest_key: str = "someapikey",
        user_key: str = "user-auth-key",
        data: str | Path | None = None,
        seed: Path | None = None,
        clock: Clock | None = None,
        strict_keys: bool = False,
        rate_limit: RateLimit | None = None,
        allow_host: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.app_id = app_id.lower()
        self.rest_key = rest_key
        self.user_key = user_key
        self.clock = clock or Clock()
        self.journal = Journal()
        self.faults = Faults(self.journal, self.clock, prefix="/api/v1")
        self.events = EventStream()
        self.journal.watch(partial(self.events.publish, "request"))
        login = None if is_loopback(host) else Credentials(CONTROL_USER, user_key)
        self._guard = OriginGuard(allow_host, login=login)
        self._host = host
        self._port = port
        self._data = None if data is None else Path(data)
        self._seed = seed
        self._strict_keys = strict_keys
        self._rate_limit = rate_limit
        self._limiter = RateLimiter(self.clock)
        self._service: Service | None = None
        self._schedule: asyncio.Task[None] | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The base URL, as `http://127.0.0.1:8890`; SDKs of the old API need `/api/v1` after it.

        Raises:
            ServerNotRunning: The stub is not running.
        """
        if self._url is None:
            raise ServerNotRunning("the stub has a url only while it runs")
        return self._url

    @property
    def _running(self) -> Service:
        """The features of the stub; only the thread of its loop may use them."""
        if self._service is None:
            raise ServerNotRunning("the stub is not running")
        return self._service

    @property
    def pushes(self) -> list[Push]:
        """Every push so far, in the order of sending, one per device."""
        return self.find_pushes()

    def find_pushes(
        self,
        *,
        notification_id: str | None = None,
        player_id: str | None = None,
        external_user_id: str | None = None,
        contains: str | None = None,
        since: float | None = None,
    ) -> list[Push]:
        """The pushes that match all that is given; see `wait_for_push` for the arguments."""
        query = PushQuery(
            notification_id=notification_id,
            player_id=player_id,
            external_user_id=external_user_id,
            contains=contains,
            since=since,
        )
        return self._read(lambda service: service.pushes.find(query))

    async def wait_for_push(
        self,
        *,
        notification_id: str | None = None,
        player_id: str | None = None,
        external_user_id: str | None = None,
        contains: str | None = None,
        since: float | None = None,
        timeout: float = 5.0,
    ) -> Push:
        """Return the first push that matches, sent already or to come.

        Args:
            notification_id: A push of this notification.
            player_id: A push to this player or subscription.
            external_user_id: A push to a device of this user.
            contains: A push with this text in heading, subtitle or contents.
            since: A push sent at this time (seconds since the epoch) or later.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: None came in time; the message lists what was sent.
        """
        query = PushQuery(
            notification_id=notification_id,
            player_id=player_id,
            external_user_id=external_user_id,
            contains=contains,
            since=since,
        )
        return await self._in_loop.wait(self._running.pushes.wait_for(query, timeout=timeout))

    def device(self, player_id: str) -> SimulatedDevice:
        """A simulated device: `async for push in stub.device(player_id)`.

        Args:
            player_id: The id of the player or subscription.
        """
        return SimulatedDevice(player_id, self._running.simulation, self._in_loop)

    async def add_webhook(self, url: str, *, events: tuple[WebhookEvent, ...] = EVENTS) -> None:
        """Post the events of pushes on simulated devices to a URL.

        Args:
            url: Where to; each event is a JSON POST, as OneSignal's web push webhooks are.
            events: Which events.

        Raises:
            ValueError: The URL is not http or https, or longer than 2,000 characters, an event is
                unknown, or there are 100 webhooks.
        """
        await self._do(lambda service: service.webhooks.add(url, events))

    async def record_outcome(
        self,
        name: str,
        *,
        value: float = 0.0,
        push: Push | None = None,
        app_id: str | None = None,
        attribution: str = "direct",
    ) -> None:
        """Count an outcome, as OneSignal's SDKs do in an app.

        Args:
            name: The name, as `purchase`.
            value: What it adds to the sum.
            push: The push that led to it; its app and device type count then.
            app_id: The app; None takes the push's, or the stub's first.
            attribution: `direct`, `influenced` or `unattributed`.

        Raises:
            ValueError: The name is empty or the attribution unknown.
        """
        await self._do(
            lambda service: service.record_outcome(
                name,
                value=value,
                push_id=None if push is None else push.id,
                app_id=app_id or (self.app_id if push is None else None),
                attribution=attribution,
            )
        )

    def set_rate_limit(self, limit: RateLimit | None) -> None:
        """Limit the requests of each app from now on; None lifts the limit."""
        if not self._in_loop.is_open:
            self._limiter.set(limit)
        else:
            self._in_loop.call(lambda: self._limiter.set(limit))

    async def advance(self, seconds: float) -> None:
        """Move the stub's clock forward and send what became due.

        Raises:
            ValueError: `seconds` is negative, or leads beyond the year 9999.
        """

        async def move() -> None:
            self.clock.advance(seconds)
            await self._running.delivery.run_due()

        await self._in_loop.wait(move())

    async def reset(self) -> None:
        """Restore the state after start: one app, the seed data, the first rate limit.

        The journal, faults and every `clock.advance` are cleared; waits for a push continue.
        """
        await self._do(self._reset)

    async def restart(self, *, keep_data: bool = True) -> None:
        """Restart as a service that was down for a moment, on the same port.

        Every connection is dropped, and meanwhile new ones are refused. Clock, journal and faults
        stay, and waits for a push continue.

        Args:
            keep_data: Whether the stored data is kept.

        Raises:
            OSError: Another process took the port meanwhile.
        """
        await self._in_loop.wait(self._restart(keep_data=keep_data))

    async def snapshot(self) -> bytes:
        """Everything that is stored, for `restore`."""
        return await self._do(lambda service: service.store.snapshot())

    async def restore(self, image: bytes) -> None:
        """Replace everything that is stored by what `snapshot` returned."""

        def put_back(service: Service) -> None:
            service.store.restore(image)
            service.delivery.recover()
            self.events.publish("reset", {})
            service.pushes.replaced()

        await self._do(put_back)

    async def _open(self) -> None:
        service = self._service = Service(
            self._data,
            self.clock,
            events=self.events,
            account_key=self.user_key,
            strict_keys=self._strict_keys,
        )
        self._prepare(service)
        self.faults.targets = FaultTargets(
            frozenset(f"{route.method} {route.path}" for route in service.routes())
        )
        self._limiter.set(self._rate_limit)
        self._schedule = asyncio.create_task(
            service.delivery.run_schedule(), name="onesignal_stub schedule"
        )
        self._url = await self._serve(
            self._application(service), self._host, self._port, line_limit=MAX_LINE
        )

    def _application(self, service: Service) -> web.Application:
        pipeline = RequestPipeline(
            store=service.store,
            clock=self.clock,
            journal=self.journal,
            access=service.access,
            limiter=self._limiter,
            faults=self.faults,
            before=service.delivery.run_due,
        )
        app = pipeline.application(service.routes())
        app.middlewares.insert(0, self._guard.middleware(is_ours))
        ControlRoutes(
            self.clock,
            self.journal,
            lambda: self._running,
            reset=self.reset,
            advance=self.advance,
            set_rate_limit=self.set_rate_limit,
        ).add_to(app)
        FaultRoutes(self.faults).add_to(app)
        self.events.add_to(app)
        inbox.add_to(app, service, self.events)
        demo.add_to(app)
        return app

    async def _close(self) -> None:
        self._url = None
        schedule, self._schedule = self._schedule, None
        if schedule is not None:
            schedule.cancel()
            await asyncio.gather(schedule, return_exceptions=True)
        service, self._service = self._service, None
        if service is not None:
            await service.close()

    def _prepare(self, service: Service) -> None:
        is_new = service.add_first_app(self.app_id, self.rest_key)
        if is_new and self._seed is not None:
            service.load_seed(read_seed(self._seed), app_id=self.app_id)

    async def _restart(self, *, keep_data: bool) -> None:
        port = int(self.url.rpartition(":")[2])
        await self._unserve(self.url)
        self._running.delivery.recover()
        if not keep_data:
            self._empty(self._running)
        self._limiter.set(self._rate_limit)
        self._url = await self._serve(
            self._application(self._running), self._host, port, line_limit=MAX_LINE
        )

    def _empty(self, service: Service) -> None:
        service.store.reset()
        self._prepare(service)
        service.delivery.recover()
        self.events.publish("reset", {})
        service.pushes.replaced()

    def _reset(self, service: Service) -> None:
        self.clock.reset()
        self._empty(service)
        self._limiter.set(self._rate_limit)
        self.journal.clear()
        self.faults.clear()

    async def _do(self, act: Callable[[Service], T]) -> T:
        """Run a function in the stub's loop, from any loop."""

        async def in_loop() -> T:
            return act(self._running)

        return await self._in_loop.wait(in_loop())

    def _read(self, read: Callable[[Service], T]) -> T:
        """Read in the thread of the stub's loop: no other may use the store."""

        def up_to_date() -> T:
            while self._running.delivery.take_due_step():
                pass
            return read(self._running)

        return self._in_loop.call(up_to_date)
