"""Push: events of users become messages on their devices."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

from mock_server.config import Config
from mock_server.features.accounts.core import Accounts
from mock_server.features.channels.core import DirectMessage
from mock_server.features.notifications.core import Notification
from mock_server.features.push.device_registry import DeviceRegistry
from mock_server.features.push.device_sources import DeviceSource, FindFunction
from mock_server.features.push.devices import DeviceTable
from mock_server.features.push.dispatcher import PushDispatcher
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.pending import PendingPushes
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.rules import DIRECT_MESSAGE, PushEvent, name_of
from mock_server.features.push.task_queue import TaskQueue
from mock_server.features.sessions.devices import SessionDevices
from mock_server.features.storage.core import Storage
from mock_server.identity import SYSTEM_USER, Identity
from mock_server.realtime.registry import SessionRegistry
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from server_kit import Clock, Store

_log = logging.getLogger("mock_server.push")

_DRAIN = 2.0  # seconds that a stopping server waits for answers of OneSignal


class PushService:
    """The push service of one server.

    Attributes:
        devices: The registry of devices.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        *,
        registry: SessionRegistry,
        sessions: SessionDevices,
        accounts: Accounts,
        storage: Storage,
        find_function: FindFunction,
        pushes: PushLog,
    ) -> None:
        self._accounts = accounts
        self._pushes = pushes
        self._registry = registry
        self._sessions = sessions
        self._has_onesignal = bool(config.onesignal.url)
        self._task_queue = TaskQueue(clock, size=config.push.queue_size)
        self._onesignal = OneSignal(
            config.onesignal,
            clock,
            sleep=self._task_queue.sleep,
            timeout=config.push.timeout_sec,
        )
        self.devices = DeviceRegistry(
            store,
            accounts,
            table=DeviceTable(store, clock, expiry=config.push.device_expiry_sec),
            onesignal=self._onesignal,
            task_queue=self._task_queue,
            names_of_open=self._names_of_open,
        )
        self._dispatcher = PushDispatcher(
            config,
            clock,
            registry=registry,
            devices=self.devices,
            source=DeviceSource(
                config.push.device_source,
                accounts=accounts,
                storage=storage,
                find_function=find_function,
            ),
            onesignal=self._onesignal,
            task_queue=self._task_queue,
            pushes=pushes,
            pending=PendingPushes(store),
        )

    def resume(self) -> None:
        """Send the pushes, and register the devices, that were waiting when the server ended."""
        self._dispatcher.resume()
        if self._has_onesignal:
            self.devices.resume()

    async def end(self) -> None:
        """Cancel every request to OneSignal, because its state is replaced."""
        self.devices.stop()
        await self._task_queue.cancel()
        await self._onesignal.close()

    async def close(self) -> None:
        """Wait up to two seconds for answers of OneSignal; nothing is retried."""
        self.devices.stop()
        await self._task_queue.drain(_DRAIN)
        await self._onesignal.close()

    def seen(self, identity: Identity) -> None:
        """Keep the device that a session is on."""
        names = self._sessions.names(identity.token_id, identity.vars)
        try:
            self.devices.seen(identity.user_id, names)
        except sqlite3.Error:  # the login does not depend on it
            _log.exception("a device of user %s could not be kept", identity.user_id)

    def notified(self, notification: Notification) -> None:
        """Push a notification if there is a rule for it."""
        name = name_of(notification.code)
        rule = self._pushes.rule_for(name)
        if rule is None:
            return
        self._dispatcher.dispatch(
            PushEvent(
                name=name,
                user_id=notification.user_id,
                sender_id=notification.sender_id,
                sender=self._username(notification.sender_id),
                code=notification.code,
                subject=notification.subject,
                content=_object(notification.content),
                source_id=notification.id,
            ),
            rule,
        )

    def messaged(self, message: DirectMessage) -> None:
        """Push a direct message if there is a rule for it."""
        rule = self._pushes.rule_for(DIRECT_MESSAGE)
        if rule is None:
            return
        self._dispatcher.dispatch(
            PushEvent(
                name=DIRECT_MESSAGE,
                user_id=message.recipient_id,
                sender_id=message.sender_id,
                sender=message.sender_username,
                code=0,
                subject="",
                content=_object(message.content),
                source_id=message.message_id,
            ),
            rule,
        )

    def _names_of_open(self, user_id: str) -> set[str]:
        """What the open sockets of a user tell of their devices."""
        identities = [socket.identity for socket in self._registry.of_user(user_id)]
        return {
            name for each in identities for name in self._sessions.names(each.token_id, each.vars)
        }

    def _username(self, user_id: str) -> str:
        row = self._accounts.find(user_id) if user_id != SYSTEM_USER else None
        return row["username"] if row is not None else ""


def _object(text: str) -> dict[str, Any]:
    """The JSON object in a text; empty for other JSON, which has no names for templates."""
    try:
        value = gojson.unmarshal(text)
    except DecodeError:
        return {}
    return value if isinstance(value, dict) else {}
