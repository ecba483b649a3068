"""The device registry: OneSignal, the table of devices, the users' metadata."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from mock_server.features.accounts.core import Accounts
from mock_server.features.push.devices import Device, DeviceTable
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.registration_queue import RegistrationQueue
from mock_server.features.push.task_queue import TaskQueue
from mock_server.wire.jsonb import jsonb_text
from server_kit import Store

_PLATFORMS = {"ios": 0, "android": 1, "amazon": 2, "windows": 6, "macos": 9, "huawei": 13}


class DeviceRegistry:
    """Registers and unregisters devices.

    A user's metadata has the player id of the device that they registered last, as
    `os_player_id`; other keys are not changed.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        *,
        table: DeviceTable,
        onesignal: OneSignal,
        task_queue: TaskQueue,
        names_of_open: Callable[[str], Collection[str]],
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._table = table
        self._names_of_open = names_of_open
        self._queue = RegistrationQueue(
            table,
            accounts,
            onesignal=onesignal,
            task_queue=task_queue,
            resolved=self._update_metadata,
        )

    def of_user(self, user_id: str) -> list[Device]:
        """A user's devices, the last registered first; expired ones are removed."""
        self._update_metadata(self._table.prune(self._names_of_open))
        return self._table.of_user(user_id)

    def all(self) -> list[tuple[str, Device]]:
        """Every user's id with each of their devices; expired ones are removed."""
        self._update_metadata(self._table.prune(self._names_of_open))
        return self._table.all()

    def seen(self, user_id: str, names: Collection[str]) -> None:
        """Note that a user is on a device now, given what their session tells of it."""
        self._table.seen(user_id, names)

    def resume(self) -> None:
        """Ask OneSignal for the player ids of the devices that wait for one."""
        self._queue.resume()

    def stop(self) -> None:
        """Ask for no further devices until `resume`."""
        self._queue.stop()

    async def register(
        self, user_id: str, device_type: int, identifier: str, *, device_id: str | None = None
    ) -> str | None:
        """Register a device by its push token.

        The first attempt is awaited; if OneSignal is not available, it is retried in the
        background.

        Args:
            user_id: The user.
            device_type: OneSignal's number for its kind.
            identifier: Its push token.
            device_id: The id with which the user logged in on it.

        Returns:
            The player id; None if OneSignal has not given one yet.
        """
        device = Device(device_type=device_type, identifier=identifier, device_id=device_id)
        self._table.save(user_id, device)
        await self._queue.ask(user_id, device_type, identifier)
        for device in self.of_user(user_id):
            if (device.device_type, device.identifier) == (device_type, identifier):
                return device.player_id
        return None

    def store(self, user_id: str, info: Mapping[str, Any], *, device_id: str | None = None) -> None:
        """Store a device that has registered itself with OneSignal, as its app describes it.

        A device without a player id that says that it is not subscribed declined pushes: it is
        removed. One that does not say so has no answer of OneSignal yet: nothing changes.
        """
        installation_id = info.get("installationId")
        if not info.get("oneSignalUserId"):
            if installation_id and info.get("oneSignalSubscribed") is False:
                self._update_metadata(self._table.forget_installation(installation_id))
            return
        self._table.save(
            user_id,
            Device(
                player_id=info["oneSignalUserId"],
                device_type=_PLATFORMS.get(str(info.get("platform", "")).lower()),
                identifier=info.get("oneSignalPushToken") or None,
                installation_id=installation_id or None,
                info=info,
                device_id=device_id,
            ),
        )
        self._update_metadata([user_id])

    def unregister(self, user_id: str, device_type: int, identifier: str) -> None:
        """Remove a device from a user; one that they do not have is no error."""
        self._table.forget(user_id, device_type, identifier)
        self._update_metadata([user_id])

    def remove(self, user_id: str, player_id: str) -> bool:
        """Remove a device from a user; returns whether they had it."""
        had = self._table.forget_player(user_id, player_id)
        if had:
            self._update_metadata([user_id])
        return had

    def _update_metadata(self, user_ids: Iterable[str]) -> None:
        for user_id in set(user_ids):
            known = [each.player_id for each in self._table.of_user(user_id) if each.player_id]
            self._write_player_id(user_id, known[0] if known else None)

    def _write_player_id(self, user_id: str, player_id: str | None) -> None:
        """Change one key of the metadata; SQLite keeps the numbers of all others as written."""
        change, values = "json_remove(metadata, '$.os_player_id')", [user_id]
        if player_id is not None:
            change, values = "json_set(metadata, '$.os_player_id', ?)", [player_id, user_id]
        row = self._store.one(
            f"SELECT {change} AS after, json(metadata) AS before FROM users WHERE id = ?", *values
        )
        if row is not None and row["after"] != row["before"]:
            self._accounts.write(user_id, {"metadata": jsonb_text(row["after"])})
