"""Wallets: rules and SQL of the wallets and their ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
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
_INT64 = 1 << 63
_END_OF_TIME = _INT64 - 1


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
class WalletUpdateResult:
    """A wallet before an update, and after the whole batch."""

    user_id: str
    previous: dict[str, int]
    updated: dict[str, int]


class NoSuchItem(Exception):
    """The ledger has no item of this id."""


@frozen
class LedgerPage:
    """Ledger items, newest first, and where the pages around them start; empty where is none."""

    rows: Sequence[Row]
    cursor: str
    prev_cursor: str = ""


class Wallets:
    """The wallets of one server."""

    def __init__(self, store: Store, clock: Clock, accounts: Accounts) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts

    def update(self, updates: Iterable[Update], *, in_ledger: bool) -> list[WalletUpdateResult]:
        """Change wallets, all or none; unknown users are passed over.

        Raises:
            WalletRejected: A value would become negative.
        """
        with self._store.transaction():
            changed = [self._update(each, in_ledger=in_ledger) for each in updates]
        results = [result for result in changed if result is not None]
        last = {result.user_id: result.updated for result in results}
        return [evolve(result, updated=last[result.user_id]) for result in results]

    def ledger(
        self,
        user_id: str,
        limit: int,
        cursor: str = "",
        after: int = 0,
        before: int = _END_OF_TIME,
    ) -> LedgerPage:
        """List a user's ledger, newest first.

        Args:
            user_id: Whose.
            limit: How many items at most.
            cursor: Where to go on.
            after: Only later items, in microseconds.
            before: Only earlier items.

        Raises:
            BadCursor: Not a cursor of this user's ledger with these bounds.
        """
        is_forward = True
        position: list[Any] = [_END_OF_TIME, ""]
        if cursor:
            *listed, is_forward, create_time, item_id = decode_cursor(
                _CURSOR, cursor, str, int, int, bool, int, str
            )
            if listed != [user_id, after, before]:
                raise BadCursor(cursor)
            position = [create_time, item_id]
        compared, order = ("<", " DESC") if is_forward else (">", "")
        rows = self._store.all(
            f"SELECT * FROM wallet_ledger WHERE user_id = ? AND (create_time, id) {compared} "
            "(?, ?) AND create_time > ? AND create_time < ? "
            f"ORDER BY create_time{order}, id{order} LIMIT ?",
            user_id,
            *position,
            after,
            before,
            limit + 1,
        )
        has_more, page = len(rows) > limit, rows[:limit]
        listing = (user_id, after, before)
        if not page:
            return LedgerPage(page, _cursor(listing, True, *position) if has_more else "")
        if not is_forward:
            page.reverse()
        follows, precedes = (has_more, bool(cursor)) if is_forward else (True, has_more)
        first, last = page[0], page[-1]
        return LedgerPage(
            page,
            _cursor(listing, True, last["create_time"], last["id"]) if follows else "",
            _cursor(listing, False, first["create_time"], first["id"]) if precedes else "",
        )

    def update_ledger(self, item_id: str, metadata: str) -> Row:
        """Merge metadata into that of a ledger item.

        Args:
            item_id: The item's.
            metadata: JSON text of an object; its members replace those of the same name.

        Returns:
            The item as it is stored now.

        Raises:
            NoSuchItem: There is none.
        """
        row = self._store.one("SELECT * FROM wallet_ledger WHERE id = ?", item_id)
        if row is None:
            raise NoSuchItem(item_id)
        merged = (gojson.unmarshal(row["metadata"]) or {}) | (gojson.unmarshal(metadata) or {})
        self._store.run(
            "UPDATE wallet_ledger SET metadata = ?, update_time = ? WHERE id = ?",
            jsonb_text(gojson.marshal(merged)),
            self._clock.tick(),
            item_id,
        )
        return self._store.all("SELECT * FROM wallet_ledger WHERE id = ?", item_id)[0]

    def delete_ledger(self, user_id: str, item_id: str) -> None:
        """Remove an item of a user's ledger, if it is there."""
        self._store.run("DELETE FROM wallet_ledger WHERE id = ? AND user_id = ?", item_id, user_id)

    def _update(self, update: Update, *, in_ledger: bool) -> WalletUpdateResult | None:
        row = self._accounts.find(update.user_id)
        if row is None:
            return None
        previous = gojson.unmarshal(row["wallet"], exact=True)
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
        return WalletUpdateResult(update.user_id, previous, updated)


def _cursor(listing: tuple[str, int, int], is_forward: bool, create_time: int, item_id: str) -> str:
    return encode_cursor(_CURSOR, *listing, is_forward, create_time, item_id)


def _apply(wallet: Mapping[str, int], changeset: Mapping[str, int]) -> dict[str, int]:
    updated = dict(wallet)
    for name, change in changeset.items():
        updated[name] = updated.get(name, 0) + change
        if not 0 <= updated[name] < _INT64:  # Nakama adds with an overflow to the negative
            raise WalletRejected(f"wallet update rejected negative value at path '{name}'")
    return updated


def _stored(amounts: Mapping[str, int]) -> str:
    try:
        return jsonb_text(gojson.marshal(amounts))
    except ValueError as error:
        raise WalletRejected(str(error)) from None
