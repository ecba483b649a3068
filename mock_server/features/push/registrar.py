"""Registering devices: with OneSignal, in the table, in the user's metadata."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from mock_server.features.accounts.core import Accounts
from mock_server.features.push.devices import Device, Devices
from mock_server.features.push.errors import OneSignalError
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.outbox import Outbox, OutboxFull
from mock_server.wire.jsonb import jsonb_text
from server_kit import Store

_PLATFORMS = {"ios": 0, "android": 1, "amazon": 2, "windows": 6, "macos": 9, "huawei": 13}


class Registrar:
    """Registers devices and gives them up.

    A user's metadata keeps the player id of the device that he registered last, as `os_player_id`;
    the rest of it stays as it is.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        *,
        devices: Devices,
        onesignal: OneSignal,
        outbox: Outbox,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._devices = devices
        self._onesignal = onesignal
        self._outbox = outbox

    def devices_of(self, user_id: str) -> list[Device]:
        """A user's devices, the one he registered last first; expired ones are gone."""
        self._update_metadata(self._devices.prune())
        return self._devices.of_user(user_id)

    async def register(self, user_id: str, device_type: int, identifier: str) -> str | None:
        """Register a device by what its platform calls it.

        The first attempt is awaited; if OneSignal can't do it now, it is asked again in the
        background.

        Returns:
            The player id; None if OneSignal has not given one yet.
        """
        self._devices.save(user_id, Device(device_type=device_type, identifier=identifier))
        tried = asyncio.Event()
        try:
            self._outbox.start(self._create_player(user_id, device_type, identifier, tried))
        except OutboxFull as error:
            self._devices.note_problem(device_type, identifier, str(error))
        else:
            await tried.wait()
        for device in self.devices_of(user_id):
            if (device.device_type, device.identifier) == (device_type, identifier):
                return device.player_id
        return None

    def accept(self, user_id: str, info: Mapping[str, Any]) -> None:
        """Take a device that has registered itself with OneSignal, by what it tells of itself.

        A device without a player id declined pushes: it is forgotten.
        """
        installation_id = info.get("installationId")
        if not info.get("oneSignalUserId"):
            if installation_id:
                self._update_metadata(self._devices.forget_installation(installation_id))
            return
        self._devices.save(
            user_id,
            Device(
                player_id=info["oneSignalUserId"],
                device_type=_PLATFORMS.get(str(info.get("platform", "")).lower()),
                identifier=info.get("oneSignalPushToken") or None,
                installation_id=installation_id or None,
                info=info,
            ),
        )
        self._update_metadata([user_id])

    def unregister(self, user_id: str, device_type: int, identifier: str) -> None:
        """Take a device from a user; one that is not his is no error."""
        self._devices.forget(user_id, device_type, identifier)
        self._update_metadata([user_id])

    async def _create_player(
        self, user_id: str, device_type: int, identifier: str, tried: asyncio.Event
    ) -> None:
        def failed(error: OneSignalError) -> None:
            self._devices.note_problem(device_type, identifier, str(error))
            tried.set()

        user = self._accounts.find(user_id)
        try:
            player_id = await self._onesignal.create_player(
                device_type,
                identifier,
                language=user["lang_tag"] if user else "en",
                failed=failed,
            )
            self._update_metadata(self._devices.resolve(device_type, identifier, player_id))
        except OneSignalError:
            return  # it is noted in the table
        finally:
            tried.set()

    def _update_metadata(self, user_ids: Iterable[str]) -> None:
        for user_id in set(user_ids):
            known = [each.player_id for each in self._devices.of_user(user_id) if each.player_id]
            self._write_player_id(user_id, known[0] if known else None)

    def _write_player_id(self, user_id: str, player_id: str | None) -> None:
        """Change one key of the metadata; SQLite leaves the digits of all others alone."""
        change, values = "json_remove(metadata, '$.os_player_id')", [user_id]
        if player_id is not None:
            change, values = "json_set(metadata, '$.os_player_id', ?)", [player_id, user_id]
        row = self._store.one(
            f"SELECT {change} AS after, json(metadata) AS before FROM users WHERE id = ?", *values
        )
        if row is not None and row["after"] != row["before"]:
            self._accounts.write(user_id, {"metadata": jsonb_text(row["after"])})
