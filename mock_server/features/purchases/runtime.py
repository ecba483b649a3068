"""`nk.purchase_*`, `nk.purchases_list` and `nk.subscription*`."""

from __future__ import annotations

from typing import Any, ClassVar

from mock_server.cursor import BadCursor
from mock_server.features.purchases.core import PurchaseKind, Purchases, Validated
from mock_server.features.purchases.receipts import (
    APPLE,
    FACEBOOK,
    GOOGLE,
    HUAWEI,
    SAMSUNG,
    SHOPS,
    Shop,
)
from mock_server.features.purchases.tables import purchase_table, subscription_table
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError, status_text
from mock_server.runtime.functions import SCRIPT_MODULE, RuntimeFunctions
from mock_server.wire.errors import GrpcCode, GrpcError

_SETTINGS = {"apple": (4,), "google": (4, 5)}  # arguments that stand in for the store's settings
_TRANSACTION = "expects a transaction ID string"


class PurchaseScriptFunctions(RuntimeFunctions):
    """What JavaScript's functions check before their arguments."""

    _module: ClassVar[str] = SCRIPT_MODULE

    def __init__(self, purchases: Purchases) -> None:
        self._purchases = purchases

    def purchases_accepted(self, shop: str) -> bool:
        """Tell whether a store is configured."""
        return any(self._purchases.accepts(each) for each in SHOPS if each.key == shop)


class PurchaseFunctions(RuntimeFunctions):
    """Validate receipts, and list what was bought."""

    def __init__(self, purchases: Purchases) -> None:
        self._purchases = purchases

    def purchase_validate_apple(
        self,
        user_id: Any = None,
        receipt: Any = None,
        persist: Any = None,
        password: Any = None,
    ) -> dict[str, Any]:
        """Validate a receipt of the App Store.

        Args:
            user_id: Who bought it.
            receipt: The receipt; for the form in this mock see `docs/mock_server.md`.
            persist: Whether it is kept; True when left out.
            password: Apple's shared secret. The mock asks nobody, and only looks at its type.

        Returns:
            A table with `validated_purchases`.

        Raises:
            ModuleError: A bad argument, a store that is not configured, or no such receipt.
        """
        given = Arguments("purchase_validate_apple", user_id, receipt, persist, password)
        return self._validated(given, APPLE)

    def purchase_validate_google(
        self,
        user_id: Any = None,
        receipt: Any = None,
        persist: Any = None,
        client_email: Any = None,
        private_key: Any = None,
    ) -> dict[str, Any]:
        """Validate a receipt of Google Play; see `purchase_validate_apple`.

        Raises:
            ModuleError: As for `purchase_validate_apple`.
        """
        settings = (client_email, private_key)
        given = Arguments("purchase_validate_google", user_id, receipt, persist, *settings)
        return self._validated(given, GOOGLE)

    def purchase_validate_huawei(
        self, user_id: Any = None, receipt: Any = None, signature: Any = None, persist: Any = None
    ) -> dict[str, Any]:
        """Validate a receipt of the AppGallery; `signature` is any text in this mock.

        Raises:
            ModuleError: As for `purchase_validate_apple`.
        """
        self._require(HUAWEI)
        given = Arguments("purchase_validate_huawei", user_id, receipt, persist)
        Arguments("purchase_validate_huawei", user_id, receipt, signature).filled_text(
            3, "expects signature"
        )
        return self._validated(given, HUAWEI)

    def purchase_validate_facebook_instant(
        self, user_id: Any = None, signed_request: Any = None, persist: Any = None
    ) -> dict[str, Any]:
        """Validate a purchase in a Facebook Instant Game; see `purchase_validate_apple`.

        Raises:
            ModuleError: As for `purchase_validate_apple`.
        """
        self._require(FACEBOOK)
        given = Arguments("purchase_validate_facebook_instant", user_id, signed_request, persist)
        return self._validated(given, FACEBOOK, "expects signedRequest")

    def purchase_validate_samsung(
        self, user_id: Any = None, purchase_id: Any = None, persist: Any = None
    ) -> dict[str, Any]:
        """Validate a purchase in the Galaxy Store; see `purchase_validate_apple`.

        Raises:
            ModuleError: As for `purchase_validate_apple`.
        """
        given = Arguments("purchase_validate_samsung", user_id, purchase_id, persist)
        return self._validated(given, SAMSUNG, "expects purchaseId")

    def purchase_get_by_transaction_id(self, transaction_id: Any = None) -> dict[str, Any]:
        """Read a purchase that was kept.

        Raises:
            ModuleError: A bad argument, or no such purchase, with the text of Nakama's crash.
        """
        given = Arguments("purchase_get_by_transaction_id", transaction_id)
        found = self._purchases.get("purchase", given.filled_text(1, _TRANSACTION))
        if found is None:
            raise ModuleError("runtime error: invalid memory address or nil pointer dereference")
        return purchase_table(found, is_listed=True)

    def purchases_list(
        self, user_id: Any = None, limit: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str | None, str | None]:
        """List purchases, the newest first.

        Args:
            user_id: Whose; all users' when left out.
            limit: 1 to 100; 100 when left out.
            cursor: Where to go on.

        Returns:
            The purchases, and the cursors of the next and the previous page.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("purchases_list", user_id, limit, cursor)
        found, *cursors = self._list("purchase", given)
        tables = [purchase_table(each, is_listed=True) for each in found]
        return tables, cursors[0], cursors[1]

    def subscription_validate_apple(
        self,
        user_id: Any = None,
        receipt: Any = None,
        persist: Any = None,
        password: Any = None,
    ) -> dict[str, Any]:
        """Validate a subscription of the App Store; the result has `validated_subscription`.

        Raises:
            ModuleError: As for `purchase_validate_apple`.
        """
        given = Arguments("subscription_validate_apple", user_id, receipt, persist, password)
        return self._validated_subscription(given, APPLE)

    def subscription_validate_google(
        self,
        user_id: Any = None,
        receipt: Any = None,
        persist: Any = None,
        client_email: Any = None,
        private_key: Any = None,
    ) -> dict[str, Any]:
        """Validate a subscription of Google Play; the result has `validated_subscription`.

        Raises:
            ModuleError: As for `purchase_validate_apple`.
        """
        settings = (client_email, private_key)
        given = Arguments("subscription_validate_google", user_id, receipt, persist, *settings)
        return self._validated_subscription(given, GOOGLE)

    def subscription_get_by_product_id(
        self, user_id: Any = None, product_id: Any = None
    ) -> dict[str, Any]:
        """Read a user's subscription to a product.

        Raises:
            ModuleError: A bad argument, or there is none.
        """
        given = Arguments("subscription_get_by_product_id", user_id, product_id)
        owner = given.uuid(1, "invalid user id", absent="expects user id")
        found = self._purchases.of_product(
            owner, given.filled_text(2, "expects a product ID string")
        )
        if found is None:
            raise ModuleError("error retrieving subscription: subscription not found")
        subscription = self._subscription(found)
        subscription.pop("refund_time", None)  # QUIRK: Nakama does not read it here
        return subscription

    def subscriptions_list(
        self, user_id: Any = None, limit: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str | None, str | None]:
        """List subscriptions, the newest first; see `purchases_list`.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("subscriptions_list", user_id, limit, cursor)
        found, *cursors = self._list("subscription", given)
        tables = [self._subscription(each, is_listed=True) for each in found]
        return tables, cursors[0], cursors[1]

    def _validated(
        self, given: Arguments, shop: Shop, expected: str = "expects receipt"
    ) -> dict[str, Any]:
        found = self._validate("purchase", given, shop, expected)
        return {"validated_purchases": [purchase_table(found)]}

    def _validated_subscription(self, given: Arguments, shop: Shop) -> dict[str, Any]:
        found = self._validate("subscription", given, shop, "expects receipt")
        return {"validated_subscription": self._subscription(found)}

    def _validate(
        self, kind: PurchaseKind, given: Arguments, shop: Shop, expected: str
    ) -> Validated:
        owner = given.uuid(1, "invalid user id", absent="expects user id")
        receipt, persist = given.filled_text(2, expected), given.optional_flag(3, default=True)
        for number in _SETTINGS.get(shop.key, ()):
            given.optional_text(number)
        self._require(shop)
        try:
            return self._purchases.validate(kind, shop, owner, receipt, persist=persist)
        except GrpcError as error:
            is_plain = error.code is GrpcCode.UNKNOWN  # an error of Go's, not one of gRPC's
            text = error.message if is_plain else status_text(error)
            raise ModuleError(f"error validating {shop.title} receipt: {text}") from None

    def _require(self, shop: Shop) -> None:
        if not self._purchases.accepts(shop):
            raise ModuleError(shop.not_configured())

    def _list(
        self, kind: PurchaseKind, given: Arguments
    ) -> tuple[list[Validated], str | None, str | None]:
        text = given.optional_text(1)
        owner = given.uuid(1, "expects a valid user ID") if text else ""
        limit = given.optional_integer(2, 100)
        if not 1 <= limit <= 100:
            raise given.error(2, "expects a limit 1-100")
        try:
            page = self._purchases.list(kind, owner, limit, given.optional_text(3))
        except BadCursor:
            raise ModuleError(f"error retrieving {kind}s: {kind}s list cursor invalid") from None
        return list(page.items), page.cursor or None, page.prev_cursor or None

    def _subscription(self, found: Validated, *, is_listed: bool = False) -> dict[str, Any]:
        is_active = self._purchases.is_active(found)
        return subscription_table(found, is_active=is_active, is_listed=is_listed)
