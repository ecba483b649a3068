"""Journeys that tests create, and how."""

from __future__ import annotations

from typing import Any

from .conftest import Backend

SEGMENT = "0f3c7a52-6a0e-4c79-9f5e-2d1b8e4a7c60"
WAIT = {"kind": "wait", "duration_seconds": 60}
PUSH = {"kind": "send_push", "template_id": SEGMENT, "client_node_id": "hello"}
CLICKED = {"kind": "on_notification_action", "action": "clicked", "client_node_id": "hello"}
BOUGHT = {
    "kind": "event_trigger",
    "name": "bought",
    "attributes": [[{"key": "gems", "operator": "greater", "value": "3"}]],
}
MEMBER = {"kind": "segment_membership", "included_segment_ids": [SEGMENT]}
WINDOW = {"start": {"hour": 22}, "end": {"hour": 6, "minute": 30}, "day_of_week": 1}
EVERY_KIND: list[dict[str, Any]] = [
    {**WAIT, "annotation": "a minute"},
    {
        "kind": "time_window",
        "relative_to": "schedule_in_timezone",
        "windows": [WINDOW],
        "time_zone": "Europe/Berlin",
        "use_user_time_zone": True,
    },
    {"kind": "time_window", "relative_to": "last_active_time"},
    PUSH,
    {"kind": "send_email", "template_id": SEGMENT},
    {"kind": "send_sms", "template_id": SEGMENT},
    {"kind": "send_iam", "iam_id": SEGMENT, "user_ttl_seconds": 5},
    {"kind": "send_webhook", "webhook_id": SEGMENT},
    {"kind": "tag", "assignments": {"vip": "1", "trial": ""}},
    {
        "kind": "split_range",
        "branches": [{"weight": 33.3, "nodes": [WAIT]}, {"weight": 66.7, "nodes": []}],
        "randomize_on_entry": True,
    },
    {"kind": "yes_no", "branches": [{"condition": MEMBER, "nodes": [WAIT]}, {"nodes": []}]},
    {
        "kind": "wait_until",
        "branches": [
            {"condition": BOUGHT, "nodes": [{"kind": "yes_no", "branches": [{}, {}]}]},
            {"condition": CLICKED, "nodes": []},
        ],
        "expiration": {"duration_seconds": 3600, "exits": True},
    },
]
FULL = {
    "name": "Welcome",
    "description": "for new ones",
    "audience": {"kind": "event_trigger", "name": "signed up"},
    "early_exit": {
        "rules": {"on_segment": {"included_segment_ids": [SEGMENT]}, "on_event": {"name": "left"}},
        "tag_on_early_exit": {"left": "1"},
    },
    "reentry_rules": {"duration_seconds": 600},
    "nodes": EVERY_KIND,
}


def path_of(backend: Backend, *segments: str) -> str:
    return "/".join([f"/apps/{backend.stub.app_id}/journeys", *segments])


async def create(backend: Backend, **body: Any) -> Any:
    answer = await backend("POST", path_of(backend), {"name": "Welcome", **body})
    assert answer.status == 201, answer
    return answer.body


def assert_contains(shown: Any, sent: Any) -> None:
    """What was sent is shown; the server may add to it."""
    if isinstance(sent, dict):
        for name in sent.keys() - {"client_node_id"}:
            assert_contains(shown[name], sent[name])
    elif isinstance(sent, list):
        assert len(shown) == len(sent)
        for pair in zip(shown, sent, strict=True):
            assert_contains(*pair)
    else:
        assert shown == sent
