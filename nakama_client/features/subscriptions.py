"""Subscriptions: https://heroiclabs.com/docs/nakama/concepts/iap-validation/."""

from __future__ import annotations

from datetime import datetime

import msgspec
from attrs import Factory, frozen

from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import JsonObject, as_model, encode, wire_struct
from nakama_client.protocol.paging import Page, PageIterator, paginate
from nakama_client.protocol.requests import Request, segment
from nakama_client.protocol.rules import check_limit, check_present, check_text, check_type
from nakama_client.session import Session


@frozen(kw_only=True)
class ValidatedSubscription:
    """A subscription that the shop confirms.

    Attributes:
        user_id: Who subscribed.
        product_id: To what.
        original_transaction_id: The shop's id of the first purchase.
        store: See `StoreProvider`.
        purchase_time: When it was bought.
        create_time: When the server validated it first.
        update_time: When the server last changed it.
        environment: See `StoreEnvironment`.
        expiry_time: Until when it is paid.
        refund_time: When the money was given back; None, or 1970, if it was not.
        provider_response: What the shop said; a JSON object.
        provider_notification: What the shop reported to the server later; a JSON object.
        active: Whether it is not over.
    """

    user_id: str = ""
    product_id: str = ""
    original_transaction_id: str = ""
    store: int = 0
    purchase_time: datetime | None = None
    create_time: datetime | None = None
    update_time: datetime | None = None
    environment: int = 0
    expiry_time: datetime | None = None
    refund_time: datetime | None = None
    provider_response: JsonObject = Factory(JsonObject)
    provider_notification: JsonObject = Factory(JsonObject)
    active: bool = False


@frozen
class SubscriptionPage(Page[ValidatedSubscription]):
    """A page of a player's subscriptions.

    Attributes:
        subscriptions: At most as many as the limit.
        cursor: Where the next page begins; "" when there is none.
        prev_cursor: Where the page before begins; "" on the first page.
    """

    subscriptions: tuple[ValidatedSubscription, ...] = ()
    cursor: str = ""
    prev_cursor: str = ""


class _Validated(msgspec.Struct):
    validated_subscription: ValidatedSubscription = msgspec.field(
        default_factory=ValidatedSubscription
    )


_SUBSCRIPTION_LIST = wire_struct(SubscriptionPage, subscriptions="validated_subscriptions")


class SubscriptionsApi(ClientFeature):
    """Validating and reading subscriptions."""

    async def validate_subscription_apple(
        self, session: Session, receipt: str, *, persist: bool = True
    ) -> ValidatedSubscription:
        """Validate a subscription at Apple's.

        Args:
            session: The session of the subscriber.
            receipt: The receipt, in base64, as the app got it.
            persist: Whether the server keeps the subscription, which `get_subscription` needs.

        Raises:
            ArgumentError: The receipt is empty.
            FailedPrecondition: The server is not configured for the shop.
            InvalidArgument: The shop does not confirm it.
        """
        return await self._validate_subscription(session, "apple", receipt, persist)

    async def validate_subscription_google(
        self, session: Session, receipt: str, *, persist: bool = True
    ) -> ValidatedSubscription:
        """Validate a subscription at Google's.

        Args:
            session: The session of the subscriber.
            receipt: The purchase's JSON, as the app got it.
            persist: As in `validate_subscription_apple`.

        Raises:
            ApiError: As in `validate_subscription_apple`.
        """
        return await self._validate_subscription(session, "google", receipt, persist)

    async def get_subscription(self, session: Session, product_id: str) -> ValidatedSubscription:
        """Fetch the player's subscription to a product.

        Raises:
            ArgumentError: The product's id is empty.
            NotFound: The player has no subscription to it.
        """
        path = f"/v2/iap/subscription/{segment(check_present('product_id', product_id))}"
        return await self._api.call(session, Request("GET", path), ValidatedSubscription)

    async def list_subscriptions(
        self, session: Session, *, limit: int = 100, cursor: str | None = None
    ) -> SubscriptionPage:
        """List the player's subscriptions.

        Args:
            session: The player's session.
            limit: 1 to 100.
            cursor: A cursor of a page of this list.

        Raises:
            ArgumentError: The limit is out of range.
            UnknownError: The cursor is not one of this list.
        """
        body: dict[str, object] = {"limit": check_limit(limit, 100)}
        if check_text("the cursor", cursor or ""):
            body["cursor"] = cursor
        request = Request("POST", "/v2/iap/subscription", body=encode(body), is_idempotent=True)
        page = await self._api.call(session, request, _SUBSCRIPTION_LIST)
        return as_model(SubscriptionPage, page)

    def iter_subscriptions(
        self, session: Session, *, cursor: str | None = None, page_size: int = 100
    ) -> PageIterator[ValidatedSubscription]:
        """Iterate over all subscriptions of the player.

        Args:
            session: The player's session.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.

        Raises:
            ArgumentError: The page size is out of range.
        """
        check_limit(page_size, 100)

        return paginate(
            self._api.resumable(
                lambda position: self.list_subscriptions(session, limit=page_size, cursor=position)
            ),
            lambda page: page.subscriptions,
            cursor=cursor,
        )

    async def _validate_subscription(
        self, session: Session, store: str, receipt: str, persist: bool
    ) -> ValidatedSubscription:
        check_type("persist", persist, bool)
        body = encode({"receipt": check_present("the receipt", receipt), "persist": persist})
        request = Request(
            "POST",
            f"/v2/iap/subscription/{store}",
            body=body,
            is_idempotent=True,
            secrets=(receipt,),
        )
        return (await self._api.call(session, request, _Validated)).validated_subscription
