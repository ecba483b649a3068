"""Purchases and subscriptions: rules and SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from mock_server.config import PurchasesConfig
from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.accounts.core import Accounts
from mock_server.features.purchases.receipts import END_OF_TIME, Receipt, Shop, read_receipt
from mock_server.identity import SYSTEM_USER
from mock_server.signals import Signal
from mock_server.wire import gojson
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.varchar import varchar_problem
from server_kit import Clock, Store
from server_kit.store import Row

_COLUMNS = """
    transaction_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    product_id TEXT NOT NULL, store INTEGER NOT NULL, environment INTEGER NOT NULL,
    purchase_time INTEGER NOT NULL, create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
    refund_time INTEGER NOT NULL, expire_time INTEGER NOT NULL, raw_response TEXT NOT NULL"""
SCHEMA = f"""
CREATE TABLE purchase ({_COLUMNS}
) WITHOUT ROWID;
CREATE INDEX purchase_user ON purchase (user_id, purchase_time, transaction_id);
CREATE INDEX purchase_time ON purchase (purchase_time, user_id, transaction_id);
CREATE TABLE subscription ({_COLUMNS}
) WITHOUT ROWID;
CREATE INDEX subscription_user ON subscription (user_id, purchase_time, transaction_id);
CREATE INDEX subscription_time ON subscription (purchase_time, user_id, transaction_id);
"""

PurchaseKind = Literal["purchase", "subscription"]
_EVER = (1 << 63) - 1
NotificationType = Literal["RENEWED", "EXPIRED", "CANCELLED", "REFUNDED"]

_KINDS: tuple[PurchaseKind, PurchaseKind] = ("purchase", "subscription")
_SECOND = 1_000_000
_ID_WIDTH = 512
_OTHER_FUNCTION = "{} Receipt. Use the appropriate function instead."
_ORDER = "purchase_time {0}, user_id {0}, transaction_id {0}"


@frozen
class Validated:
    """A purchase or subscription; times are in microseconds, 0 is none.

    Attributes:
        transaction_id: A subscription's original one.
        is_stored: Whether it was kept: else it has no create and update time.
        seen_before: Whether it had been validated before.
    """

    user_id: str
    product_id: str
    transaction_id: str
    store: int
    environment: int
    purchase_time: int
    create_time: int
    update_time: int
    refund_time: int
    expire_time: int
    provider_response: str
    is_stored: bool = True
    seen_before: bool = False


@frozen
class StoreNotification:
    """A store's notification about a purchase or a subscription.

    Attributes:
        kind: What it is about.
        type: What happened: `RENEWED`, `EXPIRED`, `CANCELLED` or `REFUNDED`.
        item: The purchase or subscription as it is now.
        is_active: Whether it is a subscription that is neither over nor refunded.
    """

    kind: PurchaseKind
    type: NotificationType
    item: Validated
    is_active: bool


@frozen
class PurchasePage:
    """Purchases or subscriptions, the newest first, and the cursors around them."""

    items: Sequence[Validated]
    cursor: str
    prev_cursor: str


class Purchases:
    """The purchases and subscriptions of one server.

    Attributes:
        notified: Sent with what a store reported.
    """

    def __init__(
        self, config: PurchasesConfig, store: Store, clock: Clock, accounts: Accounts
    ) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self.notified = Signal[StoreNotification]()

    def accepts(self, shop: Shop) -> bool:
        """Tell whether a store is configured."""
        return shop.key in self._config.accept

    def validate(
        self, kind: PurchaseKind, shop: Shop, user_id: str, receipt: str, *, persist: bool
    ) -> Validated:
        """Check a receipt, and keep what was bought.

        Args:
            kind: Purchases take no receipt of a subscription, nor the other way round.
            shop: The store.
            user_id: Who bought it.
            receipt: See `receipts`.
            persist: Whether it is kept.

        Raises:
            GrpcError: Not configured, or not such a receipt.
        """
        if not self.accepts(shop):
            raise GrpcError(GrpcCode.FAILED_PRECONDITION, shop.not_configured())
        now = self._clock.tick()
        read = read_receipt(shop, receipt, now // _SECOND)
        if bool(read.expires) is not (kind == "subscription"):
            other = "Purchase" if kind == "subscription" else "Subscription"
            raise GrpcError(GrpcCode.FAILED_PRECONDITION, _OTHER_FUNCTION.format(other))
        found = _of_receipt(read, user_id, receipt, now)
        if not persist:
            return found
        if self._accounts.find(user_id) is None:
            raise GrpcError(GrpcCode.INTERNAL, f"Failed to store {kind} data")
        for text in (read.product_id, read.transaction_id):
            if problem := varchar_problem(text, _ID_WIDTH):
                raise GrpcError(GrpcCode.UNKNOWN, problem)
        return self._keep(kind, found, now)

    def get(self, kind: PurchaseKind, transaction_id: str) -> Validated | None:
        """The stored purchase or subscription of a transaction, or None."""
        row = self._store.one(f"SELECT * FROM {kind} WHERE transaction_id = ?", transaction_id)
        return None if row is None else _of_row(row)

    def of_product(self, user_id: str, product_id: str) -> Validated | None:
        """A user's subscription to a product, the newest one, or None."""
        row = self._store.one(
            "SELECT * FROM subscription WHERE user_id = ? AND product_id = ? "
            "ORDER BY purchase_time DESC LIMIT 1",
            user_id,
            product_id,
        )
        return None if row is None else _of_row(row)

    def list(
        self,
        kind: PurchaseKind,
        user_id: str,
        limit: int,
        cursor: str = "",
        *,
        after: int = 0,
        before: int = _EVER,
    ) -> PurchasePage:
        """List what a user bought, the newest first; of all users where the id is empty.

        Args:
            kind: Which table.
            user_id: Whose, or empty.
            limit: How many at most.
            cursor: Where to go on.
            after: Only what was bought then or later, in microseconds.
            before: Only what was bought until then.

        Raises:
            BadCursor: Not a cursor of such a list.
        """
        listing = (user_id, after, before)
        is_forward, position = True, None
        if cursor:
            owner, *bounds, is_forward, bought, buyer, transaction = decode_cursor(
                kind, cursor, str, int, int, bool, int, str, str
            )
            if (user_id and owner != user_id) or bounds != [after, before]:
                raise BadCursor(cursor)
            position = (bought, buyer, transaction)
        comparison, order = ("<", "DESC") if is_forward else (">", "ASC")
        beyond = f"(purchase_time, user_id, transaction_id) {comparison} (?, ?, ?)"
        conditions = [
            *(["user_id = ?"] if user_id else []),
            *([beyond] if position else []),
            "purchase_time BETWEEN ? AND ?",
        ]
        rows = self._store.all(
            f"SELECT * FROM {kind} WHERE {' AND '.join(conditions)} "
            f"ORDER BY {_ORDER.format(order)} LIMIT ?",
            *([user_id] if user_id else []),
            *(position or ()),
            after,
            before,
            limit + 1,
        )
        has_more, rows = len(rows) > limit, rows[:limit]
        if not is_forward:
            rows.reverse()
        follows, precedes = (has_more, bool(cursor)) if is_forward else (True, has_more)
        return PurchasePage(
            [_of_row(row) for row in rows],
            _cursor(kind, listing, True, rows[-1]) if rows and follows else "",
            _cursor(kind, listing, False, rows[0]) if rows and precedes else "",
        )

    def refund(self, transaction_id: str) -> Validated:
        """Mark a purchase or subscription as refunded now, as the store's notification does.

        Raises:
            LookupError: There is none of this transaction.
        """
        now = self._clock.tick()
        for kind in _KINDS:
            if self._change(kind, transaction_id, "refund_time", now, now):
                return self._notify(kind, transaction_id, "REFUNDED")
        raise LookupError(f"there is no purchase with the transaction id {transaction_id!r}")

    def renew(self, transaction_id: str, expires: int) -> Validated:
        """Renew a subscription, as the store's notification does.

        Args:
            transaction_id: Its original transaction.
            expires: When it expires from now on, in seconds since 1970.

        Raises:
            LookupError: There is no subscription of this transaction.
            ValueError: No time of this era.
        """
        if not 0 < expires < END_OF_TIME:
            raise ValueError(
                f"expires has to be in seconds since 1970, below {END_OF_TIME}: {expires}"
            )
        return self._subscription_changed(transaction_id, "RENEWED", expires * _SECOND)

    def expire(self, transaction_id: str) -> Validated:
        """Let a subscription be over now, as the store's notification does.

        Raises:
            LookupError: There is no subscription of this transaction.
        """
        return self._subscription_changed(transaction_id, "EXPIRED", self._clock.tick())

    def cancel(self, transaction_id: str) -> Validated:
        """Tell that a subscription will not be renewed; until it expires it is active.

        Raises:
            LookupError: There is no subscription of this transaction.
        """
        return self._subscription_changed(transaction_id, "CANCELLED", None)

    def _subscription_changed(
        self, transaction_id: str, what: NotificationType, expires: int | None
    ) -> Validated:
        found = self.get("subscription", transaction_id)
        if found is None:
            raise LookupError(
                f"there is no subscription with the transaction id {transaction_id!r}"
            )
        expire_time = found.expire_time if expires is None else expires
        now = self._clock.tick()
        self._change("subscription", transaction_id, "expire_time", expire_time, now)
        return self._notify("subscription", transaction_id, what)

    def _change(
        self, kind: PurchaseKind, transaction_id: str, column: str, value: int, now: int
    ) -> int:
        """Set a time; returns how many rows have changed."""
        return self._store.run(
            f"UPDATE {kind} SET {column} = ?, update_time = ? WHERE transaction_id = ?",
            value,
            now,
            transaction_id,
        )

    def _notify(self, kind: PurchaseKind, transaction_id: str, what: NotificationType) -> Validated:
        found = self.get(kind, transaction_id)
        assert found is not None, "it has just been changed"
        is_active = kind == "subscription" and self.is_active(found)
        self.notified.send(StoreNotification(kind, what, found, is_active))
        return found

    def is_active(self, subscription: Validated) -> bool:
        """Tell whether a subscription is neither over nor refunded."""
        is_over = subscription.expire_time <= self._clock.time() * _SECOND
        return not is_over and not subscription.refund_time

    def _keep(self, kind: PurchaseKind, found: Validated, now: int) -> Validated:
        seen = self.get(kind, found.transaction_id)
        self._store.run(
            f"INSERT INTO {kind} (transaction_id, user_id, product_id, store, environment, "
            "purchase_time, create_time, update_time, refund_time, expire_time, raw_response) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (transaction_id) DO UPDATE SET "
            "update_time = excluded.update_time, expire_time = excluded.expire_time, "
            "refund_time = max(refund_time, excluded.refund_time)",
            found.transaction_id,
            found.user_id,
            found.product_id,
            found.store,
            found.environment,
            found.purchase_time,
            now,
            now,
            found.refund_time,
            found.expire_time,
            found.provider_response,
        )
        row = self._store.all(
            f"SELECT * FROM {kind} WHERE transaction_id = ?", found.transaction_id
        )[0]
        # As in Nakama, the answer names who asks, the list who was first.
        return _of_row(row, user_id=found.user_id, seen_before=seen is not None)


def _of_receipt(read: Receipt, user_id: str, receipt: str, now: int) -> Validated:
    return Validated(
        user_id,
        read.product_id,
        read.transaction_id,
        read.shop.number,
        read.environment,
        read.bought * _SECOND,
        0,
        0,
        now if read.is_refunded else 0,
        read.expires * _SECOND,
        gojson.marshal({"receipt": receipt}),
        is_stored=False,
    )


def _of_row(row: Row, *, user_id: str = "", seen_before: bool = False) -> Validated:
    owner = user_id or row["user_id"]
    return Validated(
        "" if owner == SYSTEM_USER else owner,  # whose account is deleted
        row["product_id"],
        row["transaction_id"],
        row["store"],
        row["environment"],
        row["purchase_time"],
        row["create_time"],
        row["update_time"],
        row["refund_time"],
        row["expire_time"],
        row["raw_response"],
        seen_before=seen_before,
    )


def _cursor(kind: PurchaseKind, listing: tuple[str, int, int], is_forward: bool, row: Row) -> str:
    position = (row["purchase_time"], row["user_id"], row["transaction_id"])
    return encode_cursor(kind, *listing, is_forward, *position)
