"""Purchases and subscriptions by the mock's own receipts, over HTTP and by server modules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from mock_server.runtime.errors import ModuleError
from tests.mock_server.players import Player, sign_up

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[MockServer]:
    accept = ("apple", "google", "huawei", "facebook", "samsung")
    async with MockServer(
        Config.from_settings({"purchases.accept": accept, "session.token_expiry_sec": 3600})
    ) as server:
        yield server


@pytest_asyncio.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


@pytest_asyncio.fixture
async def buyer(shop: MockServer, client: aiohttp.ClientSession) -> Player:
    return await sign_up(client, shop, "ada")


async def post(player: Player, path: str, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return await player.call("POST", f"/v2/iap/{path}", document)


RECEIPTS = {
    "apple": {"receipt": "apple:sword:t-1"},
    "google": {"purchase": "google:sword:t-1"},
    "huawei": {"purchase": "huawei:sword:t-1", "signature": "any"},
    "facebookinstant": {"signed_request": "facebook:sword:t-1"},
    "samsung": {"purchase_id": "samsung:sword:t-1"},
}


@pytest.mark.parametrize("store", RECEIPTS)
async def test_validate_purchase_again_returns_seen_before(store: str, buyer: Player) -> None:
    _, first = await post(buyer, f"purchase/{store}", RECEIPTS[store])
    _, second = await post(buyer, f"purchase/{store}", RECEIPTS[store])
    (bought,) = first["validated_purchases"]
    assert (bought["product_id"], bought["transaction_id"]) == ("sword", "t-1")
    assert bought["user_id"] == buyer.user_id
    assert "seen_before" not in bought
    assert second["validated_purchases"][0]["seen_before"] is True


async def test_validate_purchase_keeps_nothing_when_persist_is_false(
    shop: MockServer, buyer: Player
) -> None:
    status, _ = await post(buyer, "purchase/apple", {**RECEIPTS["apple"], "persist": False})
    assert status == 200
    assert shop.purchases.get("t-1") is None


@pytest.mark.parametrize(
    ("receipt", "message"),
    [
        ("garbage", "Invalid Receipt. Status: 21002"),
        ("google:sword:t-1", "Invalid Receipt. Status: 21002"),
        ("apple:sword:t-1:bought=never", "Invalid Receipt. Status: 21002"),
        ("apple:pass:t-1:expires=4102444800", "Subscription Receipt. Use the appropriate"),
    ],
)
async def test_validate_purchase_refuses_and_keeps_nothing(
    receipt: str, message: str, shop: MockServer, buyer: Player
) -> None:
    status, answer = await post(buyer, "purchase/apple", {"receipt": receipt})
    assert (status, answer["code"]) == (400, 9)
    assert answer["message"].startswith(message)
    assert shop.purchases.get("t-1") is None


async def test_a_subscription_ends_by_the_clock(shop: MockServer, buyer: Player) -> None:
    end = int(shop.clock.time()) + 60
    receipt = {"receipt": f"google:pass:t-2:expires={end}"}
    _, answer = await post(buyer, "subscription/google", receipt)
    assert answer["validated_subscription"]["active"] is True
    shop.clock.advance(61)
    _, later = await buyer.call("GET", "/v2/iap/subscription/pass")
    assert "active" not in later
    assert later["original_transaction_id"] == "t-2"


async def test_list_subscriptions_pages_the_newest_first(buyer: Player) -> None:
    for number in range(3):
        receipt = f"apple:pass{number}:t-{number}:bought={number + 1}:expires=4102444800"
        await post(buyer, "subscription/apple", {"receipt": receipt})
    _, first = await post(buyer, "subscription", {"limit": 2})
    _, second = await post(buyer, "subscription", {"limit": 2, "cursor": first["cursor"]})
    _, back = await post(buyer, "subscription", {"limit": 2, "cursor": second["prev_cursor"]})

    def products(page: dict[str, Any]) -> list[str]:
        return [each["product_id"] for each in page["validated_subscriptions"]]

    assert [products(page) for page in (first, second)] == [["pass2", "pass1"], ["pass0"]]
    assert products(back) == products(first)
    assert "cursor" not in second


async def test_refund_shows_in_the_next_validation(shop: MockServer, buyer: Player) -> None:
    await post(buyer, "purchase/apple", RECEIPTS["apple"])
    shop.purchases.refund("t-1")
    _, answer = await post(buyer, "purchase/apple", RECEIPTS["apple"])
    assert answer["validated_purchases"][0]["refund_time"]


async def test_refund_raises_for_an_unknown_transaction(shop: MockServer) -> None:
    with pytest.raises(LookupError, match="t-9"):
        shop.purchases.refund("t-9")


async def test_the_control_route_refunds_a_purchase(
    shop: MockServer, client: aiohttp.ClientSession, buyer: Player
) -> None:
    await post(buyer, "purchase/apple", RECEIPTS["apple"])
    url = f"{shop.console_url}/_control/purchases"
    async with client.post(f"{url}/t-1/refund") as answer:
        assert answer.status == 200
    for unknown, told in (
        ("t-9/refund", "t-9"),
        ("t-1/cancel", "t-1"),
        ("t-1/explode", "refund, renew, expire, cancel"),
    ):
        async with client.post(f"{url}/{unknown}") as answer:
            assert answer.status == 404
            assert told in (await answer.json())["error"]
    found = shop.purchases.get("t-1")
    assert found is not None
    assert found.refund_time > 0


async def test_other_processes_renew_and_end_subscriptions(
    shop: MockServer, client: aiohttp.ClientSession, buyer: Player
) -> None:
    end = 4_102_444_800
    await post(buyer, "subscription/apple", {"receipt": f"apple:pass:t-2:expires={end}"})
    url = f"{shop.console_url}/_control/purchases/t-2"
    for expires, status in ((end + 5, 200), (0, 400), (253_402_300_800, 400)):
        async with client.post(f"{url}/renew", json={"expires": expires}) as answer:
            assert answer.status == status
    found = shop.purchases.get("t-2")
    assert found is not None
    assert found.expire_time == (end + 5) * 1_000_000
    for event in ("cancel", "expire"):
        async with client.post(f"{url}/{event}") as answer:
            assert answer.status == 200
    found = shop.purchases.get("t-2")
    assert found is not None
    assert found.expire_time <= shop.clock.time() * 1_000_000 + 1_000_000


async def test_modules_validate_and_list_purchases(shop: MockServer, buyer: Player) -> None:
    nk = shop.nk
    made = nk.purchase_validate_google(buyer.user_id, "google:sword:t-1:sandbox")
    (bought,) = made["validated_purchases"]
    assert (bought["store"], bought["environment"]) == ("GOOGLE_PLAY_STORE", "SANDBOX")
    assert "refund_time" not in bought
    stored = nk.purchase_get_by_transaction_id("t-1")
    assert (stored["product_id"], stored["refund_time"]) == ("sword", 0)
    found, following, previous = nk.purchases_list(buyer.user_id)
    assert [(each["transaction_id"], each["refund_time"]) for each in found] == [("t-1", 0)]
    assert (following, previous) == (None, None)


async def test_modules_validate_and_list_subscriptions(shop: MockServer, buyer: Player) -> None:
    nk = shop.nk
    nk.subscription_validate_apple(buyer.user_id, "apple:pass:t-2:expires=4102444800")
    assert nk.subscription_get_by_product_id(buyer.user_id, "pass")["active"] is True
    (listed,) = nk.subscriptions_list(buyer.user_id)[0]
    assert (listed["product_id"], listed["refund_time"]) == ("pass", 0)


async def test_a_bad_request_of_facebook_is_refused_as_it_comes_from_go(
    shop: MockServer, buyer: Player
) -> None:
    refusal = "invalid signedRequest format"
    answer = await post(buyer, "purchase/facebookinstant", {"signed_request": "x"})
    assert answer == (500, {"code": 2, "message": refusal})
    with pytest.raises(ModuleError) as caught:
        shop.nk.purchase_validate_facebook_instant(buyer.user_id, "x")
    assert caught.value.message == f"error validating Facebook Instant receipt: {refusal}"


async def test_modules_are_refused_where_no_store_is_configured(
    server: MockServer, ada: Player
) -> None:
    with pytest.raises(ModuleError, match=r"^Apple IAP is not configured\.$"):
        server.nk.purchase_validate_apple(ada.user_id, "apple:sword:t-1")
    with pytest.raises(ModuleError, match="invalid memory address"):
        server.nk.purchase_get_by_transaction_id("t-1")


async def test_purchases_accept_refuses_an_unknown_store() -> None:
    with pytest.raises(ValueError, match="'steam' is none of apple"):
        Config.from_settings({"purchases.accept": ["steam"]})


async def test_a_purchase_outlives_the_account_of_its_buyer(
    shop: MockServer, buyer: Player, client: aiohttp.ClientSession
) -> None:
    await post(buyer, "purchase/apple", RECEIPTS["apple"])
    assert await buyer.call("DELETE", "/v2/account") == (200, {})
    found = shop.purchases.get("t-1")
    assert found is not None
    assert found.user_id == ""
    other = await sign_up(client, shop, "bob")
    _, answer = await post(other, "purchase/apple", RECEIPTS["apple"])
    (bought,) = answer["validated_purchases"]
    assert (bought["user_id"], bought["seen_before"]) == (other.user_id, True)


async def test_lists_tell_times_as_they_are_stored(shop: MockServer, buyer: Player) -> None:
    """Microseconds, and a refund time of 1970 where there was none; a validation tells no such."""
    _, answer = await post(buyer, "purchase/apple", RECEIPTS["apple"])
    (validated,) = answer["validated_purchases"]
    assert "refund_time" not in validated
    (listed,) = (await console(buyer, "/purchase?limit=1"))["validated_purchases"]
    assert listed["refund_time"] == "1970-01-01T00:00:00Z"
    found = shop.purchases.get("t-1")
    assert found is not None
    assert listed["create_time"] == validated["create_time"] == format_time(found.create_time)


@pytest.mark.parametrize("receipt", ["apple:" + "p" * 513 + ":t", "apple:p:" + "t" * 513])
async def test_ids_longer_than_their_columns_are_refused(
    receipt: str, shop: MockServer, buyer: Player
) -> None:
    answer = await post(buyer, "purchase/apple", {"receipt": receipt})
    text = "ERROR: value too long for type character varying(512) (SQLSTATE 22001)"
    assert answer == (500, {"code": 2, "message": text})


async def test_get_subscription_leaves_the_refund_time_out(shop: MockServer, buyer: Player) -> None:
    await post(buyer, "subscription/apple", {"receipt": "apple:pass:t-2:expires=4102444800"})
    shop.purchases.refund("t-2")
    _, got = await buyer.call("GET", "/v2/iap/subscription/pass")
    assert "refund_time" not in got
    _, page = await buyer.call("POST", "/v2/iap/subscription", {})
    assert page["validated_subscriptions"][0]["refund_time"] > "2000"


async def console(player: Player, path: str) -> dict[str, Any]:
    """What the console answers."""
    admin = {"Authorization": aiohttp.encode_basic_auth("admin", "password")}
    url = f"{player.server.console_url}/v2/console{path}"
    async with player.http.get(url, headers=admin) as answer:
        return dict(await answer.json())


def format_time(microseconds: int) -> str:
    """A timestamp as protojson prints it: no, three or six digits of a fraction."""
    seconds, rest = divmod(microseconds, 1_000_000)
    fraction = f".{rest:06}" if rest % 1000 else f".{rest // 1000:03}" if rest else ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"
