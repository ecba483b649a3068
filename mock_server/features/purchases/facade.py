"""The purchases facade: a test reads purchases, and refunds or renews them as the stores do."""

from __future__ import annotations

from collections.abc import Callable

from mock_server.features.purchases.core import PurchaseKind, Purchases, Validated
from server_kit import InLoop


class PurchasesFacade:
    """The purchases and subscriptions of a running server, for any thread.

    Args:
        find: Returns those of the running server; a restart makes new ones.
        in_loop: Calls them.
    """

    def __init__(self, find: Callable[[], Purchases], in_loop: InLoop) -> None:
        self._find = find
        self._in_loop = in_loop

    def get(self, transaction_id: str) -> Validated | None:
        """The stored purchase or subscription of a transaction, or None."""
        kinds: tuple[PurchaseKind, PurchaseKind] = ("purchase", "subscription")
        found = self._in_loop.call(
            lambda: [self._find().get(kind, transaction_id) for kind in kinds]
        )
        return found[0] or found[1]

    def refund(self, transaction_id: str) -> Validated:
        """Refund a purchase or a subscription, as the store tells Nakama by a notification.

        Raises:
            LookupError: There is none of this transaction.
        """
        return self._in_loop.call(lambda: self._find().refund(transaction_id))

    def renew(self, transaction_id: str, expires: int) -> Validated:
        """Renew a subscription, as the store tells Nakama by a notification.

        Args:
            transaction_id: Its transaction.
            expires: When it expires from now on, in seconds since 1970.

        Raises:
            LookupError: There is no subscription of this transaction.
            ValueError: `expires` is no time of this era.
        """
        return self._in_loop.call(lambda: self._find().renew(transaction_id, expires))

    def expire(self, transaction_id: str) -> Validated:
        """Let a subscription be over, as the store tells Nakama by a notification.

        Raises:
            LookupError: There is no subscription of this transaction.
        """
        return self._in_loop.call(lambda: self._find().expire(transaction_id))

    def cancel(self, transaction_id: str) -> Validated:
        """Tell that a subscription will not be renewed, as the store does by a notification.

        Raises:
            LookupError: There is no subscription of this transaction.
        """
        return self._in_loop.call(lambda: self._find().cancel(transaction_id))
