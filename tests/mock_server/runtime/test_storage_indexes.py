"""Indexes over storage objects, writes with retries, and several changes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_server import MockServer, ModuleError
from mock_server.runtime.context import Context
from mock_server.runtime.nk import Nakama
from tests.mock_server.runtime.game import EVAL, serving

_NIL = "00000000-0000-0000-0000-000000000000"


def _object(key: str, **value: Any) -> dict[str, Any]:
    return {"collection": "heroes", "key": key, "value": value, "permission_read": 2}


def _declare(nk: Nakama, *, most: int = 100, index_only: bool = False) -> None:
    nk.register_storage_index(
        "heroes", "heroes", "", ["level", "class"], ["level"], most, index_only
    )


async def _found(server: MockServer, query: str, *order: str, **more: Any) -> list[str]:
    objects, _ = await server.nk.storage_index_list(
        "heroes", query, more.get("limit", 100), list(order), more.get("caller")
    )
    return [each["key"] for each in objects]


async def _fill(server: MockServer) -> None:
    for number, name in enumerate(("knight", "mage", "thief", "monk")):
        server.nk.storage_write([_object(name, level=number * 10, **{"class": name[0]}, hp=5)])


@pytest.mark.asyncio
async def test_a_query_finds_objects_by_their_indexed_members() -> None:
    server = MockServer()
    server.module(_declare)
    async with server:
        await _fill(server)
        assert await _found(server, "+value.level:>=10 +value.class:m", "-value.level") == [
            "monk",
            "mage",
        ]
        assert await _found(server, "+value.hp:5") == []
        server.nk.storage_write([_object("mage", level=99)])
        assert await _found(server, "+value.level:>=20", "value.level") == ["thief", "monk", "mage"]
        server.nk.storage_delete([{"collection": "heroes", "key": "mage"}])
        assert await _found(server, "", "value.level") == ["knight", "thief", "monk"]


@pytest.mark.asyncio
async def test_an_index_knows_what_was_stored_before(tmp_path: Path) -> None:
    server = MockServer(data=tmp_path / "data")
    server.module(_declare)
    async with server:
        await _fill(server)
        snapshot = await server.snapshot()
        await server.restart()
        assert await _found(server, "+value.level:>5", "value.level") == ["mage", "thief", "monk"]
        await server.reset()
        assert await _found(server, "") == []
        await server.restore(snapshot)
        assert await _found(server, "+value.level:<15", "value.level") == ["knight", "mage"]


@pytest.mark.asyncio
async def test_the_oldest_entries_go_when_there_are_too_many() -> None:
    server = MockServer()
    server.module(lambda nk: _declare(nk, most=2))
    async with server:
        await _fill(server)
        assert await _found(server, "", "value.level") == ["thief", "monk"]


@pytest.mark.asyncio
async def test_an_index_only_list_shows_what_the_index_knows() -> None:
    server = MockServer()
    server.module(lambda nk: _declare(nk, index_only=True))
    async with server:
        await _fill(server)
        (mage,), _ = await server.nk.storage_index_list("heroes", "+key:mage", 1, [])
        assert mage["value"] == {"level": 10, "class": "m"}


@pytest.mark.asyncio
async def test_a_filter_in_python_decides_what_is_indexed() -> None:
    seen: list[tuple[str, dict[str, Any]]] = []

    async def is_strong(context: Context, hero: dict[str, Any]) -> bool:
        seen.append((context.execution_mode, hero))
        if hero["key"] == "thief":
            raise RuntimeError("the filter's own mistake")
        return bool(hero["value"]["level"] >= 10)

    def init_module(nk: Nakama) -> None:
        _declare(nk)
        nk.register_storage_index_filter("heroes", is_strong)

    server = MockServer()
    server.module(init_module)
    async with server:
        await _fill(server)
        assert await _found(server, "", "value.level") == ["mage", "monk"]
        server.nk.storage_write([_object("monk", level=1)])
        assert await _found(server, "") == ["mage"]
        mode, hero = seen[0]
        assert mode == "storage_index_filter"
        assert (hero["user_id"], hero["permission_read"], hero["value"]["hp"]) == (_NIL, 2, 5)


@pytest.mark.asyncio
async def test_a_filter_in_lua_decides_what_is_indexed(tmp_path: Path) -> None:
    source = """
local nk = require("nakama")
nk.register_storage_index("heroes", "heroes", "", { "level" }, { "level" }, 10)
nk.register_storage_index_filter("heroes", function(context, hero) return hero.value.level > 15 end)
"""
    async with serving(tmp_path, {"index.lua": source}) as game:
        await _fill(game.server)
        assert await _found(game.server, "", "value.level") == ["thief", "monk"]


@pytest.mark.asyncio
async def test_a_list_for_a_user_leaves_out_what_they_may_not_read() -> None:
    server = MockServer()
    server.module(_declare)
    async with server:
        ada, *_ = server.nk.authenticate_device("device-of-ada", "ada")
        await _fill(server)
        server.nk.storage_write([_object("secret", level=5) | {"permission_read": 1}])
        server.nk.storage_write([_object("own", level=6) | {"permission_read": 1, "user_id": ada}])
        own = await _found(server, "+value.level:<10", "value.level", caller=ada)
        assert own == ["knight", "own"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nope", "", 1, []), 'error in storage index list: index "nope" not found'),
        (("heroes", "+", 1, []), "error in storage index list: "),
        (("heroes", "", 0, []), "invalid limit: expects value 1-10000"),
        (("heroes", "", 1, [5]), "expects each field to be string"),
        (("heroes", "", 1, [], "x"), "expects caller ID to be empty or a valid identifier"),
        (("heroes", "", 1, [], None, "x"), "error in storage index list: invalid cursor"),
    ],
)
async def test_a_bad_list_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    server = MockServer()
    server.module(_declare)
    async with server:
        with pytest.raises(ModuleError) as refused:
            await server.nk.storage_index_list(*arguments)
        assert message in refused.value.message


@pytest.mark.asyncio
async def test_a_write_is_tried_again_when_the_object_changed_meanwhile() -> None:
    async with MockServer() as server:
        nk, key = server.nk, {"collection": "counters", "key": "n"}
        nk.storage_write([{**key, "value": {"n": 1}}])
        races = iter((True, True, False))

        def add(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
            (counter,) = objects
            value = counter["value"]["n"]
            if next(races):
                nk.storage_write([{**key, "value": {"n": value + 100}}])
            return [{**key, "value": {"n": value + 1}, "version": counter["version"]}]

        (ack,) = nk.storage_write_retry([key], add, 2)
        (counter,) = nk.storage_read([key])
        assert (counter["value"], counter["version"]) == ({"n": 202}, ack["version"])


@pytest.mark.asyncio
async def test_retries_end_with_an_error() -> None:
    async with MockServer() as server:
        nk, key = server.nk, {"collection": "counters", "key": "n"}
        nk.storage_write([{**key, "value": {}}])

        def lose(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{**key, "value": {}, "version": "outdated"}]

        with pytest.raises(ModuleError, match=r"Storage write retries exhausted\.$"):
            nk.storage_write_retry([key], lose, 3)
        with pytest.raises(ModuleError, match="update function error: expects to return a valid"):
            nk.storage_write_retry([key], lambda objects: None, 3)


@pytest.mark.asyncio
async def test_an_update_function_in_lua_that_fails_is_reported(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        message = await game.failure(
            "eval",
            "nk.storage_write_retry({{ collection = 'c', key = 'k' }},"
            " function(objects) error('out of ink') end, 1)",
        )
        assert "failed to write storage objects with retry: update function error:" in message
        assert "out of ink" in message


@pytest.mark.asyncio
async def test_several_changes_happen_together_or_not_at_all() -> None:
    server = MockServer()
    server.module(_declare)
    async with server:
        nk = server.nk
        ada, *_ = nk.authenticate_device("device-of-ada", "ada")
        acks, wallets = nk.multi_update(
            [{"user_id": ada, "display_name": "Ada"}],
            [_object("knight", level=1)],
            None,
            [{"user_id": ada, "changeset": {"coins": 5}}],
            True,
        )
        assert [each["key"] for each in acks] == ["knight"]
        assert wallets == [{"user_id": ada, "previous": {}, "updated": {"coins": 5}}]
        with pytest.raises(ModuleError, match="rejected negative value at path 'coins'"):
            nk.multi_update(
                [{"user_id": ada, "display_name": "Eve"}],
                [_object("mage", level=2)],
                [{"collection": "heroes", "key": "knight"}],
                [{"user_id": ada, "changeset": {"coins": -6}}],
            )
        assert nk.account_get_id(ada)["user"]["display_name"] == "Ada"
        assert await _found(server, "") == ["knight"]
        assert nk.multi_update() == (None, None)


@pytest.mark.asyncio
async def test_a_batch_is_indexed_by_its_ids_with_the_versions_in_the_order_of_the_batch() -> None:
    server = MockServer()
    server.module(lambda nk: _declare(nk, index_only=True))
    async with server:
        written = server.nk.storage_write([_object("b", level=1), _object("a", level=2)])
        objects, _ = await server.nk.storage_index_list("heroes", "", 10, [])
        versions = [each["version"] for each in written]
        assert [(each["key"], each["version"]) for each in objects] == list(
            zip("ab", versions, strict=True)
        )
