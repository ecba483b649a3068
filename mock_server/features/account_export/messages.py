"""The messages of an account export. They are the console API's, of which clients know none."""

from __future__ import annotations

from typing import Any

from mock_server.wire import gojson
from mock_server.wire.messages import api_message
from mock_server.wire.output import timestamp
from mock_server.wire.schema import STRING, TIMESTAMP, ListOf, Message
from server_kit.store import Row

_CONSOLE = "nakama.console"

WALLET_LEDGER = Message(
    "WalletLedger",
    package=_CONSOLE,
    id=STRING,
    user_id=STRING,
    changeset=STRING,
    metadata=STRING,
    create_time=TIMESTAMP,
    update_time=TIMESTAMP,
)
"""An item of a wallet's ledger; changeset and metadata are JSON texts."""

ACCOUNT_EXPORT = Message(
    "AccountExport",
    package=_CONSOLE,
    account=api_message("Account"),
    objects=ListOf(api_message("StorageObject")),
    friends=ListOf(api_message("Friend")),
    groups=ListOf(api_message("Group")),
    messages=ListOf(api_message("ChannelMessage")),
    leaderboard_records=ListOf(api_message("LeaderboardRecord")),
    notifications=ListOf(api_message("Notification")),
    wallet_ledgers=ListOf(WALLET_LEDGER),
)
"""All that belongs to an account."""


def ledger_message(row: Row) -> dict[str, Any]:
    """The `WalletLedger` message of a stored item; QUIRK: Nakama does not say whose it is."""
    return {
        "id": row["id"],
        "user_id": "",
        **{
            name: gojson.marshal(gojson.unmarshal(row[name], exact=True))
            for name in ("changeset", "metadata")
        },
        **{name: seconds(row[name]) for name in ("create_time", "update_time")},
    }


def object_message(row: Row) -> dict[str, Any]:
    """The `StorageObject` message of a stored object."""
    return {
        "collection": row["collection"],
        "key": row["key"],
        "user_id": row["user_id"],
        "value": row["value"],
        "version": row["version"],
        "permission_read": row["read"],
        "permission_write": row["write"],
        **{name: seconds(row[name]) for name in ("create_time", "update_time")},
    }


def seconds(microseconds: int) -> str:
    """A stored time in whole seconds, as `2026-11-21T22:20:27Z`."""
    return timestamp(microseconds * 1000, digits=0)
