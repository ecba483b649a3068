"""Purchases: https://heroiclabs.com/docs/nakama/concepts/iap-validation/."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec
from attrs import Factory, frozen

from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import JsonObject, encode
from nakama_client.protocol.requests import Request
from nakama_client.protocol.rules import check_present, check_type
from nakama_client.session import Session


class StoreProvider(IntEnum):
    """The shop that sold something.

    Attributes:
        APPLE_APP_STORE: Apple's.
        GOOGLE_PLAY_STORE: Google's.
        HUAWEI_APP_GALLERY: Huawei's.
        FACEBOOK_INSTANT_STORE: That of Facebook Instant Games.
        SAMSUNG_GALAXY_STORE: Samsung's.
    """

    APPLE_APP_STORE = 0
    GOOGLE_PLAY_STORE = 1
    HUAWEI_APP_GALLERY = 2
    FACEBOOK_INSTANT_STORE = 3
    SAMSUNG_GALAXY_STORE = 4


class StoreEnvironment(IntEnum):
    """Whether money was paid for it.

    Attributes:
        UNKNOWN: The shop does not say.
        SANDBOX: It was a test.
        PRODUCTION: It was paid for.
    """

    UNKNOWN = 0
    SANDBOX = 1
    PRODUCTION = 2


@frozen(kw_only=True)
class ValidatedPurchase:
    """A purchase that the shop confirms.

    Attributes:
        user_id: Who bought it.
        product_id: What was bought.
        transaction_id: The shop's id of the purchase.
        store: See `StoreProvider`.
        purchase_time: When it was bought.
        create_time: When the server validated it first.
        update_time: When the server last changed it.
        refund_time: When the money was given back; None, or 1970, if it was not.
        provider_response: What the shop said; a JSON object.
        environment: See `StoreEnvironment`.
        seen_before: Whether it was validated before, so that the player already has what was
            bought.
    """

    user_id: str = ""
    product_id: str = ""
    transaction_id: str = ""
    store: int = 0
    purchase_time: datetime | None = None
    create_time: datetime | None = None
    update_time: datetime | None = None
    refund_time: datetime | None = None
    provider_response: JsonObject = Factory(JsonObject)
    environment: int = 0
    seen_before: bool = False


class _Purchases(msgspec.Struct):
    validated_purchases: tuple[ValidatedPurchase, ...] = ()


class PurchasesApi(ClientFeature):
    """Validating purchases with the shop that sold them.

    All of these return what the receipt holds, and raise `ArgumentError` when it is empty,
    `FailedPrecondition` when the server is not configured for the shop, and `InvalidArgument` when
    the shop does not confirm it. Validating the same receipt again is safe: its purchases come back
    with `seen_before`.
    """

    async def validate_purchase_apple(
        self, session: Session, receipt: str, *, persist: bool = True
    ) -> list[ValidatedPurchase]:
        """Validate a receipt of Apple's.

        Args:
            session: The session of the buyer.
            receipt: The receipt, in base64, as the app got it.
            persist: Whether the server keeps the purchases, which `seen_before` needs.
        """
        return await self._validate(session, "apple", persist, receipt=receipt)

    async def validate_purchase_google(
        self, session: Session, purchase: str, *, persist: bool = True
    ) -> list[ValidatedPurchase]:
        """Validate a purchase at Google's.

        Args:
            session: The session of the buyer.
            purchase: The purchase's JSON, as the app got it.
            persist: As in `validate_purchase_apple`.
        """
        return await self._validate(session, "google", persist, purchase=purchase)

    async def validate_purchase_huawei(
        self, session: Session, purchase: str, *, signature: str, persist: bool = True
    ) -> list[ValidatedPurchase]:
        """Validate a purchase at Huawei's.

        Args:
            session: The session of the buyer.
            purchase: The purchase's JSON, as the app got it.
            signature: Its signature.
            persist: As in `validate_purchase_apple`.
        """
        return await self._validate(
            session, "huawei", persist, purchase=purchase, signature=signature
        )

    async def validate_purchase_facebook_instant(
        self, session: Session, signed_request: str, *, persist: bool = True
    ) -> list[ValidatedPurchase]:
        """Validate a purchase in a Facebook Instant Game.

        Args:
            session: The session of the buyer.
            signed_request: The signed request, as the game got it.
            persist: As in `validate_purchase_apple`.
        """
        return await self._validate(
            session, "facebookinstant", persist, signed_request=signed_request
        )

    async def _validate(
        self, session: Session, store: str, persist: bool, **receipt: str
    ) -> list[ValidatedPurchase]:
        check_type("persist", persist, bool)
        body: dict[str, Any] = {"persist": persist}
        for field, text in receipt.items():
            body[field] = check_present(f"the {field}", text)
        request = Request(
            "POST",
            f"/v2/iap/purchase/{store}",
            body=encode(body),
            is_idempotent=True,
            secrets=tuple(receipt.values()),
        )
        return list((await self._api.call(session, request, _Purchases)).validated_purchases)
