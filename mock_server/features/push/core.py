"""Push: events of users become messages on their devices."""

from __future__ import annotations

import logging
import sqlite3

from mock_server.config import OneSignalConfig, PushConfig
from mock_server.features.accounts.core import Accounts
from mock_server.features.groups.core import Groups
from mock_server.features.push.addresses import Addresses
from mock_server.features.push.chat import ChatMembers
from mock_server.features.push.device_registry import DeviceRegistry
from mock_server.features.push.device_sources import DeviceSource, FindFunction
from mock_server.features.push.devices import DeviceTable
from mock_server.features.push.dispatcher import PushDispatcher
from mock_server.features.push.external_ids import ExternalIds
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.pending import PendingPushes
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.scheduler import PushScheduler
from mock_server.features.push.task_queue import TaskQueue
from mock_server.features.push.triggers import Triggers
from mock_server.features.sessions.devices import SessionDevices
from mock_server.features.storage.core import Storage
from mock_server.identity import Identity
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.tracker import Tracker
from server_kit import Clock, Store

_log = logging.getLogger("mock_server.push")

_DRAIN = 2.0  # seconds that a stopping server waits for answers of OneSignal


class PushService:
    """The push service of one server.

    Attributes:
        devices: The registry of devices.
        chat: The recipients of pushes for chat messages.
        triggers: Receives what may become a push.
        scheduler: Pushes on schedules; `settle` of it follows a move of the clock.
    """

    def __init__(
        self,
        onesignal: OneSignalConfig,
        config: PushConfig,
        store: Store,
        clock: Clock,
        *,
        registry: SessionRegistry,
        tracker: Tracker,
        sessions: SessionDevices,
        accounts: Accounts,
        storage: Storage,
        groups: Groups,
        find_function: FindFunction,
        pushes: PushLog,
    ) -> None:
        self._registry = registry
        self._sessions = sessions
        self._has_onesignal = bool(onesignal.url)
        self._task_queue = TaskQueue(clock, size=config.queue_size)
        self._onesignal = OneSignal(
            onesignal,
            clock,
            sleep=self._task_queue.sleep,
            timeout=config.timeout_sec,
        )
        self.devices = DeviceRegistry(
            store,
            accounts,
            table=DeviceTable(store, clock, expiry=config.device_expiry_sec),
            onesignal=self._onesignal,
            task_queue=self._task_queue,
            names_of_open=self._names_of_open,
        )
        source = DeviceSource(
            config.device_source,
            accounts=accounts,
            storage=storage,
            find_function=find_function,
        )
        self._dispatcher = PushDispatcher(
            onesignal,
            store,
            clock,
            registry=registry,
            addresses=Addresses(
                config.target,
                devices=self.devices,
                source=source,
                external_ids=ExternalIds(accounts, find_function),
            ),
            onesignal=self._onesignal,
            task_queue=self._task_queue,
            pushes=pushes,
            pending=PendingPushes(store),
        )
        self.chat = ChatMembers(store, clock, tracker, groups)
        self.triggers = Triggers(
            pushes.rules, accounts=accounts, chat=self.chat, dispatcher=self._dispatcher
        )
        self.scheduler = PushScheduler(
            store, clock, rules=pushes.rules, dispatcher=self._dispatcher
        )

    def resume(self) -> None:
        """Continue with the pushes, devices and schedules that were there when the server ended."""
        self._dispatcher.resume()
        self.scheduler.start()
        if self._has_onesignal:
            self.devices.resume()

    async def end(self) -> None:
        """Cancel every request to OneSignal, because its state is replaced."""
        self.devices.stop()
        await self.scheduler.end()
        await self._task_queue.cancel()
        await self._onesignal.close()

    async def close(self) -> None:
        """Wait up to two seconds for answers of OneSignal; nothing is retried."""
        self.devices.stop()
        await self.scheduler.end()
        await self._task_queue.drain(_DRAIN)
        await self._onesignal.close()

    def seen(self, identity: Identity) -> None:
        """Keep the device that a session is on."""
        names = self._sessions.names(identity.token_id, identity.vars)
        try:
            self.devices.seen(identity.user_id, names)
        except sqlite3.Error:  # the login does not depend on it
            _log.exception("a device of user %s could not be kept", identity.user_id)

    def _names_of_open(self, user_id: str) -> set[str]:
        """The names of devices that the open sockets of a user have."""
        identities = [socket.identity for socket in self._registry.of_user(user_id)]
        return {
            name for each in identities for name in self._sessions.names(each.token_id, each.vars)
        }
