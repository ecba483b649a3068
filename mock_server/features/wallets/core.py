"""Wallets: rules and SQL of the wallets and their ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from mock_server.cursor import decode_cursor, encode_cursor
from mock_server.features.accounts.core import Accounts
from mock_server.wire import gojson
from mock_server.wire.jsonb import jsonb_text
from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = """
CREATE TABLE wallet_ledger (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    create_time INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
    changeset TEXT NOT NULL, metadata TEXT NOT NULL, update_time INTEGER NOT NULL,
    PRIMARY KEY (user_id, create_time, id)
) WITHOUT ROWID;
"""

_CURSOR = "wallet_ledger"


class WalletRejected(Exception):
    """A wallet would become negative, or does not fit; nothing of the batch is done."""


@frozen
class Update:
    """A change of one wallet.

    Attributes:
        user_id: Whose.
        changeset: The amounts to add, by currency; negative ones are subtracted.
        metadata: JSON text for the ledger.
    """

    user_id: str
    changeset: Mapping[str, int]
    metadata: str = "{}"


@frozen
class Result:
    """What a wallet was before an update, and what it is now."""

    user_id: str
    previous: dict[str, int]
    updated: dict[str, int]


@frozen
class LedgerPage:
    """Ledger items, oldest first, and where the next page starts; empty on the last page."""

    rows: Sequence[Row]
    cursor: str


class Wallets:
    """The wallets of one server."""

    def __init__(self, store: Store, clock: Clock, accounts: Accounts) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts

    def update(self, updates: Iterable[Update], *, in_ledger: bool) -> list[Result]:
        """Change wallets, all or none; unknown users are passed over.

        Raises:
            WalletRejected: A value would become negative.
        """
        with self._store.transaction():
            results = [self._update(each, in_ledger=in_ledger) for each in updates]
        return [result for result in results if result is not None]

    def ledger(self, user_id: str, limit: int, cursor: str = "") -> LedgerPage:
        """List a user's ledger.

        Raises:
            BadCursor: Not a cursor of a ledger.
        """
        after = decode_cursor(_CURSOR, cursor, int, str) if cursor else [0, ""]
        rows = self._store.all(
            "SELECT * FROM wallet_ledger WHERE user_id = ? AND (create_time, id) > (?, ?) "
            "ORDER BY create_time, id LIMIT ?",
            user_id,
            *after,
            limit + 1,
        )
        page = rows[:limit]
        if len(rows) <= limit:
            return LedgerPage(page, "")
        last = (page[-1]["create_time"], page[-1]["id"]) if page else after
        return LedgerPage(page, encode_cursor(_CURSOR, *last))

    def _update(self, update: Update, *, in_ledger: bool) -> Result | None:
        row = self._accounts.find(update.user_id)
        if row is None:
            return None
        previous = gojson.unmarshal(row["wallet"])
        updated = _apply(previous, update.changeset)
        now = self._clock.tick()
        self._store.run(
            "UPDATE users SET wallet = ?, update_time = ? WHERE id = ?",
            _stored(updated),
            now,
            update.user_id,
        )
        if in_ledger:
            self._store.run(
                "INSERT INTO wallet_ledger (id, user_id, changeset, metadata, create_time, "
                "update_time) VALUES (?, ?, ?, ?, ?, ?)",
                str(uuid.uuid4()),
                update.user_id,
                _stored(update.changeset),
                jsonb_text(update.metadata),
                now,
                now,
            )
        return Result(update.user_id, previous, updated)


def _apply(wallet: Mapping[str, int], changeset: Mapping[str, int]) -> dict[str, int]:
    updated = dict(wallet)
    for name, change in changeset.items():
        updated[name] = updated.get(name, 0) + change
        if updated[name] < 0:
            raise WalletRejected(f"wallet update rejected negative value at path '{name}'")
    return updated


def _stored(amounts: Mapping[str, int]) -> str:
    try:
        return jsonb_text(gojson.marshal(amounts))
    except ValueError as error:
        raise WalletRejected(f"ERROR: {error} (SQLSTATE 22P05)") from None
