"""Storage over HTTP: what the tapes leave out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from mock_server import MockServer
from tests.loop_steps import counted_steps
from tests.mock_server.players import Player


def _object(key: str, value: Any = None, **more: Any) -> dict[str, Any]:
    text = json.dumps({"n": 1} if value is None else value)
    return {"collection": "saves", "key": key, "value": text, **more}


async def _write(player: Player, *objects: dict[str, Any]) -> tuple[int, Any]:
    return await player.call("PUT", "/v2/storage", {"objects": list(objects)})


async def _keys(player: Player, path: str) -> list[str]:
    """The keys of a whole list, read in pages of two."""
    keys: list[str] = []
    cursor = ""
    while True:
        _, page = await player.call("GET", f"/v2/storage/{path}limit=2&cursor={cursor}")
        keys += [each["key"] for each in page.get("objects", [])]
        if "cursor" not in page:
            return keys
        cursor = page["cursor"]


@pytest.mark.asyncio
async def test_names_have_128_characters_not_bytes(ada: Player) -> None:
    status, _ = await _write(ada, {**_object("é" * 128), "collection": "ü" * 128})
    assert status == 200
    for name in ("key", "collection"):
        status, answer = await _write(ada, {**_object("k"), name: "é" * 129})
        assert (status, answer["code"], answer["message"]) == (
            500,
            13,
            "Error writing storage objects.",
        )


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ['{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":1e400000}'])
async def test_what_the_database_refuses_undoes_the_batch(ada: Player, text: str) -> None:
    status, answer = await _write(ada, _object("good"), {**_object("k"), "value": text})
    assert (status, answer["message"]) == (500, "Error writing storage objects.")
    assert await _keys(ada, f"saves?user_id={ada.user_id}&") == []


@pytest.mark.asyncio
async def test_of_two_writes_to_one_key_the_later_stays(ada: Player) -> None:
    _, answer = await _write(ada, _object("b", {"n": 1}), _object("a"), _object("b", {"n": 2}))
    versions = [each["version"] for each in answer["acks"]]
    assert [each["key"] for each in answer["acks"]] == ["b", "a", "b"]
    assert versions[0] != versions[2] == hashlib.md5(b'{"n": 2}').hexdigest()
    _, found = await ada.call(
        "POST",
        "/v2/storage",
        {"object_ids": [{"collection": "saves", "key": "b", "user_id": ada.user_id}]},
    )
    assert found["objects"][0]["value"] == '{"n": 2}'
    status, answer = await _write(ada, _object("c", version="*"), _object("c", version="*"))
    assert (status, answer["message"]) == (
        400,
        "Storage write rejected - version check failed.",
    )


@pytest.mark.asyncio
async def test_an_equal_write_keeps_the_time_of_the_first(server: MockServer, ada: Player) -> None:
    _, first = await _write(ada, _object("k"))
    server.clock.advance(10)
    _, same = await _write(ada, _object("k"))
    assert same["acks"][0] == first["acks"][0]
    _, guarded = await _write(ada, _object("k", version=first["acks"][0]["version"]))
    assert guarded["acks"][0]["update_time"] > first["acks"][0]["update_time"]
    assert guarded["acks"][0]["create_time"] == first["acks"][0]["create_time"]


@pytest.mark.asyncio
async def test_lists_show_what_the_caller_may_read_in_their_order(ada: Player, bob: Player) -> None:
    for player, suffix in ((ada, "1"), (bob, "2")):
        await _write(
            player,
            *(
                _object(f"{key}{suffix}", permission_read=read)
                for key, read in (("d", 2), ("c", 1), ("b", 2), ("a", 0), ("e", 1))
            ),
        )
    own = await _keys(ada, f"saves?user_id={ada.user_id}&")
    assert own == ["c1", "e1", "b1", "d1"]  # private ones first
    assert await _keys(bob, f"saves/{ada.user_id}?") == ["b1", "d1"]
    assert await _keys(bob, "saves?") == ["b1", "b2", "d1", "d2"]


@pytest.mark.asyncio
async def test_a_cursor_is_a_position_in_every_list(ada: Player, bob: Player) -> None:
    await _write(ada, *(_object(key, permission_read=2) for key in "abcd"))
    _, page = await ada.call("GET", f"/v2/storage/saves/{ada.user_id}?limit=2")
    for path in (f"saves/{ada.user_id}", "saves"):
        _, rest = await bob.call("GET", f"/v2/storage/{path}?limit=9&cursor={page['cursor']}")
        assert [each["key"] for each in rest["objects"]] == ["c", "d"]


@pytest.mark.asyncio
async def test_a_repeated_id_comes_twice_when_two_parts_differ(ada: Player) -> None:
    await _write(ada, _object("a"), {**_object("b"), "collection": "other"})

    async def read(*ids: tuple[str, str]) -> list[str]:
        body = [
            {"collection": collection, "key": key, "user_id": ada.user_id}
            for collection, key in ids
        ]
        _, found = await ada.call("POST", "/v2/storage", {"object_ids": body})
        return [each["key"] for each in found["objects"]]

    assert await read(("saves", "a"), ("saves", "a")) == ["a"]
    assert await read(("saves", "a"), ("saves", "x"), ("saves", "a")) == ["a"]
    assert await read(("saves", "a"), ("other", "b"), ("saves", "a")) == ["a", "b", "a"]


@pytest.mark.asyncio
async def test_clients_write_and_delete_their_own_objects_only(
    server: MockServer, ada: Player, bob: Player
) -> None:
    await _write(bob, {**_object("k"), "user_id": ada.user_id})
    assert await _keys(bob, f"saves?user_id={bob.user_id}&") == ["k"]
    status, _ = await ada.call(
        "PUT",
        "/v2/storage/delete",
        {"object_ids": [{"collection": "saves", "key": "k", "user_id": bob.user_id}]},
    )
    assert status == 400
    assert await _keys(bob, f"saves?user_id={bob.user_id}&") == ["k"]


@pytest.mark.asyncio
async def test_an_empty_collection_is_a_list_without_objects(ada: Player) -> None:
    assert await ada.call("GET", "/v2/storage/") == (200, {})
    status, _ = await ada.call("GET", "/v2/storage")
    assert status == 501


@pytest.mark.slow
@pytest.mark.asyncio
async def test_thousands_of_objects_are_written_in_many_steps_of_the_loop(ada: Player) -> None:
    objects = [{"collection": "many", "key": str(each), "value": "{}"} for each in range(4000)]
    async with counted_steps() as steps:
        status, answer = await _write(ada, *objects)
    assert status == 200
    assert [each["key"] for each in answer["acks"]] == [each["key"] for each in objects]
    assert steps.count > 3 * len(objects) / 100
    refused = {"collection": "saves", "key": "k", "value": '{"a":"\\u0000"}'}
    status, _ = await _write(ada, *({**each, "collection": "saves"} for each in objects), refused)
    assert status == 500
    assert await _keys(ada, f"saves?user_id={ada.user_id}&") == []
