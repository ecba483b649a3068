"""Both servers on a disk that is full for a while: what they acknowledge, they keep."""

from __future__ import annotations

import json
import logging

import aiohttp
import pytest

from mock_server import MockServer
from onesignal_stub import OneSignalStub
from server_kit import Clock
from tests.full_disk.conftest import FullDisk
from tests.mock_server.players import Player, sign_up

FILLING = "x" * 1500
REFUSED = 20


async def store(player: Player, key: str) -> int:
    """Write an object; returns the status of the answer."""
    value = json.dumps({"text": FILLING})
    objects = [{"collection": "saves", "key": key, "value": value}]
    status, _ = await player.call("PUT", "/v2/storage", {"objects": objects})
    return status


async def store_until_refused(player: Player) -> set[str]:
    """Write objects until one is refused; returns the keys of those that were acknowledged."""
    kept: set[str] = set()
    while await store(player, key := f"full {len(kept)}") == 200:
        kept.add(key)
    return kept


async def stored(player: Player) -> set[str]:
    """The keys of all objects."""
    keys: set[str] = set()
    cursor = ""
    while True:
        path = f"/v2/storage/saves/{player.user_id}?limit=100&cursor={cursor}"
        _, page = await player.call("GET", path)
        keys |= {each["key"] for each in page.get("objects", [])}
        cursor = page.get("cursor", "")
        if not cursor:
            return keys


@pytest.mark.asyncio
async def test_the_mock_keeps_what_it_acknowledged_when_the_disk_was_full(
    disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    path, kept = disk.folder / "nakama.db", set()
    async with MockServer(data=path) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        disk.fill()
        kept |= await store_until_refused(ada)
        for number in range(REFUSED):
            assert await store(ada, f"refused {number}") == 500
        assert await stored(ada) == kept
        assert "sqlite3.OperationalError" in (server.journal.problems()[-1].error or "")
        assert any("a handler failed" in record.message for record in caplog.records)
        disk.make_room()
        for number in range(20):
            assert await store(ada, f"later {number}") == 200
            kept.add(f"later {number}")
    async with MockServer(data=path) as server, aiohttp.ClientSession() as http:
        assert await stored(await sign_up(http, server)) == kept


@pytest.mark.asyncio
async def test_the_mock_ranks_only_what_it_keeps_when_the_disk_was_full(disk: FullDisk) -> None:
    async with (
        MockServer(data=disk.folder / "nakama.db") as server,
        aiohttp.ClientSession() as http,
    ):
        server.nk.leaderboard_create("best", False, "desc", "best")
        ada, bob = await sign_up(http, server), await sign_up(http, server, "bob")

        async def submit(player: Player, score: int) -> int:
            body = {"score": str(score)}
            return (await player.call("POST", "/v2/leaderboard/best", body))[0]

        assert await submit(ada, 5) == 200
        disk.fill()
        await store_until_refused(ada)
        kept = {"ada": 5, "bob": 0}
        while await submit(bob, kept["bob"] + 1) == 200:
            kept["bob"] += 1
        disk.make_room()
        _, page = await ada.call("GET", "/v2/leaderboard/best?limit=10")
        shown = {each["username"]: int(each["score"]) for each in page["records"]}
        assert shown == {name: score for name, score in kept.items() if score}
        assert await submit(bob, 1_000_000) == 200
        _, page = await ada.call("GET", "/v2/leaderboard/best?limit=10")
        assert [(each["username"], each["rank"]) for each in page["records"]] == [
            ("bob", "1"),
            ("ada", "2"),
        ]


@pytest.mark.asyncio
async def test_the_stub_keeps_what_it_acknowledged_when_the_disk_was_full(
    disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    path = disk.folder / "onesignal.db"
    kept: list[str] = []

    async def send(stub: OneSignalStub, http: aiohttp.ClientSession, text: str) -> int:
        body = {
            "app_id": stub.app_id,
            "contents": {"en": text},
            "include_player_ids": [player],
            "data": {"filling": FILLING},
        }
        key = {"Authorization": f"Key {stub.rest_key}"}
        async with http.post(f"{stub.url}/notifications", json=body, headers=key) as answer:
            return answer.status

    async with OneSignalStub(data=path) as stub, aiohttp.ClientSession() as http:
        device = {"app_id": stub.app_id, "device_type": 1, "identifier": "token"}
        async with http.post(f"{stub.url}/players", json=device) as answer:
            player = (await answer.json())["id"]
        disk.fill()
        while await send(stub, http, f"full {len(kept)}") == 200:
            kept.append(f"full {len(kept)}")
        for number in range(REFUSED):
            assert await send(stub, http, f"refused {number}") == 500
        assert [push.contents for push in stub.pushes] == kept
        assert "sqlite3.OperationalError" in (stub.journal.problems()[-1].error or "")
        assert any("a handler failed" in record.message for record in caplog.records)
        disk.make_room()
        for number in range(20):
            assert await send(stub, http, f"later {number}") == 200
            kept.append(f"later {number}")
    async with OneSignalStub(data=path) as stub:
        assert [push.contents for push in stub.pushes] == kept


@pytest.mark.asyncio
async def test_the_stub_sends_what_is_due_once_there_is_room_again(
    disk: FullDisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    clock = Clock(stopped_at=1_700_000_000.0)
    async with (
        OneSignalStub(data=disk.folder / "onesignal.db", clock=clock) as stub,
        aiohttp.ClientSession(headers={"Authorization": f"Key {stub.rest_key}"}) as http,
    ):
        device = {"app_id": stub.app_id, "device_type": 1, "identifier": "token"}
        async with http.post(f"{stub.url}/players", json=device) as answer:
            player = (await answer.json())["id"]
        body = {
            "app_id": stub.app_id,
            "contents": {"en": "later"},
            "include_player_ids": [player],
            "send_after": "2023-11-14 22:14:00 GMT",
        }
        async with http.post(f"{stub.url}/notifications", json=body) as answer:
            assert answer.status == 200
        disk.fill()
        tags = {"app_id": stub.app_id, "tags": {"filling": FILLING}}
        status = 200
        while status == 200:
            async with http.put(f"{stub.url}/players/{player}", json=tags) as answer:
                status = answer.status
            tags["tags"]["filling"] += "x"  # type: ignore[index]
        clock.advance(60)
        async with http.get(f"{stub.url}/players/{player}?app_id={stub.app_id}") as answer:
            assert answer.status == 500
        assert "sqlite3.OperationalError" in (stub.journal.problems()[-1].error or "")
        disk.make_room()
        push = await stub.wait_for_push(contains="later")
        assert push.player_id == player
