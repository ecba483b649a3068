"""What operators see of tournaments, and what becomes of the records and purchases they ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from tests.mock_server.players import Player
from tests.mock_server.test_console_content import ask

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer(Config.from_settings({"purchases.accept": ("apple",)})) as server:
        yield server


async def test_a_deleted_record_of_a_tournament_gives_its_place_back(
    server: MockServer, ada: Player
) -> None:
    nk = server.nk
    # It takes scores in the first half of each hour, and holds one player.
    nk.tournament_create("cup", False, "desc", "best", 1800, "0 * * * *", None, "", "", 0, 0, 0, 1)
    nk.tournament_create("nonstop", False, "desc", "best", 3600, None, None, "", "", 0, 0, 0, 1)
    nk.tournament_record_write("nonstop", ada.user_id, "ada", 5)
    path = f"/leaderboard/nonstop/owner/{ada.user_id}"
    assert await ask(ada, "DELETE", path) == (200, {})
    (tournament,) = nk.tournaments_get_id(["nonstop"])
    assert tournament["size"] == 0
    status, answer = await ask(ada, "DELETE", "/leaderboard/cup/owner/nobody")
    assert (status, answer["message"]) == (500, "Error deleting score from tournament.")


async def test_resets_of_a_tournament_are_those_of_its_schedule(
    server: MockServer, ada: Player
) -> None:
    now = int(server.clock.time())
    end = now + 7200
    server.nk.tournament_create("once", False, "desc", "best", 60, None, None, "", "", 0, 0, end)
    _, once = await ask(ada, "GET", "/leaderboard/once")
    assert (once["prev_reset"], once["next_reset"]) == (0, 0)
    server.nk.tournament_create("cup", False, "desc", "best", 60, "0 * * * *", None, "", "", 0, 0)
    _, cup = await ask(ada, "GET", "/leaderboard/cup")
    hour = now // 3600 * 3600
    assert cup["prev_reset"] in (hour, hour + 3600)
    assert cup["next_reset"] == cup["prev_reset"] + 3600


async def test_purchases_are_listed_from_a_time_until_another(ada: Player) -> None:
    await ada.call("POST", "/v2/iap/purchase/apple", {"receipt": "apple:sword:t-1"})
    await ada.call("POST", "/v2/iap/purchase/apple", {"receipt": "apple:shield:t-2"})
    past, future = "2001-02-03T04:05:06Z", "2201-02-03T04:05:06Z"
    found = {}
    for query in (f"after={past}&before={future}", f"after={future}", f"before={past}"):
        _, page = await ask(ada, "GET", f"/purchase?limit=1&{query}")
        found[query] = len(page["validated_purchases"])
        if page["cursor"]:
            following = f"/purchase?limit=1&cursor={page['cursor']}"
            assert (await ask(ada, "GET", following))[1]["message"] == "Error listing purchases."
            assert (await ask(ada, "GET", f"{following}&{query}"))[0] == 200
    assert list(found.values()) == [1, 0, 0]
    status, answer = await ask(ada, "GET", "/purchase?limit=1&user_id=x")
    assert (status, answer["message"]) == (400, "expects a valid user ID filter")
