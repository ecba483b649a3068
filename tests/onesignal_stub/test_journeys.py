"""Journeys: what they are made of, what is refused, and how they are changed."""

from __future__ import annotations

from typing import Any

import pytest

from server_kit import Clock

from .conftest import Backend
from .journeys import BOUGHT, CLICKED, FULL, PUSH, SEGMENT, WAIT, assert_contains, create, path_of

pytestmark = pytest.mark.asyncio


async def test_a_journey_keeps_every_kind_of_node(backend: Backend) -> None:
    created = await create(backend, **FULL)
    assert_contains(created, FULL)
    assert (created["state"], created["created_at"], created["started_at"]) == (
        "draft",
        "2023-11-14T22:13:20.000Z",
        None,
    )
    push, until = created["nodes"][3], created["nodes"][-1]
    assert push["client_node_id"] == "hello"
    condition = until["branches"][1]["condition"]
    assert condition == {
        "kind": "on_notification_action",
        "action": "clicked",
        "sending_node_id": push["id"],
    }
    assert await backend.ok("GET", f"/api/v1{path_of(backend, created['id'])}") == created
    assert list(backend.stub.journal)[-2].ignored == ()


async def test_create_journey_fills_in_defaults_for_all_but_the_name(backend: Backend) -> None:
    created = await create(backend)
    del created["id"], created["concurrency_key"]
    assert created == {
        "app_id": backend.stub.app_id,
        "name": "Welcome",
        "description": "",
        "state": "draft",
        "created_at": "2023-11-14T22:13:20.000Z",
        "updated_at": "2023-11-14T22:13:20.000Z",
        "started_at": None,
        "archived_at": None,
        "created_source": "public_api",
        "audience": {
            "kind": "segment",
            "included_segment_ids": [],
            "excluded_segment_ids": [],
            "future_additions_only": False,
        },
        "early_exit": None,
        "reentry_rules": None,
        "schedule": None,
        "nodes": [],
    }


def branching(kind: str, *branches: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": [{"kind": kind, "branches": list(branches)}]}


NESTED: dict[str, Any] = dict(WAIT)
for _ in range(40):
    NESTED = {"kind": "yes_no", "branches": [{"nodes": [NESTED]}, {}]}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"name": None}, "Object missing required field `name`"),
        ({"name": "n" * 301}, "name: Expected `str` of length <= 300"),
        ({"description": "d" * 1025}, "description: Expected `str` of length <= 1024"),
        ({"state": "active"}, "state is set by the server and cannot be sent"),
        ({"id": SEGMENT}, "id is set by the server and cannot be sent"),
        ({"audience": {"kind": "all"}}, "audience.kind: Invalid value 'all'"),
        ({"audience": {"kind": "event_trigger"}}, "audience: Object missing required field `name`"),
        (
            {"audience": {**BOUGHT, "attributes": [[], []]}},
            "audience.attributes: Expected `array` of length <= 1",
        ),
        (
            {"audience": {**BOUGHT, "attributes": [[{"key": "k", "operator": "equal"}]]}},
            "audience.attributes[0][0]: value is required for equal",
        ),
        (
            {"reentry_rules": {"duration_seconds": 599}},
            "reentry_rules.duration_seconds: Expected `int` >= 600",
        ),
        ({"early_exit": {"rules": {}}}, "early_exit.rules: at least one rule must be set"),
        ({"schedule": {"start_at": "soon"}}, "schedule: start_at must be a time in ISO 8601"),
        (
            {"schedule": {"start_at": "2024-01-01T00:00:00+01:00"}},
            "schedule: start_at must be in UTC",
        ),
        (
            {"schedule": {"start_at": "2023-11-14T22:18:19Z"}},
            "schedule.start_at must be at least 5 minutes in the future",
        ),
        (
            {"schedule": {"stop_at": "2023-11-14T22:13:20Z"}},
            "schedule.stop_at must be in the future",
        ),
        (
            {"schedule": {"start_at": "2024-01-02T00:00:00Z", "stop_at": "2024-01-01T00:00:00Z"}},
            "schedule: stop_at must be later than start_at",
        ),
        ({"nodes": None}, "Object missing required field `nodes`"),
        ({"nodes": [{"kind": "jump"}]}, "nodes[0].kind: Invalid value 'jump'"),
        (
            {"nodes": [{"kind": "wait", "duration_seconds": 59}]},
            "nodes[0].duration_seconds: Expected `int` >= 60",
        ),
        (
            {"nodes": [{"kind": "wait", "duration_seconds": None}]},
            "nodes[0]: Object missing required field `duration_seconds`",
        ),
        (
            {"nodes": [{"kind": "send_sms"}]},
            "nodes[0]: Object missing required field `template_id`",
        ),
        (
            {"nodes": [{"kind": "time_window", "relative_to": "schedule_in_timezone"}]},
            "nodes[0]: windows go with relative_to schedule_in_timezone, and only with it",
        ),
        (
            {
                "nodes": [
                    {
                        "kind": "time_window",
                        "relative_to": "schedule_in_timezone",
                        "windows": [{"start": {"hour": 9}, "end": {"hour": 9, "minute": 14}}],
                    }
                ]
            },
            "nodes[0].windows[0]: a window must span at least 15 minutes",
        ),
        (
            branching("split_range", {"weight": 50}, {"weight": 49}),
            "nodes[0]: the weights of the branches must sum to 100",
        ),
        (
            branching("yes_no", {}),
            "nodes[0].branches: Expected `array` of length >= 2",
        ),
        (
            branching("wait_until", {}),
            "nodes[0].branches[0]: Object missing required field `condition`",
        ),
        (
            branching("wait_until", {"condition": {"kind": "event_trigger", "name": ""}}),
            "nodes[0].branches[0].condition.name: Expected `str` of length >= 1",
        ),
        (
            branching("wait_until", {"condition": CLICKED}),
            "hello names no sending node of this journey",
        ),
        (
            branching(
                "wait_until", {"condition": {**BOUGHT, "entry_event_match_attributes": [{}]}}
            ),
            "entry_event_match_attributes are for journeys with an event_trigger audience",
        ),
        (
            {"nodes": [{**WAIT, "id": SEGMENT}]},
            f"id {SEGMENT} is not one of this journey's; ids are assigned by the server",
        ),
        (
            branching("yes_no", {"id": SEGMENT}, {}),
            f"id {SEGMENT} is not one of this journey's; ids are assigned by the server",
        ),
        ({"nodes": [PUSH, PUSH]}, "client_node_id hello is used twice"),
        ({"nodes": [NESTED]}, "the request is nested too deeply"),
        (
            {"nodes": [{"kind": "tag", "assignments": {f"t{n}": "x" for n in range(101)}}]},
            "nodes[0].assignments: Expected `object` of length <= 100",
        ),
        ({"nodes": [WAIT] * 4000}, "a journey's request has at most 10000 members and items"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_journeys_that_are_refused(
    body: dict[str, Any], text: str, shared_backend: Backend
) -> None:
    path = path_of(shared_backend)
    answer = await shared_backend("POST", path, {"name": "n", **body})
    assert (answer.status, answer.body) == (400, {"errors": [text]})
    listed = await shared_backend.ok("GET", path)
    assert listed == {"journeys": [], "has_more": False}


async def test_unread_fields_of_a_journey_are_journalled(backend: Backend) -> None:
    nodes = [{**WAIT, "duration": 60, "template_id": SEGMENT}]
    created = await create(backend, nodes=nodes, colour="red")
    assert "duration" not in created["nodes"][0]
    assert list(backend.stub.journal)[-1].ignored == (
        "body: nodes[0].duration",
        "body: nodes[0].template_id",
        "body: colour",
    )
    path = path_of(backend, created["id"], "nodes", created["nodes"][0]["id"])
    await backend.ok("PATCH", path, {"duration": 60, "annotation": "a"})
    assert list(backend.stub.journal)[-1].ignored == ("body: duration",)


async def test_a_patch_merges_objects_and_replaces_arrays(backend: Backend, clock: Clock) -> None:
    old = await create(backend, **FULL)
    clock.advance(60)
    one = path_of(backend, old["id"])
    change = {
        "description": None,
        "reentry_rules": None,
        "early_exit": {"rules": {"on_event": None, "on_session": True}},
        "nodes": [old["nodes"][0], WAIT],
    }
    new = await backend.ok("PATCH", one, change)
    assert (new["name"], new["description"], new["reentry_rules"]) == ("Welcome", "", None)
    assert new["early_exit"]["rules"] == {
        "on_segment": {"included_segment_ids": [SEGMENT]},
        "when_not_in_audience": False,
        "on_session": True,
    }
    assert new["nodes"][0] == old["nodes"][0]
    assert new["nodes"][1]["id"] not in [node["id"] for node in old["nodes"]]
    assert (new["created_at"], new["updated_at"]) == (
        "2023-11-14T22:13:20.000Z",
        "2023-11-14T22:14:20.000Z",
    )
    audience = {"kind": "segment", "included_segment_ids": [SEGMENT]}
    other = await backend.ok("PATCH", one, {"audience": audience})
    assert_contains(other["audience"], audience)
    assert "name" not in other["audience"]


async def test_a_change_that_is_refused_changes_nothing(backend: Backend) -> None:
    old = await create(backend, nodes=[WAIT, PUSH])
    wait, push = old["nodes"]
    one = path_of(backend, old["id"])
    refusals: list[tuple[dict[str, Any], int]] = [
        ({"name": None}, 400),
        ({"nodes": None}, 400),
        ({"state": "processing"}, 400),
        ({"state": None}, 400),
        ({"state": ["active"]}, 400),
        ({"nodes": [{**WAIT, "id": SEGMENT}]}, 400),
        ({"nodes": [wait, wait]}, 400),
        ({"nodes": [{**PUSH, "id": wait["id"]}]}, 422),
        ({"name": "new", "concurrency_key": "old"}, 409),
        ({"name": "new", "state": "archived"}, 422),
        ({"name": "new", "state": "scheduled"}, 422),
    ]
    for change, status in refusals:
        answer = await backend("PATCH", one, change)
        assert (answer.status, len(answer.body["errors"])) == (status, 1), change
    node = path_of(backend, old["id"], "nodes", push["id"])
    node_refusals: list[tuple[dict[str, Any], int]] = [
        ({"kind": "wait"}, 422),
        ({"id": wait["id"]}, 422),
        ({"template_id": "x"}, 400),
        ({"annotation": "new", "concurrency_key": "old"}, 409),
    ]
    for change, status in node_refusals:
        assert (await backend("PATCH", node, change)).status == status, change
    assert await backend.ok("GET", one) == old


async def test_one_node_is_changed_wherever_it_is(backend: Backend) -> None:
    old = await create(backend, **FULL)
    inner = old["nodes"][-1]["branches"][0]["nodes"][0]
    path = path_of(backend, old["id"], "nodes", inner["id"])
    new = await backend.ok(
        "PATCH", path, {"annotation": "deep", "concurrency_key": old["concurrency_key"]}
    )
    changed = new["nodes"][-1]["branches"][0]["nodes"][0]
    assert changed == {**inner, "annotation": "deep"}
    assert new["concurrency_key"] != old["concurrency_key"]
    assert await backend.ok("GET", path_of(backend, old["id"])) == new
    until = path_of(backend, old["id"], "nodes", old["nodes"][-1]["id"])
    new = await backend.ok("PATCH", until, {"expiration": None})
    assert "expiration" not in new["nodes"][-1]
    answer = await backend("PATCH", path_of(backend, old["id"], "nodes", SEGMENT), {})
    assert (answer.status, answer.body) == (404, {"errors": ["Journey node not found"]})
