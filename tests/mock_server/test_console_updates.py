"""How operators change an account, and what is refused with nothing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.mock_server.players import Player
from tests.mock_server.test_console_content import ask

pytestmark = pytest.mark.asyncio

FAILED = (500, "An error occurred while trying to update the user.")
LAST = "when there are no other identifiers."
BOTH = "Cannot unlink both custom ID and email address"
WALLET = "Wallet must be a valid JSON object with only string keys and integer values."
NOBODY = "11111111-1111-4111-8111-111111111111"


async def update(player: Player, user_id: str = "", **changes: Any) -> tuple[int, str]:
    """The status and message of an update."""
    path = f"/account/{user_id or player.user_id}"
    status, answer = await ask(player, "POST", path, changes)
    return status, answer.get("message", "")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"username": "x" * 129}, FAILED),
        ({"display_name": "x" * 256}, FAILED),
        ({"lang_tag": "x" * 19}, FAILED),
        ({"password": "x" * 73}, (500, "Error updating user account password.")),
        ({"metadata": '{"a": "\\u0000"}'}, FAILED),
        ({"lang_tag": "", "email": "x"}, (400, "Invalid email address format.")),
        ({"wallet": '{"gold": 1.0}'}, (400, WALLET)),
        ({"wallet": "{}", "metadata": "[]"}, (400, "Metadata must be a valid JSON object.")),
        ({"custom_id": "", "email": ""}, (400, f"{BOTH} {LAST}")),
        ({"email": "", "password": "longenough"},
         (400, f"Cannot unlink email address {LAST}")),
        ({"device_ids": {"somebody-elses": ""}}, (400, f"Cannot unlink device ID {LAST}")),
        ({"device_ids": {"somebody-elses": "another-one"}},
         (400, "Device ID is already linked to a different user.")),
    ],
)  # fmt: skip
async def test_an_update_that_is_refused_changes_nothing(
    ada: Player, changes: dict[str, Any], refusal: tuple[int, str]
) -> None:
    await ada.call("POST", "/v2/account/link/apple", {"token": "x"})  # is no other identifier
    if "device_ids" not in changes:
        email = {"email": "ada@example.com", "password": "longenough"}
        await ada.call("POST", "/v2/account/link/email", email)
        await ada.call("POST", "/v2/account/unlink/device", {"id": "device-of-ada"})
    _, before = await ask(ada, "GET", f"/account/{ada.user_id}")
    assert await update(ada, **changes) == refusal
    assert (await ask(ada, "GET", f"/account/{ada.user_id}"))[1] == before


async def test_devices_are_taken_away_before_other_identifiers_are_looked_at(ada: Player) -> None:
    await ada.call("POST", "/v2/account/link/custom", {"id": "ada-custom"})
    gone = {"device-of-ada": ""}
    assert await update(ada, device_ids=gone, custom_id="") == (
        400,
        f"Cannot unlink custom ID {LAST}",
    )
    assert await update(ada, device_ids=gone) == (200, "")


async def test_an_account_that_is_not_there_can_be_changed_but_nothing_taken_from_it(
    ada: Player,
) -> None:
    assert await update(ada, NOBODY, username="nobody") == (200, "")
    assert await update(ada, NOBODY, custom_id="") == (400, f"Cannot unlink custom ID {LAST}")
    assert await update(ada, NOBODY, password="longenough") == (
        400,
        "Cannot set a password on an account with no email address.",
    )


async def test_a_wallet_is_replaced_with_every_digit(ada: Player) -> None:
    wallet = {"gold": (1 << 53) + 1}
    assert await update(ada, wallet=json.dumps(wallet)) == (200, "")
    _, account = await ada.call("GET", "/v2/account")
    assert json.loads(account["wallet"]) == wallet


async def test_a_storage_cursor_fits_its_key_and_prefix(ada: Player) -> None:
    objects = [{"collection": "c", "key": f"k{number:03}", "value": "{}"} for number in range(102)]
    await ada.call("PUT", "/v2/storage", {"objects": objects})
    query = f"/storage?collection=c&key=k%25&user_id={ada.user_id}"
    _, page = await ask(ada, "GET", query)
    following = f"{query}&cursor={page['next_cursor']}"
    _, rest = await ask(ada, "GET", following)
    assert [each["key"] for each in rest["objects"]] == ["k100", "k101"]
    status, answer = await ask(
        ada, "GET", f"/storage?collection=c&key=k000&cursor={page['next_cursor']}"
    )
    assert (status, answer["message"]) == (
        400,
        "Requires a matching cursor and key filter property.",
    )
