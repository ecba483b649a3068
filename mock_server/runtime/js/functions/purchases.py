"""`nk.purchase…`, `nk.purchases…`, `nk.subscription…` and `nk.subscriptions…`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Function, Nk, retold
from mock_server.runtime.js.given import Given, Object, camel_keys

_USER = "expects user ID to be a valid identifier"
_NO_USER = "expects a user ID string"
_TRANSACTION = "expects a transaction id string"


def purchase_get_by_transaction_id(given: Given, nk: Nk) -> Any:
    """`nk.purchaseGetByTransactionId(id)`."""
    transaction = given.filled(0, _TRANSACTION)
    with retold("^runtime error: .*", f"there is no purchase {transaction} (Nakama panics here)"):
        return camel_keys(nk("purchase_get_by_transaction_id", transaction))


def purchases_list(given: Given, nk: Nk) -> Any:
    """`nk.purchasesList(userId?, limit?, cursor?)`."""
    return _listed(given, nk, "purchases_list", "validatedPurchases")


def subscription_get_by_product_id(given: Given, nk: Nk) -> Any:
    """`nk.subscriptionGetByProductId(userId, productId)`."""
    user_id = given.uuid(0, _USER, _NO_USER)
    product = given.filled(1, _TRANSACTION)
    with retold("^error retrieving subscription", "error retrieving purchase"):
        return camel_keys(nk("subscription_get_by_product_id", user_id, product))


def subscriptions_list(given: Given, nk: Nk) -> Any:
    """`nk.subscriptionsList(userId, limit?, cursor?)`."""
    return _listed(given, nk, "subscriptions_list", "validatedSubscriptions")


def _validating(
    name: str,
    receipt_name: str = "receipt",
    *,
    has_signature: bool = False,
    config_first: int | None = None,
) -> Function:
    """The validation of a receipt: user, receipt, (signature,) persist and the shop's own.

    Args:
        name: The function of the shared `nk`.
        receipt_name: What a receipt is called.
        has_signature: Whether a signature follows it.
        config_first: The store has to be configured before anything else is looked at, unless the
            argument of this number, from 1, stands in for its settings; 0 is none.
    """
    shop = name.removeprefix("purchase_validate_")

    def validate(given: Given, nk: Nk) -> Any:
        if config_first is not None:
            settings = given.defined(config_first, given.text, "") if config_first else ""
            if not settings:
                _require_configured(nk, shop)
        user_id = given.uuid(0, _USER, _NO_USER)
        receipt = [given.filled(1, f"expects {receipt_name}")]
        if has_signature:
            receipt.append(given.filled(2, "expects signature"))
        first = 1 + len(receipt)
        persist = given.optional(first, given.flag, True)
        own = (given.defined(first + each, given.text, "") or None for each in (1, 2))
        with retold(
            r"^(.*) IAP is not configured\.$",
            lambda found: f"{found[1].lower()} IAP is not configured",
        ):
            return camel_keys(nk(name, user_id, *receipt, persist, *own))

    return validate


def _require_configured(nk: Nk, shop: str) -> None:
    if not nk("javascript.purchases_accepted", shop.removesuffix("_instant")):
        raise ScriptGoError(f"{shop.replace('_', ' ')} IAP is not configured")


VALIDATIONS: dict[str, Function] = {
    "purchaseValidateApple": _validating("purchase_validate_apple", config_first=3),
    "purchaseValidateGoogle": _validating("purchase_validate_google"),
    "purchaseValidateHuawei": _validating(
        "purchase_validate_huawei", has_signature=True, config_first=0
    ),
    "purchaseValidateFacebookInstant": _validating(
        "purchase_validate_facebook_instant", "signedRequest", config_first=0
    ),
    "purchaseValidateSamsung": _validating("purchase_validate_samsung", "purchaseId"),
    "subscriptionValidateApple": _validating("subscription_validate_apple"),
    "subscriptionValidateGoogle": _validating("subscription_validate_google"),
}
"""The functions that differ in their names only."""


def _listed(given: Given, nk: Nk, name: str, member: str) -> Object:
    user_id = given.uuid(0, "expects a valid user ID") if given.has(0) else None
    limit = given.optional(1, given.integer, 100)
    if not 1 <= limit <= 100:
        raise ScriptTypeError("limit must be 1-100")
    cursor = given.optional(2, given.text, "")
    with retold("^error retrieving subscriptions", "error retrieving purchases"):
        found, following, previous = nk(name, user_id, limit, cursor)
    return {
        member: camel_keys(found),
        "cursor": following or None,
        "prevCursor": previous or None,
    }
