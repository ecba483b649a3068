"""OneSignalStub, the object that a test holds: it puts store, features and HTTP together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from onesignal_stub.control import Control
from onesignal_stub.features.apps.core import Apps
from onesignal_stub.features.notifications import api as notifications_api
from onesignal_stub.features.notifications.core import Notifications
from onesignal_stub.features.players import api as players_api
from onesignal_stub.features.players.core import Players
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.features.users.core import Users
from onesignal_stub.http import Pipeline
from onesignal_stub.pushes import Push, Pushes, PushQuery
from onesignal_stub.store import SCHEMA
from server_kit import Clock, HostedServer, Journal, ServerNotRunning, Store

T = TypeVar("T")


class OneSignalStub(HostedServer):
    """OneSignal's REST API on loopback, and the record of what it would have sent to whom.

    `async with OneSignalStub() as stub:` serves in the running loop. `with OneSignalStub() as
    stub:` serves in a thread of its own; there, `stub.run(stub.wait_for_push(...))` awaits.

    Args:
        host: The address to bind; loopback unless told otherwise.
        port: The port; 0 takes a free one.
        app_id: The id of the app that is there from the start. OneSignal's are UUIDs; any text
            that backend and stub agree on will do.
        rest_key: That app's REST API key.
        user_key: The account's key ("User Auth Key", "Organization API key"), for `/apps`.
        data: A file that keeps everything across restarts; None keeps it in memory.
        clock: The stub's time; None takes the machine's.
        strict_keys: Ask for a key also on the routes that OneSignal's older clients call without.

    Attributes:
        app_id: As given.
        rest_key: As given.
        user_key: As given.
        journal: Each request that came in; `journal.problems()` are those without an answer.
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
        data: Path | None = None,
        clock: Clock | None = None,
        strict_keys: bool = False,
    ) -> None:
        super().__init__()
        self.app_id = app_id.lower()
        self.rest_key = rest_key
        self.user_key = user_key
        self.clock = clock or Clock()
        self.journal = Journal()
        self._host = host
        self._port = port
        self._data = data
        self._strict_keys = strict_keys
        self._parts: _Parts | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The base URL, as `http://127.0.0.1:8890`; SDKs of the old API want `/api/v1` after it.

        Raises:
            ServerNotRunning: The stub has not started.
        """
        if self._url is None:
            raise ServerNotRunning("the stub has no url before it starts")
        return self._url

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
        """The pushes that match; see PushQuery for the arguments."""
        query = PushQuery(
            notification_id=notification_id,
            player_id=player_id,
            external_user_id=external_user_id,
            contains=contains,
            since=since,
        )
        return self._here(lambda parts: parts.pushes.find(query))

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
            notification_id: The push of one notification.
            player_id: A push to one player or subscription.
            external_user_id: A push to a device of one user.
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
        return await self._running_parts().pushes.wait_for(query, timeout=timeout)

    async def reset(self) -> None:
        """Forget everything: back to the one app of the start, an empty journal."""
        self._reset()

    def _reset(self) -> None:
        parts = self._running_parts()
        parts.store.reset()
        self._add_first_app(parts.apps)
        self.journal.clear()

    async def _open(self) -> None:
        parts = self._parts = _Parts(self)
        self._add_first_app(parts.apps)
        pipeline = Pipeline(
            store=parts.store,
            clock=self.clock,
            journal=self.journal,
            gate=parts.apps,
            before=lambda: None,
        )
        app = pipeline.application(
            [
                *players_api.routes(parts.players),
                *notifications_api.routes(parts.notifications),
            ]
        )
        Control(parts.pushes, self.journal, self._reset).add_to(app)
        self._url = await self._serve(app, self._host, self._port)

    async def _close(self) -> None:
        self._url = None
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.store.close()

    def _add_first_app(self, apps: Apps) -> None:
        if apps.knows(self.app_id):
            apps.set_key(self.app_id, self.rest_key)
        else:
            apps.add("Stub", {}, app_id=self.app_id, key=self.rest_key)

    def _running_parts(self) -> _Parts:
        if self._parts is None:
            raise ServerNotRunning("the stub is not running")
        return self._parts

    def _here(self, read: Callable[[_Parts], T]) -> T:
        """Read in the thread of the stub's loop, which alone may touch the store."""
        parts = self._running_parts()
        if threading.get_ident() == parts.thread:
            return read(parts)

        async def hop() -> T:
            return read(parts)

        return self.run(hop())


class _Parts:
    """What a running stub consists of."""

    def __init__(self, stub: OneSignalStub) -> None:
        self.thread = threading.get_ident()
        self.store = Store(SCHEMA, stub._data)
        clock = stub.clock
        self.apps = Apps(
            self.store, clock, account_key=stub.user_key, strict_keys=stub._strict_keys
        )
        self.users = Users(self.store, clock)
        self.subscriptions = Subscriptions(self.store, clock, self.users)
        self.players = Players(
            self.store, clock, users=self.users, subscriptions=self.subscriptions
        )
        self.pushes = Pushes(self.store)
        self.notifications = Notifications(self.store, clock, self.pushes)
