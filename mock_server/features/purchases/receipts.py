"""Receipts of the mock's own: a text that says what was bought, so that a shop can be tested.

`<store>:<product id>:<transaction id>`, then any of `:sandbox`, `:refunded`, `:bought=<seconds>`
and, for a subscription, `:expires=<seconds>`; seconds since 1970. As `apple:sword:t-1`,
`google:pass:t-2:expires=4102444800`.
"""

from __future__ import annotations

from attrs import frozen

from mock_server.wire.errors import GrpcCode, GrpcError

UNKNOWN, SANDBOX, PRODUCTION = range(3)
END_OF_TIME = 253_402_300_800
"""The year 10000, beyond which no timestamp can be written; in seconds since 1970."""


@frozen
class Shop:
    """A store whose purchases can be validated.

    Attributes:
        key: Its name in `purchases.accept` and in receipts.
        title: As Nakama's messages call it.
        number: In `StoreProvider`.
        label: The same as a text.
        refusal: What is said of a receipt that the store does not know.
        refusal_code: The code of that error.
    """

    key: str
    title: str
    number: int
    label: str
    refusal: str
    refusal_code: GrpcCode = GrpcCode.FAILED_PRECONDITION

    def not_configured(self) -> str:
        """What Nakama says where the store is not configured."""
        return f"{self.title} IAP is not configured."


APPLE = Shop("apple", "Apple", 0, "APPLE_APP_STORE", "Invalid Receipt. Status: 21002")
GOOGLE = Shop("google", "Google", 1, "GOOGLE_PLAY_STORE", "Invalid Receipt. State: 1")
HUAWEI = Shop("huawei", "Huawei", 2, "HUAWEI_APP_GALLERY", "Invalid Receipt. Code: 5")
FACEBOOK = Shop(
    "facebook",
    "Facebook Instant",
    3,
    "FACEBOOK_INSTANT_STORE",
    "invalid signedRequest format",
    GrpcCode.UNKNOWN,
)
SAMSUNG = Shop("samsung", "Samsung", 4, "SAMSUNG_GALAXY_STORE", "Invalid Receipt. Code: 1")
SHOPS = (APPLE, GOOGLE, HUAWEI, FACEBOOK, SAMSUNG)
ENVIRONMENTS = ("UNKNOWN", "SANDBOX", "PRODUCTION")


@frozen
class Receipt:
    """What a receipt says; times are in seconds since 1970, 0 is never."""

    shop: Shop
    product_id: str
    transaction_id: str
    environment: int
    bought: int
    expires: int
    is_refunded: bool


def read_receipt(shop: Shop, text: str, now: int) -> Receipt:
    """Read a receipt.

    Args:
        shop: The store it has to be from.
        text: The receipt.
        now: When it was bought, if the receipt does not say.

    Raises:
        GrpcError: Not a receipt of this store.
    """
    store, _, rest = text.partition(":")
    product, _, rest = rest.partition(":")
    transaction, *options = rest.split(":")
    if store != shop.key or not product or not transaction or "\0" in text:
        raise GrpcError(shop.refusal_code, shop.refusal)
    numbers = {"bought": now, "expires": 0}
    flags = set()
    for option in options:
        name, equals, value = option.partition("=")
        is_number = value.isascii() and value.isdigit() and int(value) < END_OF_TIME
        if equals and name in numbers and is_number:
            numbers[name] = int(value)
        elif option in ("sandbox", "refunded"):
            flags.add(option)
        else:
            raise GrpcError(shop.refusal_code, shop.refusal)
    environment = SANDBOX if "sandbox" in flags else PRODUCTION
    return Receipt(
        shop, product, transaction, environment, **numbers, is_refunded="refunded" in flags
    )
