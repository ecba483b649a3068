"""The table of devices: a device may belong to several users, with a row for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs
from attrs import field, frozen

from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = """
CREATE TABLE push_device (
    id INTEGER PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    player_id TEXT, device_type INTEGER, identifier TEXT, installation_id TEXT,
    info TEXT NOT NULL, problem TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0, registered_at REAL NOT NULL,
    device_id TEXT, seen_at REAL NOT NULL
);
CREATE INDEX push_device_user ON push_device (user_id);
CREATE INDEX push_device_player ON push_device (player_id);
CREATE INDEX push_device_identifier ON push_device (identifier, device_type);
CREATE INDEX push_device_installation ON push_device (installation_id);
CREATE INDEX push_device_age ON push_device (seen_at);
"""


def _nothing(user_id: str) -> tuple[str, ...]:
    """No names: no socket is open."""
    return ()


@frozen(kw_only=True)
class Device:
    """A device of a user.

    Attributes:
        player_id: OneSignal's id of it; None until OneSignal has given one.
        device_type: OneSignal's number for its kind; None for a platform without one.
        identifier: Its push token, of APNs or FCM; None if unknown.
        installation_id: The app's installation on it; None if unknown.
        info: Its registration, in the JSON names of the request.
        problem: Why it has no player id.
        refused: Whether OneSignal refused it; otherwise it is asked again.
        registered_at: When this user registered it last, in seconds since the epoch.
        device_id: The id with which the user logged in on it; None if unknown.
        seen_at: When this user registered it, logged in or had a socket open on it last.
    """

    player_id: str | None = None
    device_type: int | None = None
    identifier: str | None = field(default=None, repr=False)
    installation_id: str | None = None
    info: Mapping[str, Any] = field(factory=dict, repr=False)
    problem: str = ""
    refused: bool = False
    registered_at: float = 0.0
    device_id: str | None = None
    seen_at: float = 0.0


class DeviceTable:
    """The table of one server's devices.

    Args:
        store: Its database.
        clock: Its time.
        expiry: Seconds after which a device is removed unless its user is seen on it: registers it,
            logs in or has a socket open there, if the session names the device; 0 is never.
    """

    def __init__(self, store: Store, clock: Clock, *, expiry: int) -> None:
        self._store = store
        self._clock = clock
        self._expiry = expiry
        self._is_used = False  # whether there may be any device
        self._replacements = -1  # of the store, when that was looked up

    def of_user(self, user_id: str) -> list[Device]:
        """A user's devices, the last registered first."""
        rows = self._store.all(
            "SELECT * FROM push_device WHERE user_id = ? ORDER BY registered_at DESC, id DESC",
            user_id,
        )
        return [_device(row) for row in rows]

    def all(self) -> list[tuple[str, Device]]:
        """Every user's id with each of their devices, the first registered first."""
        rows = self._store.all("SELECT * FROM push_device ORDER BY id")
        return [(row["user_id"], _device(row)) for row in rows]

    def waiting(self) -> list[tuple[str, int, str]]:
        """User, device type and push token of each device that has no player id."""
        rows = self._store.all(
            "SELECT min(user_id) AS user_id, device_type, identifier FROM push_device "
            "WHERE player_id IS NULL AND device_type IS NOT NULL AND identifier IS NOT NULL "
            "GROUP BY device_type, identifier ORDER BY min(id)"
        )
        return [(row["user_id"], row["device_type"], row["identifier"]) for row in rows]

    def has(self, device_type: int, identifier: str) -> bool:
        """Whether a user has this device."""
        sql = "SELECT 1 FROM push_device WHERE device_type = ? AND identifier = ? LIMIT 1"
        return self._store.one(sql, device_type, identifier) is not None

    def save(self, user_id: str, device: Device) -> None:
        """Add a device to a user, or register it again.

        It is recognised by its player id, its identifier or its installation. The new values
        replace the old ones, also in the rows of its other users.
        """
        with self._store.transaction():
            known = self._known(user_id, device)
            for row in known:
                self._store.run("DELETE FROM push_device WHERE id = ?", row["id"])
            if known:
                device = _completed(device, _device(known[0]))
            self._insert(user_id, device)
            self._store.run(
                "UPDATE push_device SET player_id = coalesce(?, player_id), "
                "device_type = coalesce(?, device_type), identifier = coalesce(?, identifier) "
                "WHERE player_id = ? OR installation_id = ?",
                device.player_id,
                device.device_type,
                device.identifier,
                device.player_id,
                device.installation_id,
            )

    def resolve(self, device_type: int, identifier: str, player_id: str) -> list[str]:
        """Store the player id that OneSignal gave.

        Returns:
            The users who have the device now.
        """
        where = "WHERE device_type = ? AND identifier = ?"
        self._store.run(
            f"UPDATE push_device SET player_id = ?, problem = '', refused = 0 {where}",
            player_id,
            device_type,
            identifier,
        )
        rows = self._store.all(f"SELECT user_id FROM push_device {where}", device_type, identifier)
        return [row["user_id"] for row in rows]

    def note_problem(
        self, device_type: int, identifier: str, problem: str, *, refused: bool = False
    ) -> None:
        """Store why OneSignal has not given a player id."""
        self._store.run(
            "UPDATE push_device SET problem = ?, refused = ? "
            "WHERE device_type = ? AND identifier = ?",
            problem,
            int(refused),
            device_type,
            identifier,
        )

    def forget(self, user_id: str, device_type: int, identifier: str) -> bool:
        """Remove a device from a user; others keep it.

        Returns:
            Whether the user had it.
        """
        sql = "DELETE FROM push_device WHERE user_id = ? AND device_type = ? AND identifier = ?"
        return self._store.run(sql, user_id, device_type, identifier) > 0

    def forget_player(self, user_id: str, player_id: str) -> bool:
        """Remove the device with this player id from a user; others keep it.

        Returns:
            Whether the user had it.
        """
        sql = "DELETE FROM push_device WHERE user_id = ? AND player_id = ?"
        return self._store.run(sql, user_id, player_id) > 0

    def forget_installation(self, installation_id: str) -> list[str]:
        """Remove a device from all its users, because it declined pushes.

        Returns:
            Its users.
        """
        rows = self._store.all(
            "DELETE FROM push_device WHERE installation_id = ? RETURNING user_id", installation_id
        )
        return [row["user_id"] for row in rows]

    def seen(self, user_id: str, names: Collection[str]) -> None:
        """Note that a user is on a device now.

        Args:
            user_id: The user.
            names: The known names of the device: its id, its installation, its player id.
        """
        for name in names if self._may_have_rows() else ():
            self._store.run(
                "UPDATE push_device SET seen_at = ? WHERE user_id = ? "
                "AND ? IN (device_id, installation_id, player_id)",
                self._clock.time(),
                user_id,
                name,
            )

    def prune(self, names_of: Callable[[str], Collection[str]] = _nothing) -> list[str]:
        """Remove expired devices.

        Args:
            names_of: Returns the names of devices that a user's open sockets have.

        Returns:
            The users of those that were removed.
        """
        if not self._expiry:
            return []
        expired = (self._clock.time() - self._expiry,)
        users = self._store.all("SELECT user_id FROM push_device WHERE seen_at < ?", *expired)
        for user_id in {row["user_id"] for row in users}:
            self.seen(user_id, names_of(user_id))
        rows = self._store.all(
            "DELETE FROM push_device WHERE seen_at < ? RETURNING user_id", *expired
        )
        return [row["user_id"] for row in rows]

    def _known(self, user_id: str, device: Device) -> list[Row]:
        return self._store.all(
            "SELECT * FROM push_device WHERE user_id = ? AND (player_id = ? "
            "OR (device_type = ? AND identifier = ?) OR installation_id = ?) ORDER BY id DESC",
            user_id,
            device.player_id,
            device.device_type,
            device.identifier,
            device.installation_id,
        )

    def _may_have_rows(self) -> bool:
        """Whether there may be any device; every login and every socket asks."""
        if self._replacements != self._store.replacements:
            self._replacements = self._store.replacements
            self._is_used = self._store.one("SELECT 1 FROM push_device LIMIT 1") is not None
        return self._is_used

    def _insert(self, user_id: str, device: Device) -> None:
        self._is_used = True
        self._store.run(
            "INSERT INTO push_device (user_id, player_id, device_type, identifier, "
            "installation_id, info, problem, registered_at, device_id, seen_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            user_id,
            device.player_id,
            device.device_type,
            device.identifier,
            device.installation_id,
            json.dumps(dict(device.info)),
            device.problem,
            self._clock.time(),
            device.device_id,
            self._clock.time(),
        )


def shown(device: Device) -> dict[str, Any]:
    """A device for others to read, without its push token."""
    without_id = "refused" if device.refused else "waiting"
    return {
        "state": "registered" if device.player_id else without_id,
        "player_id": device.player_id,
        "device_type": device.device_type,
        "installation_id": device.installation_id,
        "problem": device.problem,
        "registered_at": device.registered_at,
        "seen_at": device.seen_at,
    }


def _completed(device: Device, before: Device) -> Device:
    """A new registration, completed with the values of an earlier one."""
    return attrs.evolve(
        device,
        player_id=device.player_id or before.player_id,
        device_type=before.device_type if device.device_type is None else device.device_type,
        identifier=device.identifier or before.identifier,
        installation_id=device.installation_id or before.installation_id,
        info=device.info or before.info,
        device_id=device.device_id or before.device_id,
    )


def _device(row: Row) -> Device:
    return Device(
        player_id=row["player_id"],
        device_type=row["device_type"],
        identifier=row["identifier"],
        installation_id=row["installation_id"],
        info=json.loads(row["info"]),
        problem=row["problem"],
        refused=bool(row["refused"]),
        registered_at=row["registered_at"],
        device_id=row["device_id"],
        seen_at=row["seen_at"],
    )
