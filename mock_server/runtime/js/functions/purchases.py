"""`nk.purchase…`, `nk.purchases…`, `nk.subscription…` and `nk.subscriptions…`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.js.errors import ScriptTypeError
from mock_server.runtime.js.functions.table import Function, Nk
from mock_server.runtime.js.given import Given, Object, camel_keys

_USER = "expects a valid user ID"


def purchase_get_by_transaction_id(given: Given, nk: Nk) -> Any:
    """`nk.purchaseGetByTransactionId(id)`."""
    transaction = given.filled(0, "expects a transaction ID string")
    return camel_keys(nk("purchase_get_by_transaction_id", transaction))


def purchases_list(given: Given, nk: Nk) -> Any:
    """`nk.purchasesList(userId?, limit?, cursor?)`."""
    return _listed(given, nk, "purchases_list", "validatedPurchases")


def subscription_get_by_product_id(given: Given, nk: Nk) -> Any:
    """`nk.subscriptionGetByProductId(userId, productId)`."""
    user_id = given.uuid(0, _USER, "expects user id")
    product = given.filled(1, "expects a product ID string")
    return camel_keys(nk("subscription_get_by_product_id", user_id, product))


def subscriptions_list(given: Given, nk: Nk) -> Any:
    """`nk.subscriptionsList(userId, limit?, cursor?)`."""
    return _listed(given, nk, "subscriptions_list", "validatedSubscriptions")


def _validating(name: str, *, has_signature: bool = False) -> Function:
    """The validation of a receipt: user, receipt, (signature,) persist and the shop's own."""

    def validate(given: Given, nk: Nk) -> Any:
        user_id = given.uuid(0, "invalid user id", "expects user id")
        receipt = [given.filled(1, "expects receipt")]
        if has_signature:
            receipt.append(given.filled(2, "expects signature"))
        first = 1 + len(receipt)
        persist = given.optional(first, given.flag, True)
        own = (given.optional(first + each, given.text, "") or None for each in (1, 2))
        return camel_keys(nk(name, user_id, *receipt, persist, *own))

    return validate


VALIDATIONS: dict[str, Function] = {
    "purchaseValidateApple": _validating("purchase_validate_apple"),
    "purchaseValidateGoogle": _validating("purchase_validate_google"),
    "purchaseValidateHuawei": _validating("purchase_validate_huawei", has_signature=True),
    "purchaseValidateFacebookInstant": _validating("purchase_validate_facebook_instant"),
    "purchaseValidateSamsung": _validating("purchase_validate_samsung"),
    "subscriptionValidateApple": _validating("subscription_validate_apple"),
    "subscriptionValidateGoogle": _validating("subscription_validate_google"),
}
"""The functions that differ in their names only."""


def _listed(given: Given, nk: Nk, name: str, member: str) -> Object:
    user_id = given.uuid(0, _USER) if given.has(0) and given.value(0) != "" else None
    limit = given.optional(1, given.integer, 100)
    if not 1 <= limit <= 100:
        raise ScriptTypeError("expects a limit 1-100")
    found, following, previous = nk(name, user_id, limit, given.optional(2, given.text, ""))
    return {
        member: camel_keys(found),
        "cursor": following or None,
        "prevCursor": previous or None,
    }
