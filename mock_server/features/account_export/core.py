"""Account exports: all that belongs to an account, whatever the permissions."""

from __future__ import annotations

from typing import Any

from mock_server.features.account_export.messages import (
    ledger_message,
    object_message,
)
from mock_server.features.accounts.core import Accounts
from mock_server.features.channels.ids import channel_id
from mock_server.features.groups import listing as groups_listing
from mock_server.features.groups.core import message as group_message
from mock_server.features.leaderboards.messages import record_message
from mock_server.features.leaderboards.record import record_of
from mock_server.features.notifications.core import Notifications
from mock_server.features.notifications.core import listed as notification_message
from mock_server.features.wallets.core import Wallets
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.stream import Stream, StreamMode
from mock_server.wire.output import timestamp
from server_kit import Store
from server_kit.store import Row

_ALL = 1 << 31


class AccountExports:
    """Makes the exports of one server."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        notifications: Notifications,
        wallets: Wallets,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._notifications = notifications
        self._wallets = wallets

    def export(self, user_id: str) -> dict[str, Any]:
        """The `AccountExport` message of an account; of the system user account and objects only.

        Raises:
            GrpcError: There is no such account.
        """
        account = self._accounts.account(user_id)
        account["user"].pop("online", None)
        export = {"account": account, "objects": self._objects(user_id)}
        return export if user_id == SYSTEM_USER else export | self._of_player(user_id)

    def _objects(self, user_id: str) -> list[dict[str, Any]]:
        rows = self._store.all(
            "SELECT * FROM storage WHERE user_id = ? ORDER BY collection, key", user_id
        )
        return [object_message(row) for row in rows]

    def _of_player(self, user_id: str) -> dict[str, Any]:
        edges = self._store.all(
            "SELECT destination_id, state FROM user_edge WHERE source_id = ? "
            "ORDER BY state, position",
            user_id,
        )
        messages = self._store.all(
            "SELECT * FROM message WHERE sender_id = ? ORDER BY create_time, id", user_id
        )
        records = self._store.all(
            "SELECT * FROM leaderboard_record WHERE owner_id = ? "
            "ORDER BY create_time, leaderboard_id, expiry_time",
            user_id,
        )
        groups = groups_listing.groups_of_user(self._store, user_id, _ALL).rows
        return {
            "friends": [
                {"user": {"id": edge["destination_id"]}, "state": edge["state"]} for edge in edges
            ],
            "groups": [group_message(row) for row in groups],
            "messages": [_channel_message(row) for row in messages],
            "leaderboard_records": [record_message(record_of(row)) for row in records],
            "notifications": [
                notification_message(row) for row in self._notifications.stored(user_id)
            ],
            "wallet_ledgers": [
                ledger_message(row) for row in self._wallets.ledger(user_id, _ALL).rows
            ],
        }


def _channel_message(row: Row) -> dict[str, Any]:
    """A message as exports have it, which do not say where it was sent but for the channel's id."""
    mode = StreamMode(row["stream_mode"])
    stream = Stream(mode, row["stream_subject"], row["stream_subcontext"], row["stream_label"])
    return {
        "channel_id": channel_id(stream),
        "message_id": row["id"],
        "code": row["code"],
        "sender_id": row["sender_id"],
        "username": row["username"],
        "content": row["content"],
        **{name: timestamp(row[name] * 1000, digits=6) for name in ("create_time", "update_time")},
        "persistent": True,
    }
