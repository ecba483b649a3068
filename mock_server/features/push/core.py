"""Push: what happens to users becomes messages on their devices."""

from __future__ import annotations

from typing import Any

from mock_server.config import Config
from mock_server.features.accounts.core import Accounts
from mock_server.features.channels.core import DirectMessage
from mock_server.features.notifications.core import Notification
from mock_server.features.push.devices import Devices
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.outbox import Outbox
from mock_server.features.push.pushes import Pushes
from mock_server.features.push.registrar import Registrar
from mock_server.features.push.rules import DIRECT_MESSAGE, PushEvent, name_of
from mock_server.features.push.sender import Sender
from mock_server.features.push.waiting import Waiting
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.registry import SessionRegistry
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from server_kit import Clock, Store

_DRAIN = 2.0  # seconds that a stopping server waits for answers of OneSignal


class Push:
    """The devices of one server, and what sends pushes to them.

    Attributes:
        registrar: Registers devices.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock,
        *,
        registry: SessionRegistry,
        accounts: Accounts,
        pushes: Pushes,
    ) -> None:
        self._accounts = accounts
        self._pushes = pushes
        self._outbox = Outbox(clock, size=config.push.queue_size)
        self._onesignal = OneSignal(
            config.onesignal,
            clock,
            sleep=self._outbox.sleep,
            timeout=config.push.timeout_sec,
        )
        self.registrar = Registrar(
            store,
            accounts,
            devices=Devices(store, clock, expiry=config.push.device_expiry_sec),
            onesignal=self._onesignal,
            outbox=self._outbox,
        )
        self._sender = Sender(
            config,
            clock,
            registry=registry,
            registrar=self.registrar,
            onesignal=self._onesignal,
            outbox=self._outbox,
            pushes=pushes,
            waiting=Waiting(store),
        )

    def resume(self) -> None:
        """Send what was still to be sent when the server ended."""
        self._sender.resume()

    async def end(self) -> None:
        """Give up what is under way, because the state it belongs to is gone."""
        await self._outbox.cancel()
        await self._onesignal.close()

    async def close(self) -> None:
        """Let OneSignal answer what it was asked, for two seconds; nothing is tried again."""
        await self._outbox.drain(_DRAIN)
        await self._onesignal.close()

    def notified(self, notification: Notification) -> None:
        """Push a notification that was sent, if there is a rule for it."""
        name = name_of(notification.code)
        rule = self._pushes.rule_for(name)
        if rule is None:
            return
        self._sender.push(
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
        """Push a direct message that was written, if there is a rule for it."""
        rule = self._pushes.rule_for(DIRECT_MESSAGE)
        if rule is None:
            return
        self._sender.push(
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

    def _username(self, user_id: str) -> str:
        row = self._accounts.find(user_id) if user_id != SYSTEM_USER else None
        return row["username"] if row is not None else ""


def _object(text: str) -> dict[str, Any]:
    """The JSON object in a text; a game may send other things, they have no names in them."""
    try:
        value = gojson.unmarshal(text)
    except DecodeError:
        return {}
    return value if isinstance(value, dict) else {}
