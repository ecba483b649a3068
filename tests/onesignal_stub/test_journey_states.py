"""Journeys: states, lists, copies, counts, and how they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from onesignal_stub import OneSignalStub

from .conftest import DAY, Backend
from .journeys import FULL, PUSH, SEGMENT, WAIT, assert_contains, create, path_of

pytestmark = pytest.mark.asyncio

NESTED: dict[str, Any] = dict(WAIT)
for _ in range(40):
    NESTED = {"kind": "yes_no", "branches": [{"nodes": [NESTED]}, {}]}


async def test_states_follow_the_schedule(backend: Backend) -> None:
    schedule = {"start_at": "2023-11-15T22:13:20Z", "stop_at": "2023-11-16T22:13:20Z"}
    created = await create(backend, schedule=schedule)
    one = path_of(backend, created["id"])
    assert (await backend.ok("PATCH", one, {"state": "scheduled"}))["schedule"] == schedule
    answer = await backend("PATCH", one, {"schedule": None})
    assert answer.status == 422
    assert (await backend.ok("PATCH", one, {"state": "draft"}))["state"] == "draft"
    assert (await backend.ok("PATCH", one, {"state": "scheduled"}))["started_at"] is None
    await backend.stub.advance(DAY)
    running = await backend.ok("GET", one)
    assert (running["state"], running["started_at"]) == ("active", "2023-11-15T22:13:20.000Z")
    await backend.stub.advance(2 * DAY)
    (stopped,) = (await backend.ok("GET", path_of(backend)))["journeys"]
    assert (stopped["state"], stopped["archived_at"]) == ("archived", "2023-11-16T22:13:20.000Z")
    answer = await backend("PATCH", one, {"state": "active"})
    assert (answer.status, answer.body) == (
        422,
        {"errors": ["A journey in state archived cannot become active"]},
    )


async def test_a_journey_is_stopped_by_hand(backend: Backend) -> None:
    one = path_of(backend, (await create(backend, nodes=[WAIT]))["id"])
    await backend.ok("PATCH", one, {"state": "active"})
    stopped = await backend.ok("PATCH", one, {"state": "archived"})
    assert (stopped["state"], stopped["archived_at"]) == ("archived", stopped["started_at"])


async def test_pages_go_from_the_newest_to_the_oldest(backend: Backend) -> None:
    ids = [(await create(backend))["id"] for _ in range(5)]
    seen, cursor = [], {}
    while True:
        page = await backend.ok("GET", path_of(backend), limit=2, **cursor)
        seen += [journey["id"] for journey in page["journeys"]]
        if not page["has_more"]:
            assert "next_cursor" not in page
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ids[::-1]
    assert page["journeys"][0].keys() == {
        *("id", "app_id", "name", "state", "created_at", "updated_at", "started_at"),
        *("archived_at", "created_source", "schedule", "audience", "reentry_rules"),
    }
    for query in ({"limit": 0}, {"limit": 51}, {"limit": "x"}, {"cursor": "x"}):
        assert (await backend("GET", path_of(backend), **query)).status == 400


async def test_a_copy_has_ids_of_its_own(backend: Backend) -> None:
    schedule = {"start_at": "2024-01-01T00:00:00Z"}
    old = await create(backend, **FULL, schedule=schedule)
    await backend.ok("PATCH", path_of(backend, old["id"]), {"state": "active"})
    answer = await backend("POST", path_of(backend, old["id"], "duplicate"))
    copy = answer.body
    assert (answer.status, copy["name"], copy["state"]) == (201, "Welcome (Copy)", "draft")
    assert (copy["schedule"], copy["started_at"]) == (None, None)
    assert_contains(copy, {**FULL, "name": "Welcome (Copy)"})
    stats = [
        await backend.ok("GET", path_of(backend, journey["id"], "stats")) for journey in (old, copy)
    ]
    for part in ("nodes", "branches"):
        assert len(stats[0][part]) == len(stats[1][part])
        assert stats[0][part].keys().isdisjoint(stats[1][part])
    condition = copy["nodes"][-1]["branches"][1]["condition"]
    assert condition["sending_node_id"] == copy["nodes"][3]["id"]


async def test_duplicate_journey_applies_its_overrides(backend: Backend) -> None:
    old = await create(backend, nodes=[WAIT, PUSH], description="old")
    path = path_of(backend, old["id"], "duplicate")
    overrides = {"name": "New", "description": None, "nodes": [WAIT]}
    copy = await backend.ok("POST", path, {"overrides": overrides})
    assert (copy["name"], copy["description"], len(copy["nodes"])) == ("New", "", 1)
    for wrong in ({"state": "active"}, {"nodes": old["nodes"]}, {"name": 3}, "name"):
        assert (await backend("POST", path, {"overrides": wrong})).status == 400
    assert len((await backend.ok("GET", path_of(backend)))["journeys"]) == 2


async def test_stats_are_zero_for_each_node_and_branch(backend: Backend) -> None:
    old = await create(
        backend, nodes=[PUSH, {"kind": "yes_no", "branches": [{"nodes": [WAIT]}, {}]}]
    )
    push, fork = old["nodes"]
    wait = fork["branches"][0]["nodes"][0]
    nothing = {"waiting": 0, "completed": 0, "exited_early": 0}
    assert await backend.ok("GET", path_of(backend, old["id"], "stats")) == {
        "id": old["id"],
        "started": 0,
        "completed": 0,
        "exited_early": 0,
        "nodes": {
            push["id"]: {"kind": "send_push", **nothing, "message_stats": {"totals": {}}},
            fork["id"]: {"kind": "yes_no", **nothing},
            wait["id"]: {"kind": "wait", **nothing},
        },
        "branches": {branch["id"]: {"completed": 0} for branch in fork["branches"]},
    }


async def test_an_unknown_journey_and_a_wrong_key(backend: Backend) -> None:
    created = await create(backend)
    for method, segments in [
        ("GET", ()),
        ("PATCH", ()),
        ("DELETE", ()),
        ("GET", ("stats",)),
        ("POST", ("duplicate",)),
        ("PATCH", ("nodes", SEGMENT)),
    ]:
        answer = await backend(method, path_of(backend, SEGMENT, *segments))
        assert (answer.status, answer.body) == (404, {"errors": ["Journey not found"]})
        path = path_of(backend, created["id"], *segments)
        for key in (None, "wrong"):
            assert (await backend(method, path, key=key)).status == 403
    assert await backend.ok("DELETE", path_of(backend, created["id"])) == {"success": True}
    assert (await backend("GET", path_of(backend, created["id"]))).status == 404


async def test_journeys_are_kept_in_files_and_snapshots(tmp_path: Path) -> None:
    data = tmp_path / "push.db"
    async with OneSignalStub(data=data) as stub, aiohttp.ClientSession() as http:
        old = await create(Backend(stub, http), **FULL)
    async with OneSignalStub(data=data) as stub, aiohttp.ClientSession() as http:
        backend = Backend(stub, http)
        assert await backend.ok("GET", path_of(backend, old["id"])) == old
        image = await stub.snapshot()
        await stub.reset()
        assert (await backend.ok("GET", path_of(backend)))["journeys"] == []
        await stub.restore(image)
        assert await backend.ok("GET", path_of(backend, old["id"])) == old
