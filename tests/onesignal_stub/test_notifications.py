"""POST /notifications: refusals, texts, idempotency, lists and views."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from onesignal_stub import OneSignalStub

from .conftest import NOW, Backend

pytestmark = pytest.mark.asyncio

NO_TARGETING = (
    "You must include which players, segments, or tags you wish to send this notification to."
)
NO_ENGLISH = "Message Notifications must have English language content"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, NO_TARGETING),
        ({"included_segments": [], "include_player_ids": [], "filters": []}, NO_TARGETING),
        ({"excluded_segments": ["All"]}, NO_TARGETING),
        ({"filters": [{}]}, "Segment  is not a valid filter field."),
        ({"include_aliases": {}, "target_channel": "push"}, NO_TARGETING),
        ({"included_segments": ["All"], "contents": {}}, NO_ENGLISH),
        ({"included_segments": ["All"], "contents": []}, NO_ENGLISH),
        ({"included_segments": ["All"], "contents": {"de": "x"}}, NO_ENGLISH),
        (
            {"include_player_ids": ["id1", "id2"]},
            'Incorrect player_id format in include_player_ids (not a valid UUID): ["id1", "id2"]',
        ),
        (
            {"include_player_ids": [86, "3ea5608a-43c3-11e7-90f9-7b9397165f34"]},
            (
                "Incorrect player_id format in include_player_ids (not a valid UUID):"
                ' [86, "3ea5608a-43c3-11e7-90f9-7b9397165f34"]'
            ),
        ),
        (
            {"include_subscription_ids": ["x"]},
            (
                "Incorrect subscription_id format in include_subscription_ids (not a valid UUID):"
                ' ["x"]'
            ),
        ),
        (
            {"include_external_user_ids": [""]},
            "include_external_user_ids must be an array of non empty strings",
        ),
        (
            {"include_external_user_ids": "u1"},
            "include_external_user_ids must be an array of non empty strings",
        ),
        (
            {"included_segments": ["All"], "email_subject": "s"},
            (
                "Platforms You may only send to one delivery channel at a time. Make sure you are"
                " only including one of push platforms, Email, or SMS."
            ),
        ),
        (
            {"filters": [{"field": "levl", "relation": "=", "value": "1"}]},
            "Segment levl is not a valid filter field.",
        ),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_refusals_in_onesignals_words(
    body: dict[str, Any], text: str, shared_backend: Backend
) -> None:
    await shared_backend.player()
    answer = await shared_backend.send(**body)
    assert (answer.status, answer.body) == (400, {"errors": [text]})
    assert shared_backend.stub.pushes == []


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"contents": "hello"}, "contents"),
        ({"contents": {"en": 1}}, "contents"),
        ({"data": {"x": "y" * 2048}}, "data"),
        ({"data": "x"}, "data"),
        ({"name": "n" * 129}, "name"),
        ({"collapse_id": "c" * 65}, "collapse_id"),
        ({"ttl": -1}, "ttl"),
        ({"ttl": 2_419_201}, "ttl"),
        ({"ttl": "soon"}, "ttl"),
        ({"priority": 7}, "priority"),
        ({"buttons": [{"text": "no id"}]}, "buttons"),
        ({"buttons": [{"id": "1"}] * 4}, "buttons"),
        ({"web_buttons": [{"id": "1"}] * 3}, "web_buttons"),
        ({"url": "https://a", "web_url": "https://b"}, "web_url"),
        ({"template_id": "t"}, "template_id"),
        ({"template_id": "3ea5608a-43c3-11e7-90f9-7b9397165f34"}, "Template"),
        ({"ios_relevance_score": 1.5}, "ios_relevance_score"),
        ({"ios_interruption_level": "loud"}, "ios_interruption_level"),
        ({"android_visibility": 2}, "android_visibility"),
        ({"throttle_rate_per_minute": -1}, "throttle_rate_per_minute"),
        ({"external_id": "order 7"}, "external_id"),
        ({"idempotency_key": "order 7"}, "idempotency_key"),
        ({"delayed_option": "never"}, "delayed_option"),
        ({"delivery_time_of_day": "25:00"}, "delivery_time_of_day must be valid time"),
        ({"send_after": "tomorrow"}, "send_after must be valid time"),
        ({"isIos": "maybe"}, "isIos"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_send_with_a_bad_field_is_refused_and_names_it(
    fields: dict[str, Any], word: str, shared_backend: Backend
) -> None:
    await shared_backend.player()
    answer = await shared_backend.send(included_segments=["All"], **fields)
    assert answer.status == 400
    assert word in answer.body["errors"][0]
    assert shared_backend.stub.pushes == []


async def test_silent_messages_need_no_text(backend: Backend) -> None:
    player = await backend.player()
    answer = await backend.send(
        contents=None, content_available=True, data={"sync": 1}, include_player_ids=[player]
    )
    (push,) = backend.stub.find_pushes(notification_id=answer.body["id"])
    assert (push.contents, push.data) == (None, {"sync": 1})


async def test_tags_and_custom_data_fill_in_the_text(backend: Backend) -> None:
    await backend.player(tags={"first_name": "Ada"})
    await backend.player()
    await backend.send(
        contents={
            "en": 'Hi {{ first_name | default: "there" }},'
            " {{ message.custom_data.item }} is {{missing}}back"
        },
        custom_data={"item": "sword"},
        included_segments=["All"],
    )
    texts = [push.contents for push in backend.stub.pushes]
    assert texts == ["Hi Ada, sword is back", "Hi there, sword is back"]


async def test_a_repeated_key_gets_the_first_answer_and_sends_nothing(backend: Backend) -> None:
    player = await backend.player()
    key = "3EA5608A-43c3-11e7-90f9-7b9397165f34"
    first = await backend.send(include_player_ids=[player], external_id=key)
    assert first.body["external_id"] == key
    assert "Idempotent-Replayed" not in first.headers
    for spelled in (key, key.lower(), key.upper()):
        again = await backend.send(
            include_player_ids=[], contents={"en": "other"}, idempotency_key=spelled
        )
        assert (again.status, again.body) == (200, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert len(backend.stub.pushes) == 1


async def test_a_refused_request_does_not_use_up_its_key(backend: Backend) -> None:
    player = await backend.player()
    key = str(uuid.uuid4())
    refused = await backend.send(include_player_ids=[player], contents={}, idempotency_key=key)
    assert refused.status == 400
    sent = await backend.send(include_player_ids=[player], idempotency_key=key)
    assert sent.body["recipients"] == 1


async def test_a_key_is_forgotten_after_thirty_days(backend: Backend) -> None:
    player = await backend.player()
    key = str(uuid.uuid4())
    first = await backend.send(include_player_ids=[player], idempotency_key=key)
    await backend.stub.advance(30 * 86_400 + 1)
    again = await backend.send(include_player_ids=[player], idempotency_key=key)
    assert again.body["id"] != first.body["id"]


async def test_fields_that_nobody_reads_are_journaled(backend: Backend) -> None:
    player = await backend.player()
    await backend.send(include_player_ids=[player], IncludedSegments=["All"])
    (entry,) = backend.stub.journal.find("POST /notifications")
    assert entry.ignored == ("body: IncludedSegments",)


async def test_view_notification_returns_its_counts_and_content(backend: Backend) -> None:
    await backend.player(device_type=0)
    await backend.player(device_type=1)
    filters = [{"field": "session_count", "relation": ">", "value": "0"}]
    answer = await backend.send(
        filters=filters,
        headings={"en": "title"},
        data={"a": 1},
        throttle_rate_per_minute=5,
        name="n",
    )
    shown = await backend.notification(answer)
    assert shown["contents"] == {"en": "hello"}
    assert shown["data"] == {"a": 1}
    assert shown["name"] == "n"
    # What the official SDKs cannot decode is not shown.
    assert shown["filters"] is None
    assert shown["throttle_rate_per_minute"] is None
    assert (shown["included_segments"], shown["excluded_segments"]) == ([], [])
    assert (shown["successful"], shown["failed"], shown["errored"]) == (2, 0, 0)
    assert (shown["converted"], shown["received"], shown["remaining"]) == (0, 0, 0)
    assert shown["queued_at"] == shown["send_after"] == shown["completed_at"] == NOW
    assert isinstance(shown["queued_at"], int)
    assert (shown["canceled"], shown["delayed_option"]) == (False, "immediate")
    assert (shown["isIos"], shown["isAndroid"], shown["isSafari"]) == (True, True, False)
    stat = {"successful": 1, "failed": 0, "errored": 0, "converted": 0, "received": 0}
    assert shown["platform_delivery_stats"] == {"ios": stat, "android": stat}
    assert "outcomes" not in shown


async def test_the_list_is_newest_first_and_clamped(backend: Backend) -> None:
    player = await backend.player()
    ids = []
    for number in range(3):
        answer = await backend.send(include_player_ids=[player], contents={"en": str(number)})
        ids.insert(0, answer.body["id"])
        await backend.stub.advance(60)
    app = backend.stub.app_id
    listed = await backend.ok("GET", "/notifications", app_id=app, limit="500", offset="0")
    assert (listed["total_count"], listed["limit"]) == (3, 50)
    assert [item["id"] for item in listed["notifications"]] == ids
    listed = await backend.ok("GET", "/notifications", app_id=app, limit="1", offset="1", kind="1")
    assert [item["id"] for item in listed["notifications"]] == ids[1:2]
    for kind in ("0", "3"):
        listed = await backend.ok("GET", "/notifications", app_id=app, kind=kind)
        assert (listed["total_count"], listed["notifications"]) == (0, [])
    answer = await backend("GET", "/notifications", app_id=app, limit="-1")
    assert answer.status == 400


async def test_list_notifications_pages_by_time(backend: Backend) -> None:
    player = await backend.player()
    ids = []
    for _ in range(5):
        ids.append((await backend.send(include_player_ids=[player])).body["id"])
        await backend.stub.advance(60)
    found: list[str] = []
    offset = "2020-01-01T00:00:00Z"
    while True:
        page = await backend.ok(
            "GET", "/notifications", app_id=backend.stub.app_id, limit=2, time_offset=offset
        )
        assert page["time_offset"] == offset
        if not page["notifications"]:
            break
        found += [item["id"] for item in page["notifications"]]
        offset = page["next_time_offset"]
    assert found == ids
    answer = await backend("GET", "/notifications", app_id=backend.stub.app_id, time_offset="soon")
    assert answer.status == 400
    assert "time_offset must be a time" in answer.body["errors"][0]


async def test_history_and_unknown_notifications(backend: Backend) -> None:
    app = backend.stub.app_id
    unknown = f"/notifications/{uuid.uuid4()}"
    missing = {"errors": ["Notification not found"]}
    for method, path, body in (
        ("GET", unknown, None),
        ("DELETE", unknown, None),
        ("POST", f"{unknown}/export_events", None),
    ):
        answer = await backend(method, path, body, app_id=app)
        assert (answer.status, answer.body) == (404, missing)
    answer = await backend("POST", f"{unknown}/history", {"app_id": app, "events": "sent"})
    assert (answer.status, answer.body) == (400, missing)
    sent = await backend.send(include_player_ids=[await backend.player()])
    path = f"/notifications/{sent.body['id']}/history"
    answer = await backend("POST", path, {"app_id": app, "events": "sent", "email": "nobody"})
    assert answer.status == 400
    assert answer.body == {
        "errors": ["param `email` must be a valid email"],
        "success": False,
    }
    answer = await backend("POST", path, {"app_id": app, "events": "opens"})
    assert answer.status == 400


async def test_an_estimate_sends_nothing(backend: Backend) -> None:
    await backend.player()
    await backend.player(device_type=0)
    body = {"app_id": backend.stub.app_id, "included_segments": ["All"], "isIos": True}
    assert await backend.ok("POST", "/notifications/count-unsaved", body) == {"count": 1}
    assert backend.stub.pushes == []


async def test_the_open_that_old_sdks_report(backend: Backend) -> None:
    stub: OneSignalStub = backend.stub
    sent = await backend.send(include_player_ids=[await backend.player()])
    body = {"app_id": stub.app_id, "opened": True}
    path = f"/notifications/{sent.body['id']}"
    assert await backend.ok("PUT", path, body, key=None) == {"success": True}
    shown = await backend.ok(
        "GET", path, app_id=stub.app_id, outcome_names="os__click.count,os__click.sum"
    )
    assert shown["outcomes"] == [
        {"id": "os__click", "value": 1, "aggregation": "count"},
        {"id": "os__click", "value": 0, "aggregation": "sum"},
    ]


@pytest.mark.parametrize("piece", ["{{a|default:'", "{", "{{", "{{a", "}}", "{{a|default:'}}"])
async def test_create_notification_takes_nearly_two_megabytes_of_braces(
    piece: str, backend: Backend
) -> None:
    player = await backend.player()
    text = piece * (1_900_000 // len(piece))
    answer = await backend.send_large(contents={"en": text}, include_player_ids=[player])
    (push,) = backend.stub.find_pushes(notification_id=answer.body["id"])
    assert push.contents == text


async def test_a_text_has_at_most_a_thousand_placeholders_filled_in(backend: Backend) -> None:
    player = await backend.player(tags={"a": "b"})
    answer = await backend.send(contents={"en": "{{a}}" * 1001}, include_player_ids=[player])
    (push,) = backend.stub.find_pushes(notification_id=answer.body["id"])
    assert push.contents == "b" * 1000 + "{{a}}"
