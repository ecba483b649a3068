"""Runtime functions for stored objects, wallets and leaderboards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from mock_server import Config, MockServer, ModuleError
from mock_server.runtime.nk import Nakama
from tests.mock_server.runtime.game import EVAL, Game, playing, write

_NOBODY = "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11"
_NIL = "00000000-0000-0000-0000-000000000000"


@pytest_asyncio.fixture
async def game(tmp_path: Path) -> AsyncIterator[Game]:
    write(tmp_path, {"eval.lua": EVAL})
    async with playing(MockServer(Config.from_settings({"runtime.path": str(tmp_path)}))) as game:
        yield game


@pytest.fixture
def nk(game: Game) -> Nakama:
    return game.server.nk


@pytest.fixture
def ada(nk: Nakama) -> str:
    return nk.authenticate_device("device-of-ada", "ada")[0]


def _key(key: str, **more: Any) -> dict[str, Any]:
    return {"collection": "saves", "key": key, **more}


@pytest.mark.asyncio
async def test_objects_are_written_and_read(nk: Nakama, ada: str) -> None:
    (own, public) = nk.storage_write(
        [
            _key("slot", user_id=ada, value={"hp": 7, "items": ["sword"]}),
            _key("rules", value={}, permission_read=2, permission_write=0),
        ]
    )
    assert (own["user_id"], public["user_id"]) == (ada, _NIL)
    (slot,) = nk.storage_read([_key("slot", user_id=ada), _key("absent")])
    assert slot["value"] == {"hp": 7, "items": ["sword"]}
    assert (slot["version"], slot["permission_read"]) == (own["version"], 1)
    assert slot["create_time"] == slot["update_time"] > 0
    (rules,) = nk.storage_read([_key("rules")])
    assert (rules["permission_read"], rules["permission_write"]) == (2, 0)


@pytest.mark.asyncio
async def test_versions_guard_writes_and_deletes(nk: Nakama, ada: str) -> None:
    (first,) = nk.storage_write([_key("slot", user_id=ada, value={"n": 1}, version="*")])
    failed = "failed to write storage objects: Storage write rejected - version check failed."
    for version in ("*", "another"):
        with pytest.raises(ModuleError) as caught:
            nk.storage_write(
                [
                    _key("other", user_id=ada, value={}),
                    _key("slot", user_id=ada, value={"n": 2}, version=version),
                ]
            )
        assert str(caught.value) == failed
    assert nk.storage_read([_key("other", user_id=ada)]) == []
    (second,) = nk.storage_write(
        [_key("slot", user_id=ada, value={"n": 2}, version=first["version"])]
    )
    assert second["version"] != first["version"]
    with pytest.raises(ModuleError, match="failed to remove storage: Storage delete rejected"):
        nk.storage_delete([_key("slot", user_id=ada, version=first["version"])])
    nk.storage_delete([_key("slot", user_id=ada), _key("absent")])
    assert nk.storage_read([_key("slot", user_id=ada)]) == []


@pytest.mark.asyncio
async def test_a_stranger_owns_nothing(nk: Nakama) -> None:
    with pytest.raises(ModuleError, match=r"failed to write storage objects: .*foreign key"):
        nk.storage_write([_key("slot", user_id=_NOBODY, value={})])


@pytest.mark.asyncio
async def test_a_list_of_objects_pages(nk: Nakama, ada: str) -> None:
    nk.storage_write([_key(f"slot {n}", user_id=ada, value={"n": n}) for n in range(5)])
    nk.storage_write([_key("public", value={}, permission_read=2)])
    found: list[int] = []
    cursor: str | None = ""
    while True:
        page, cursor = nk.storage_list(ada, "saves", 2, cursor)
        found += [each["value"]["n"] for each in page]
        if not cursor:
            break
    assert found == [0, 1, 2, 3, 4]
    everybody, _ = nk.storage_list(None, "saves", 100)
    assert len(everybody) == 6
    others, _ = nk.storage_list(None, "saves", 100, None, _NOBODY)
    assert [each["key"] for each in others] == ["public"]
    with pytest.raises(ModuleError, match="Malformed cursor was used"):
        nk.storage_list(ada, "saves", 2, "no cursor")


@pytest.mark.asyncio
async def test_deleting_an_account_deletes_its_objects(nk: Nakama, ada: str) -> None:
    nk.storage_write([_key("slot", user_id=ada, value={})])
    nk.wallet_update(ada, {"coins": 1}, None, True)
    nk.account_delete_id(ada)
    assert nk.storage_list(None, "saves", 10) == ([], None)
    assert nk.wallet_ledger_list(ada) == ([], "")


@pytest.mark.asyncio
async def test_wallet_update_adds_changes_and_refuses_a_negative_sum(nk: Nakama, ada: str) -> None:
    assert nk.wallet_update(ada, {"coins": 10, "gems": 1}) == ({"coins": 10, "gems": 1}, {})
    assert nk.wallet_update(ada, {"coins": -3}, {"why": "sword"}, True) == (
        {"coins": 7, "gems": 1},
        {"coins": 10, "gems": 1},
    )
    with pytest.raises(ModuleError) as caught:
        nk.wallet_update(ada, {"gems": 1, "coins": -8}, None, True)
    assert str(caught.value) == (
        "failed to update user wallet: wallet update rejected negative value at path 'coins'"
    )
    assert nk.account_get_id(ada)["wallet"] == {"coins": 7, "gems": 1}
    ((entry,), cursor) = nk.wallet_ledger_list(ada)
    assert (entry["changeset"], entry["metadata"]) == ({"coins": -3}, {"why": "sword"})
    assert (entry["user_id"], cursor) == (ada, "")
    with pytest.raises(ModuleError, match="user not found"):
        nk.wallet_update(_NOBODY, {"coins": 1})


@pytest.mark.asyncio
async def test_several_wallets_change_together_or_not_at_all(nk: Nakama, ada: str) -> None:
    bob, _, _ = nk.authenticate_device("device-of-bob", "bob")
    updates = [{"user_id": each, "changeset": {"coins": 5}} for each in (ada, bob)]
    assert nk.wallets_update(updates, True) == [
        {"user_id": each, "previous": {}, "updated": {"coins": 5}} for each in (ada, bob)
    ]
    bad = [{"user_id": ada, "changeset": {"coins": 1}}, {"user_id": bob, "changeset": {"x": -1}}]
    with pytest.raises(ModuleError, match="negative value at path 'x'"):
        nk.wallets_update(bad)
    assert nk.account_get_id(ada)["wallet"] == {"coins": 5}


@pytest.mark.asyncio
async def test_wallet_ledger_list_pages_through_every_item(nk: Nakama, ada: str) -> None:
    for n in range(5):
        nk.wallet_update(ada, {"coins": n}, {"n": n}, True)
    found, cursor = [], ""
    while True:
        page, cursor = nk.wallet_ledger_list(ada, 2, cursor)
        found += [each["metadata"]["n"] for each in page]
        if not cursor:
            break
    assert found == [4, 3, 2, 1, 0]
    with pytest.raises(ModuleError, match="wallet ledger cursor invalid"):
        nk.wallet_ledger_list(ada, 2, "no cursor")


@pytest.mark.asyncio
async def test_leaderboards_are_created_once(nk: Nakama) -> None:
    nk.leaderboard_create("weekly", True, "asc", "incr", "0 0 * * 1", {"title": "Week"})
    nk.leaderboard_create("weekly", False, "desc")
    nk.leaderboard_create("plain")
    nk.leaderboard_delete("weekly")
    nk.leaderboard_delete("weekly")


@pytest.mark.asyncio
async def test_lua_gets_the_same_from_storage_and_wallet_functions(game: Game, ada: str) -> None:
    code = f"""
    local ada = "{ada}"
    nk.storage_write({{ {{ collection = "c", key = "k", user_id = ada, value = {{ n = 1 }} }} }})
    local objects, cursor = nk.storage_list(ada, "c", 10)
    local updated, previous = nk.wallet_update(ada, {{ coins = 5 }}, {{}}, true)
    return objects[1].value.n, cursor, updated.coins, previous
    """
    assert await game.lua(code) == [1, None, 5, {}]
    assert await game.lua(f"return nk.account_get_id('{ada}').wallet.coins") == [5]
    message = await game.failure("eval", f"nk.wallet_update('{ada}', {{ coins = -9 }})")
    assert message.endswith("wallet update rejected negative value at path 'coins'")
