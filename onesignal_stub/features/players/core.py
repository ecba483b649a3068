"""Players: subscriptions under the field names of the API before the user model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from onesignal_stub import fields
from onesignal_stub.errors import ApiError, refused
from onesignal_stub.features.outcomes.core import SESSION_DURATION, Outcomes
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.features.subscriptions.model import DEVICE_TYPES, can_hold
from onesignal_stub.features.users.core import EXTERNAL_ID, Users
from onesignal_stub.features.users.properties import read_purchases
from server_kit import Store
from server_kit.store import Row

_Reader: TypeAlias = Callable[[Mapping[str, Any], str], Any]

_SUBSCRIPTION: dict[str, tuple[str, _Reader]] = {
    "identifier": ("token", fields.text),
    "notification_types": ("notification_types", fields.integer),
    "invalid_identifier": ("invalid_identifier", fields.flag),
    "session_count": ("session_count", fields.integer),
    "playtime": ("session_time", fields.integer),
    "badge_count": ("badge_count", fields.integer),
    "sdk": ("sdk", fields.text),
    "device_model": ("device_model", fields.text),
    "device_os": ("device_os", fields.text),
    "game_version": ("app_version", fields.text),
    "ad_id": ("ad_id", fields.text),
    "test_type": ("test_type", fields.integer),
    "timezone": ("timezone", fields.integer),
    "language": ("language", fields.text),
    "created_at": ("created_at", fields.timestamp),
    "last_active": ("last_active", fields.timestamp),
}
_USER: dict[str, tuple[str, _Reader]] = {
    "language": ("language", fields.text),
    "country": ("country", fields.text),
    "ip": ("ip", fields.text),
    "lat": ("lat", fields.number),
    "long": ("long", fields.number),
    "amount_spent": ("amount_spent", fields.number),
}
_UNUSED = {
    "app_id",
    "id",
    "device_type",
    "external_user_id",
    "tags",
    "identifier_auth_hash",
    "external_user_id_auth_hash",
    "email_auth_hash",
    "sms_auth_hash",
}
KNOWN_FIELDS = frozenset({*_SUBSCRIPTION, *_USER, *_UNUSED})
_COLUMNS = (
    "SELECT s.*, coalesce(s.language, u.language) AS spoken, u.tags, u.country, u.ip, u.lat,"
    " u.long, u.amount_spent, a.alias_id AS external_user_id"
    " FROM subscriptions s JOIN users u USING (onesignal_id)"
    " LEFT JOIN aliases a ON a.onesignal_id = s.onesignal_id AND a.label = 'external_id'"
)


class Players:
    """The player's view on subscriptions and their users.

    Args:
        store: The tables.
        users: Where tags and the external user id live.
        subscriptions: The records themselves.
        outcomes: Where the time spent in the app is recorded.
    """

    def __init__(
        self, store: Store, *, users: Users, subscriptions: Subscriptions, outcomes: Outcomes
    ) -> None:
        self._store = store
        self._users = users
        self._subscriptions = subscriptions
        self._outcomes = outcomes

    def create(self, app_id: str, body: Mapping[str, Any], *, player_id: str | None = None) -> str:
        """Add a device, or update the one that has this identifier, and return its id.

        Args:
            app_id: The app.
            body: The fields of the player.
            player_id: The id of a new one; None makes one up.

        Raises:
            ApiError: `device_type` is missing or unknown, or a field has a wrong type.
        """
        device_type = _device_type(body)
        token = fields.text(body, "identifier")
        if token is not None and not can_hold(device_type, token):
            raise ApiError(400, {"success": False, "errors": ['["Identifier invalid format."]']})
        known = self._subscriptions.by_token(app_id, device_type, token) if token else None
        if known is None:
            external_id = fields.text(body, "external_user_id")
            owner = (
                self._users.with_external_id(app_id, external_id)
                if external_id
                else self._users.add(app_id)
            )
            columns = {} if player_id is None else {"id": player_id.lower()}
            player_id = self._subscriptions.add(
                app_id, owner, device_type=device_type, columns=columns
            )
        else:
            player_id = known["id"]
        self.update(app_id, player_id, body)
        return player_id

    def update(self, app_id: str, player_id: str, body: Mapping[str, Any]) -> None:
        """Change the fields that are there; tags merge, an empty one is removed.

        Raises:
            ApiError: There is no such player, or a field has a wrong type.
        """
        row = self._subscriptions.find(app_id, player_id)
        if row is None:
            raise no_such_player()
        columns = _columns(_SUBSCRIPTION, body)
        properties = _columns(_USER, body)
        tags = fields.tags(body)
        if tags is not None:
            properties["tags"] = tags
        owner = row["onesignal_id"]
        if body.get("external_user_id") is not None:
            owner = self._set_external_id(app_id, row, str(fields.text(body, "external_user_id")))
        self._subscriptions.change(row["id"], columns)
        self._users.change(owner, properties)

    def _set_external_id(self, app_id: str, row: Row, external_id: str) -> str:
        """Make a player one of the user with this external id; `""` removes it from its user."""
        owner: str = row["onesignal_id"]
        current = self._users.identity(owner).get(EXTERNAL_ID)
        if external_id == (current or ""):
            return owner
        target = self._users.find(app_id, EXTERNAL_ID, external_id) if external_id else None
        if target is None and current is None:
            self._users.set_aliases(app_id, owner, {EXTERNAL_ID: external_id})
            return owner
        if target is None:
            target = self._users.add(app_id)
            if external_id:
                self._users.set_aliases(app_id, target, {EXTERNAL_ID: external_id})
        self._subscriptions.move(row, target)
        return target

    def view(self, app_id: str, player_id: str) -> dict[str, Any]:
        """A player as OneSignal shows it.

        Raises:
            ApiError: There is no such player.
        """
        row = self._store.one(
            f"{_COLUMNS} WHERE s.app_id = ? AND s.id = ?", app_id, player_id.lower()
        )
        if row is None:
            raise no_such_player()
        return player_json(row)

    def page(self, app_id: str, *, limit: int, offset: int) -> list[dict[str, Any]]:
        """Players in the order of creation."""
        rows = self._store.all(
            f"{_COLUMNS} WHERE s.number IN (SELECT number FROM subscriptions"
            " INDEXED BY subscriptions_of_app WHERE app_id = ? ORDER BY number LIMIT ? OFFSET ?)"
            " ORDER BY s.number",
            app_id,
            limit,
            offset,
        )
        return [player_json(row) for row in rows]

    def count(self, app_id: str) -> int:
        """How many players an app has."""
        row = self._store.one("SELECT count(*) FROM subscriptions WHERE app_id = ?", app_id)
        return 0 if row is None else int(row[0])

    def delete(self, app_id: str, player_id: str) -> bool:
        """Remove a player; False if there is none."""
        row = self._subscriptions.find(app_id, player_id)
        if row is None:
            return False
        self._subscriptions.delete(row)
        self._users.prune(row["onesignal_id"])
        return True

    def app_of(self, player_id: str) -> str | None:
        """The app of a player that is named without one."""
        row = self._store.one("SELECT app_id FROM subscriptions WHERE id = ?", player_id.lower())
        return None if row is None else row["app_id"]

    def on_session(self, app_id: str, player_id: str, body: Mapping[str, Any]) -> None:
        """Count a session and change the fields that came with it.

        Raises:
            ApiError: There is no such player, and the body has no device type, or the
                id is not one that a new player could have.
        """
        row = self._subscriptions.find(app_id, player_id)
        if row is None:
            if not fields.is_uuid(player_id) or self.app_of(player_id) is not None:
                raise no_such_player()
            self.create(app_id, body, player_id=player_id)
            return
        self.update(app_id, player_id, body)
        row = self._subscriptions.named(app_id, player_id)
        self._subscriptions.add_sessions(
            row["onesignal_id"], count=1, seconds=0, subscription_id=row["id"]
        )

    def on_purchase(self, app_id: str, player_id: str, body: Mapping[str, Any]) -> None:
        """Add purchases; with `existing` they were made before the app counted them.

        Raises:
            ApiError: There is no such player, or a purchase lacks a required field.
        """
        row = self._subscriptions.find(app_id, player_id)
        if row is None:
            raise no_such_player()
        self._users.add_purchases(
            row["onesignal_id"],
            read_purchases(body),
            already_counted=fields.flag(body, "existing") or False,
        )

    def on_focus(self, app_id: str, player_id: str, body: Mapping[str, Any]) -> None:
        """Add the seconds that the app was open.

        Raises:
            ApiError: There is no such player, or `active_time` is not a number.
        """
        row = self._subscriptions.find(app_id, player_id)
        if row is None:
            raise no_such_player()
        seconds = fields.integer(body, "active_time") or 0
        self._subscriptions.add_sessions(
            row["onesignal_id"], count=0, seconds=seconds, subscription_id=row["id"]
        )
        self._outcomes.record(
            app_id, SESSION_DURATION, value=seconds, device_type=row["device_type"]
        )


def _device_type(body: Mapping[str, Any]) -> int:
    number = fields.number_of(body.get("device_type"))
    if number is None or number not in DEVICE_TYPES:
        raise refused("not a valid device_type")
    return int(number)


def no_such_player() -> ApiError:
    """The player is not one of this app's."""
    return refused("No user with this id found", status=404)


def _columns(table: Mapping[str, tuple[str, _Reader]], body: Mapping[str, Any]) -> dict[str, Any]:
    read = {column: reader(body, name) for name, (column, reader) in table.items() if name in body}
    return {column: value for column, value in read.items() if value is not None}


def player_json(row: Row) -> dict[str, Any]:
    """A player's JSON; fields that the official SDKs do not take as null are left out instead."""
    shown = {
        "id": row["id"],
        "identifier": row["token"],
        "session_count": row["session_count"],
        "language": row["spoken"] or "",
        "timezone": row["timezone"],
        "game_version": row["app_version"],
        "device_os": row["device_os"],
        "device_type": row["device_type"],
        "device_model": row["device_model"],
        "ad_id": row["ad_id"],
        "tags": msgspec.json.decode(row["tags"]),
        "last_active": row["last_active"],
        "playtime": row["session_time"],
        "amount_spent": row["amount_spent"],
        "created_at": row["created_at"],
        "invalid_identifier": not row["subscribed"],
        "badge_count": row["badge_count"],
        "sdk": row["sdk"],
        "test_type": row["test_type"],
        "external_user_id": row["external_user_id"],
    }
    optional = {name: row[name] for name in ("notification_types", "ip", "country", "lat", "long")}
    return shown | {name: value for name, value in optional.items() if value is not None}
