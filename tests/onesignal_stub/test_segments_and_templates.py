"""Segments, templates, Live Activities and exports."""

from __future__ import annotations

import csv
import gzip
import io
import json
import uuid
from typing import Any

import pytest

from .conftest import DAY, NOW, Backend

pytestmark = pytest.mark.asyncio

VIP = [{"field": "tag", "key": "vip", "relation": "exists"}]


def path_of(backend: Backend, *segments: str) -> str:
    return "/".join([f"/apps/{backend.stub.app_id}/segments", *segments])


async def test_a_created_segment_reaches_its_devices(backend: Backend) -> None:
    player = await backend.player(tags={"vip": "1"})
    await backend.player(device_type=11, identifier="a@b.co", tags={"vip": "1"})
    await backend.player()
    answer = await backend("POST", path_of(backend), {"name": "VIP", "filters": VIP})
    assert (answer.status, answer.body["success"]) == (201, True)
    segment = answer.body["id"]
    assert backend.reached(await backend.send(included_segments=["VIP"])) == [player]
    one = path_of(backend, segment)
    assert await backend.ok("GET", one) == {"subscriber_count": 2}
    shown = await backend.ok("GET", one, **{"include-segment-detail": "True"})
    assert shown["payload"] == {
        "id": segment,
        "name": "VIP",
        "description": None,
        "created_at": NOW,
        "source": "custom",
        "filters": VIP,
    }
    assert await backend.ok("PATCH", one, {"name": "Stars"}) == {"success": True, "id": segment}
    assert backend.reached(await backend.send(included_segments=["VIP"])) == []
    assert backend.reached(await backend.send(included_segments=["Stars"])) == [player]
    assert await backend.ok("DELETE", one) == {"success": True}
    answer = await backend("DELETE", one)
    assert (answer.status, answer.body) == (404, {"success": False})
    assert backend.reached(await backend.send(included_segments=["Stars"])) == []


async def test_the_list_has_the_default_segments_first(backend: Backend) -> None:
    await backend.ok("POST", path_of(backend), {"name": "VIP", "filters": VIP})
    listed = await backend.ok("GET", path_of(backend), limit=1000)
    assert (listed["total_count"], listed["limit"], listed["offset"]) == (7, 300, 0)
    names = [segment["name"] for segment in listed["segments"]]
    assert names[0] == "Total Subscriptions"
    assert names[-1] == "VIP"
    assert listed["segments"][-1]["created_at"] == "2023-11-14T22:13:20.000Z"
    assert [segment["read_only"] for segment in listed["segments"]] == [True] * 6 + [False]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"filters": VIP}, 400, "name is required"),
        ({"name": "n"}, 400, "filters is required"),
        ({"name": "n" * 129, "filters": VIP}, 400, "name is limited to 128 characters"),
        ({"name": "n", "filters": VIP, "id": "x"}, 400, "id must be a valid UUID"),
        ({"name": "All", "filters": VIP}, 400, "Segment name is already taken."),
        ({"name": "Total Subscriptions", "filters": VIP}, 400, "Segment name is already taken."),
        (
            {"name": "n", "filters": [{"field": "levl"}]},
            400,
            "Segment levl is not a valid filter field.",
        ),
        ({"name": "n", "filters": "x"}, 400, "filters must be an array of at most 200 entries"),
    ],
)
async def test_segments_that_are_refused(
    body: dict[str, Any], status: int, text: str, backend: Backend
) -> None:
    answer = await backend("POST", path_of(backend), body)
    assert (answer.status, answer.body) == (status, {"success": False, "errors": [text]})
    assert (await backend.ok("GET", path_of(backend)))["total_count"] == 6


async def test_ids_and_names_are_taken_once(backend: Backend) -> None:
    segment = str(uuid.uuid4())
    body = {"id": segment, "name": "n", "filters": []}
    assert await backend.ok("POST", path_of(backend), body) == {"success": True, "id": segment}
    answer = await backend("POST", path_of(backend), {**body, "name": "m"})
    text = "Segment with the given id already exists."
    assert (answer.status, answer.body) == (409, {"success": False, "errors": [text]})
    other = await backend.ok("POST", path_of(backend), {"name": "m", "filters": []})
    answer = await backend("PATCH", path_of(backend, other["id"]), {"name": "n"})
    assert (answer.status, answer.body["errors"]) == (400, ["Segment name is already taken."])
    unknown = path_of(backend, str(uuid.uuid4()))
    answer = await backend("GET", unknown)
    assert (answer.status, answer.body) == (404, {"errors": ["segment not found"]})
    answer = await backend("PATCH", unknown, {"name": "x"})
    assert answer.body == {"success": False, "errors": ["segment not found"]}


async def template(backend: Backend, **fields: Any) -> Any:
    body = {"app_id": backend.stub.app_id, "name": "t", **fields}
    return await backend.ok("POST", "/templates", body)


async def test_a_message_from_a_template(backend: Backend) -> None:
    player = await backend.player(tags={"name": "Ada"}, language="de")
    made = await template(
        backend,
        contents={"en": "Hello {{name}}", "de": "Hallo {{name}}"},
        headings={"en": "Title", "de": "Titel"},
        data={"a": 1},
    )
    assert (made["channel"], made["content"]["data"]) == ("push", {"a": 1})
    sent = await backend.send(
        template_id=made["id"],
        contents={},
        headings={"en": "Own", "de": "Eigener"},
        include_player_ids=[player],
    )
    (push,) = backend.stub.find_pushes(notification_id=sent.body["id"])
    assert (push.contents, push.heading, push.data) == ("Hallo Ada", "Eigener", {"a": 1})
    listed = await backend.ok(
        "GET", "/notifications", app_id=backend.stub.app_id, template_id=made["id"].upper()
    )
    assert listed["total_count"] == 1
    assert (await backend.notification(sent))["template_id"] == made["id"]


async def test_an_email_template_sends_its_subject_and_body(backend: Backend) -> None:
    await backend.player(device_type=11, identifier="a@b.co")
    made = await template(backend, isEmail=True, email_subject="S", email_body="B")
    assert made["channel"] == "email"
    await backend.send(template_id=made["id"], contents=None, included_segments=["All"])
    (push,) = backend.stub.pushes
    assert (push.channel, push.heading, push.contents) == ("email", "S", "B")


async def test_templates_are_listed_changed_copied_and_deleted(backend: Backend) -> None:
    app = backend.stub.app_id
    ids = [(await template(backend, contents={"en": str(n)}))["id"] for n in range(3)]
    email = await template(backend, email_body="B")
    listed = await backend.ok("GET", "/templates", app_id=app, limit=2, offset=1)
    assert [item["id"] for item in listed["templates"]] == [ids[2], ids[1]]
    listed = await backend.ok("GET", "/templates", app_id=app, channel="email")
    assert [item["id"] for item in listed["templates"]] == [email["id"]]
    one = f"/templates/{ids[0]}"
    changed = await backend.ok("PATCH", one, {"headings": {"en": "h"}}, app_id=app)
    assert changed["content"] == {"contents": {"en": "0"}, "headings": {"en": "h"}}
    other = await backend.ok("POST", "/apps", {"name": "o"}, key=backend.stub.user_key)
    copied = await backend.ok(
        "POST",
        f"{one}/copy_to_app",
        {"target_app_id": other["id"]},
        app_id=app,
        key=backend.stub.user_key,
    )
    shown = await backend.ok(
        "GET", f"/templates/{copied['id']}", app_id=other["id"], key=other["basic_auth_key"]
    )
    assert shown["content"] == changed["content"]
    assert await backend.ok("DELETE", one, app_id=app) == {"success": True}
    for method in ("GET", "PATCH", "DELETE"):
        answer = await backend(method, one, {}, app_id=app)
        assert (answer.status, answer.body) == (404, {"errors": ["Template not found"]})
    for body in ({}, {"name": "n"}, {"name": "n", "contents": {"en": 1}}):
        assert (await backend("POST", "/templates", {"app_id": app, **body})).status == 400


async def test_a_live_activity_starts_updates_and_ends_on_its_devices(backend: Backend) -> None:
    stub = backend.stub
    root = f"/apps/{stub.app_id}/live_activities/act%2F1"
    phones = [await backend.player(device_type=0, identifier=None) for _ in range(2)]
    for phone in phones:
        body = {"push_token": "t", "subscription_id": phone}
        answer = await backend("POST", f"{root}/token", body)
        assert (answer.status, answer.body) == (204, b"")
    update: dict[str, Any] = {"event": "update", "event_updates": {}, "name": "contents"}
    sent = await backend.ok("POST", f"{root}/notifications", update)
    assert sent["id"] == sent["notification_id"]
    pushes = stub.find_pushes(notification_id=sent["id"])
    assert [push.player_id for push in pushes] == phones
    assert pushes[0].notification["activity_id"] == "act/1"
    answer = await backend("DELETE", f"{root}/token/{phones[0]}")
    assert answer.status == 204
    end = {**update, "event": "end", "contents": {"en": "over"}}
    sent = await backend.ok("POST", f"{root}/notifications", end)
    assert [push.contents for push in stub.find_pushes(notification_id=sent["id"])] == ["over"]
    answer = await backend("POST", f"{root}/notifications", update)
    assert answer.status == 400
    assert "act/1 has ended" in answer.body["errors"][0]


async def test_a_live_activity_that_a_push_starts(backend: Backend) -> None:
    app = backend.stub.app_id
    phone = await backend.player(device_type=0)
    await backend.player(device_type=1)
    path = f"/apps/{app}/activities/activity/order"
    start = {
        "event": "start",
        "activity_id": "a1",
        "name": "n",
        "event_attributes": {"order": 1},
        "event_updates": {"step": 1},
        "contents": {"en": "c"},
        "headings": {"en": "h"},
        "included_segments": ["All"],
        "idempotency_key": str(uuid.uuid4()),
    }
    started = await backend("POST", path, start)
    assert started.status == 201
    repeated = await backend("POST", path, start)
    assert (repeated.status, repeated.body) == (201, started.body)
    assert repeated.headers["Idempotent-Replayed"] == "true"
    (push,) = backend.stub.pushes
    assert (push.player_id, push.notification["activity_type"]) == (phone, "order")
    end = {"event": "end", "event_updates": {}, "name": "n"}
    await backend.ok("POST", f"/apps/{app}/live_activities/a1/notifications", end)
    assert [push.player_id for push in backend.stub.pushes] == [phone, phone]


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("live_activities/a/token", {"push_token": "t"}, "subscription_id"),
        ("live_activities/a/notifications", {"event": "begin"}, "event"),
        ("live_activities/a/notifications", {"event": "end", "name": "n"}, "event_updates"),
        (
            "live_activities/a/notifications",
            {"event": "end", "name": "n", "event_updates": {"a": 1}, "contents": {"en": 1}},
            "contents",
        ),
        ("activities/activity/t", {"event": "update"}, "event must be start"),
        (
            "activities/activity/t",
            {
                "event": "start",
                "event_attributes": {"a": 1},
                "event_updates": {"a": 1},
                "name": "n",
                "contents": {"en": "c"},
                "headings": {"en": "h"},
            },
            "activity_id",
        ),
    ],
)
async def test_live_activities_that_are_refused(
    path: str, body: dict[str, Any], word: str, backend: Backend
) -> None:
    answer = await backend("POST", f"/apps/{backend.stub.app_id}/{path}", body)
    assert answer.status == 400
    assert word in answer.body["errors"][0]
    assert backend.stub.pushes == []


async def export(backend: Backend, body: Any = None) -> list[dict[str, str]]:
    app = backend.stub.app_id
    url = (await backend.ok("POST", "/players/csv_export", body, app_id=app))["csv_file_url"]
    assert url.startswith(f"{backend.stub.url}/csv_exports/{app}/users_")
    assert url.endswith("_2023-11-14.csv.gz")
    async with backend.http.get(url) as answer:
        assert answer.headers["Content-Type"] == "application/gzip"
        text = gzip.decompress(await answer.read()).decode()
    return list(csv.DictReader(io.StringIO(text)))


async def test_the_csv_export_has_every_field_of_a_player(backend: Backend) -> None:
    player = await backend.player(
        identifier='a "token", quoted',
        tags={"a": "1"},
        external_user_id="u",
        country="US",
        lat=1.5,
        amount_spent=2,
    )
    silent = await backend.player(notification_types=-2, last_active=int(NOW) - 100)
    first, second = await export(backend)
    names = (
        "id identifier session_count language timezone game_version device_os device_type"
        " device_model ad_id tags last_active playtime amount_spent created_at"
        " invalid_identifier badge_count"
    )
    assert " ".join(first) == names
    assert (first["id"], first["identifier"]) == (player, 'a "token", quoted')
    assert json.loads(first["tags"]) == {"a": "1"}
    assert (first["invalid_identifier"], second["invalid_identifier"]) == ("f", "t")
    assert first["last_active"] == "2023-11-14 22:13:20"
    fields = ["external_user_id", "location", "country", "notification_types", "unsubscribed_at"]
    rows = await export(backend, {"extra_fields": fields})
    names = ["external_user_id", "lat", "long", "country", "notification_types", "unsubscribed_at"]
    assert list(rows[0])[17:] == names
    assert [rows[0][name] for name in names] == ["u", "1.5", "", "US", "", ""]
    assert rows[1]["unsubscribed_at"] == "2023-11-14 22:13:20"
    since = {"last_active_since": str(int(NOW) - 100)}
    assert [row["id"] for row in await export(backend, since)] == [player]
    segment: dict[str, Any] = {"segment_name": "Subscribed Users"}
    assert [row["id"] for row in await export(backend, segment)] == [player]
    everybody = {**segment, "include_unsubscribed": True}
    assert [row["id"] for row in await export(backend, everybody)] == [player, silent]
    assert await export(backend, {"segment_name": "nothing"}) == []


async def test_exports_that_are_refused_and_files_that_are_gone(backend: Backend) -> None:
    app = backend.stub.app_id
    answer = await backend("POST", "/players/csv_export", {"extra_fields": ["age"]}, app_id=app)
    assert answer.status == 400
    url = (await backend.ok("POST", "/players/csv_export", app_id=app))["csv_file_url"]
    await backend.stub.advance(3 * DAY + 1)
    async with backend.http.get(url) as gone:
        assert (gone.status, gone.content_type) == (404, "application/xml")


async def test_the_history_of_a_message(backend: Backend) -> None:
    stub = backend.stub
    player = await backend.player(external_user_id="u")
    await backend.player()
    sent = await backend.send(included_segments=["All"])
    await stub.device(player).open(stub.pushes[0])

    async def rows(events: str) -> list[dict[str, str]]:
        body = {"app_id": stub.app_id, "events": events}
        path = f"/notifications/{sent.body['id']}/history"
        url = (await backend.ok("POST", path, body))["destination_url"]
        async with backend.http.get(url) as answer:
            text = gzip.decompress(await answer.read()).decode()
        return list(csv.DictReader(io.StringIO(text)))

    assert len(await rows("sent")) == 2
    (clicked,) = await rows("clicked")
    assert (clicked["player_id"], clicked["external_id"]) == (player, "u")
    assert clicked["target_channel"] == "push"
