"""Tournaments over HTTP: places, attempts, and what becomes of the records of those who leave."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server import MockServer
from tests.mock_server.players import Player


def _create(server: MockServer, name: str, **more: Any) -> None:
    server.nk.tournament_create(
        name,
        more.get("authoritative", False),
        more.get("sort", "desc"),
        more.get("operator", "best"),
        more.get("duration", 3600),
        None,
        None,
        None,
        None,
        more.get("category", 0),
        0,
        0,
        more.get("max_size", 0),
        more.get("max_num_score", 0),
        more.get("join", False),
        more.get("ranks", True),
    )


async def _listed(player: Player, name: str) -> dict[str, Any]:
    _, page = await player.call("GET", "/v2/tournament")
    return next(each for each in page["tournaments"] if each["id"] == name)


@pytest.mark.asyncio
async def test_a_deleted_account_takes_its_records_but_gives_no_place_back(
    server: MockServer, ada: Player, bob: Player
) -> None:
    _create(server, "cup", max_size=2)
    server.nk.leaderboard_create("board", False, "desc", "best", "", {}, True)
    for player, score in ((ada, 9), (bob, 5)):
        await player.call("PUT", "/v2/tournament/cup", {"score": score})
        await player.call("POST", "/v2/leaderboard/board", {"score": score})
    await ada.call("DELETE", "/v2/account")
    for path in ("tournament/cup", "leaderboard/board"):
        _, page = await bob.call("GET", f"/v2/{path}?limit=10&owner_ids={bob.user_id}")
        assert [each["owner_id"] for each in page["records"]] == [bob.user_id]
        assert (page["owner_records"][0]["rank"], page["rank_count"]) == ("1", "1")
    assert (await _listed(bob, "cup"))["size"] == 2


@pytest.mark.asyncio
async def test_a_failed_write_takes_no_place(server: MockServer, ada: Player, bob: Player) -> None:
    _create(server, "cup", max_size=1)
    status, _ = await ada.call("PUT", "/v2/tournament/cup", {"score": -1})
    assert status == 500
    status, _ = await ada.call("PUT", "/v2/tournament/cup", {"metadata": '{"z":"\\u0000"}'})
    assert status == 500
    assert "size" not in await _listed(ada, "cup")
    await bob.call("PUT", "/v2/tournament/cup", {"score": 1})
    status, answer = await ada.call("PUT", "/v2/tournament/cup", {"score": 1})
    assert (status, answer["code"], answer["message"]) == (
        400,
        9,
        "Tournament has reached max size.",
    )
    assert (await _listed(ada, "cup"))["size"] == 1


@pytest.mark.asyncio
async def test_decrement_with_a_negative_score_adds(server: MockServer, ada: Player) -> None:
    # As in Nakama: its database checks the first score, which is 0, and then the difference.
    _create(server, "cup", operator="decr")
    await ada.call("PUT", "/v2/tournament/cup", {"score": 5})
    status, record = await ada.call("PUT", "/v2/tournament/cup", {"score": -7})
    assert (status, record["score"]) == (200, "7")


@pytest.mark.asyncio
async def test_scores_are_64_bit_integers(server: MockServer, ada: Player) -> None:
    server.nk.leaderboard_create("board", False, "desc", "incr", "", {}, True)
    path, large = "/v2/leaderboard/board", 2**63 - 2
    _, record = await ada.call("POST", path, {"score": str(large)})
    assert record["score"] == "9223372036854775806"
    _, record = await ada.call("POST", path, {"score": 1, "subscore": 2**53 + 1})
    assert (record["score"], record["subscore"]) == ("9223372036854775807", "9007199254740993")
    status, answer = await ada.call("POST", path, {"score": 1})
    assert (status, answer["message"]) == (500, "Error writing score to leaderboard.")
    _, page = await ada.call("GET", path)
    assert page["records"][0]["score"] == "9223372036854775807"
    assert server.nk.leaderboard_records_list("board", None, 1)[0][0]["score"] == 2**63 - 1


@pytest.mark.asyncio
async def test_a_cursor_fits_its_board_and_period_only(server: MockServer, ada: Player) -> None:
    for name in ("a", "b"):
        server.nk.leaderboard_create(name)
        for number in range(3):
            owner = f"00000000-0000-4000-8000-00000000000{number}"
            server.nk.leaderboard_record_write(name, owner, "", number)
    _, page = await ada.call("GET", "/v2/leaderboard/a?limit=1")
    cursor = page["next_cursor"]
    for path in (f"b?cursor={cursor}", f"a?cursor={cursor}&expiry=99", "a?cursor=x"):
        status, answer = await ada.call("GET", f"/v2/leaderboard/{path}")
        assert (status, answer["message"]) == (400, "Cursor is invalid or expired.")
    status, answer = await ada.call("GET", f"/v2/leaderboard/a/owner/{ada.user_id}?cursor=x")
    assert (status, answer["message"]) == (500, "Error querying records from leaderboard.")


@pytest.mark.asyncio
async def test_a_list_goes_on_where_its_cursor_was_deleted(server: MockServer, ada: Player) -> None:
    server.nk.leaderboard_create("a", False, "desc", "best", "", {}, True)
    owners = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(4)]
    for number, owner in enumerate(owners):
        server.nk.leaderboard_record_write("a", owner, "", number)
    _, page = await ada.call("GET", "/v2/leaderboard/a?limit=2")
    server.nk.leaderboard_record_delete("a", owners[2])
    _, rest = await ada.call("GET", f"/v2/leaderboard/a?limit=2&cursor={page['next_cursor']}")
    assert [(each["owner_id"], each["rank"]) for each in rest["records"]] == [
        (owners[1], "3"),  # counted from the cursor, which knows nothing of the deletion
        (owners[0], "4"),
    ]
    _, back = await ada.call("GET", f"/v2/leaderboard/a?limit=2&cursor={rest['prev_cursor']}")
    assert [(each["owner_id"], each["rank"]) for each in back["records"]] == [(owners[3], "2")]


@pytest.mark.asyncio
async def test_metadata_that_are_a_list_are_dropped_on_the_floor(server: MockServer) -> None:
    # As in Nakama, which stores JSON's null, and shows an empty table.
    nk, owner = server.nk, "00000000-0000-4000-8000-000000000001"
    nk.leaderboard_create("board", False, "desc", "best", "", [1])
    assert nk.leaderboards_get_id(["board"])[0]["metadata"] == {}
    assert nk.leaderboard_record_write("board", owner, "", 1, 0, [1])["metadata"] == {}
