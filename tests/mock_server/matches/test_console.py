"""The operators' view of matches."""

from __future__ import annotations

import json
import uuid
from typing import Any

import aiohttp
import pytest

from tests.mock_server.matches.arena import NODE, create, join
from tests.mock_server.runtime.game import Answer, Game

pytestmark = pytest.mark.asyncio


async def _get(game: Game, path: str) -> Answer:
    headers = {"Authorization": aiohttp.encode_basic_auth("admin", "password")}
    address = f"{game.server.console_url}/v2/console/{path}"
    async with aiohttp.ClientSession() as http, http.get(address, headers=headers) as answer:
        return Answer(answer.status, json.loads(await answer.text()))


async def test_match_list_shows_all_fields_and_the_node(game: Game) -> None:
    match_id = await create(game, label='{"k":1}', rate=5)
    answer = await _get(game, "match?query=%2Blabel.k:1")

    match = {
        "match_id": match_id,
        "authoritative": True,
        "label": '{"k":1}',
        "size": 0,
        "tick_rate": 5,
        "handler_name": "mp_match",
    }
    assert answer.body == {"matches": [{"api_match": match, "node": NODE}]}


async def test_match_list_by_id_finds_relayed_and_authoritative_matches(game: Game) -> None:
    match_id = await create(game)
    async with game.socket(await game.login()) as socket:
        relayed: str = (await socket.ask(match_create={}))["match"]["match_id"]
        answer = await _get(game, f"match?match_id={relayed}")
        other = await _get(game, f"match?match_id={match_id}")
        only_relayed = await _get(game, f"match?match_id={match_id}&authoritative=false")

    (found,) = answer.body["matches"]
    assert (found["api_match"]["size"], found["node"]) == (1, "")
    assert other.body["matches"][0]["api_match"]["match_id"] == match_id
    assert only_relayed == Answer(
        400, {"code": 3, "message": "Match ID is not valid.", "details": []}
    )


async def test_match_list_by_an_id_that_means_nothing_has_one_empty_entry(game: Game) -> None:
    answer = await _get(game, f"match?match_id={uuid.uuid4()}.")

    assert answer.body == {"matches": [{"api_match": None, "node": ""}]}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "Invalid limit - limit must be between 1 and 100."),
        ("match_id=nonsense", "Match ID is not valid."),
        ("min_size=-1", "Minimum size must be 0 or above."),
        ("limit=x", 'parsing field "limit": strconv.ParseInt: parsing "x": invalid syntax'),
    ],
)
async def test_match_list_refuses_bad_parameters(game: Game, query: str, message: str) -> None:
    answer = await _get(game, f"match?{query}")

    assert answer == Answer(400, {"code": 3, "message": message, "details": []})


async def test_match_state_shows_tick_members_and_state(game: Game) -> None:
    async with game.socket(await game.login("ada")) as socket:
        match_id = await create(game)
        own: Any = (await join(socket, match_id))["match"]["self"]
        answer = await _get(game, f"match/{match_id}/state")

    assert answer.body["presences"] == [{**own, "persistence": False, "status": None}]
    assert int(answer.body["tick"]) >= 0
    assert json.loads(answer.body["state"])["count"] == 1


async def test_match_state_of_what_does_not_run(game: Game) -> None:
    empty = {"presences": [], "tick": "0", "state": ""}

    assert (await _get(game, f"match/{uuid.uuid4()}./state")).body == empty
    assert (await _get(game, f"match/{uuid.uuid4()}.elsewhere/state")).body == empty
    gone = await _get(game, f"match/{uuid.uuid4()}.{NODE}/state")
    assert gone.body["message"] == "Match not found, or match handler already stopped."
    assert (await _get(game, "match/nonsense/state")).body["message"] == "Invalid match ID."
