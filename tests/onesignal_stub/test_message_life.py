"""A message's life on the stub's clock: scheduled, delayed, sent, cancelled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from onesignal_stub import OneSignalStub
from onesignal_stub.steps import run_steps
from onesignal_stub.times import parse_time, parse_time_of_day
from server_kit import Clock

from .conftest import DAY, NOW, Backend

HOUR = 3600.0
MIDNIGHT = NOW - NOW % DAY


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "Thu Sep 24 2015 14:00:00 GMT-0700 (PDT)",
        "September 24th 2015, 2:00:00 pm UTC-07:00",
        "2015-09-24 14:00:00 GMT-0700",
        "Sept 24 2015 14:00:00 GMT-0700",
        "Thu Sep 24 2015 14:00:00 GMT-0700 (Pacific Daylight Time)",
        "2015-09-24T14:00:00-07:00",
        "2015-09-24T21:00:00Z",
        "2015-09-24T21:00:00.000+00:00",
        "2015-09-24 21:00:00",
        "Thu, 24 Sep 2015 21:00:00 GMT",
    ],
)
def test_all_spellings_of_one_instant(text: str) -> None:
    assert parse_time(text) == datetime(2015, 9, 24, 21, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "2015-13-01 00:00", "2015-09-24 25:00", "7"])
def test_parse_time_raises_for_a_text_that_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("9:00AM", 32400), ("21:45", 78300), ("9:45:30", 35130), ("12:00 am", 0), ("12:30PM", 45000)],
)
def test_parse_time_of_day_returns_seconds(text: str, seconds: int) -> None:
    assert parse_time_of_day(text) == seconds


@pytest.mark.asyncio
async def test_a_scheduled_message_waits_for_its_time(backend: Backend) -> None:
    player = await backend.player()
    answer = await backend.send(include_player_ids=[player], send_after=iso(NOW + HOUR))
    assert answer.body["recipients"] == 1
    shown = await backend.notification(answer)
    assert (shown["completed_at"], shown["canceled"]) == (None, False)
    assert (shown["successful"], shown["remaining"]) == (0, 1)
    assert shown["send_after"] == NOW + HOUR
    await backend.stub.advance(HOUR - 1)
    assert backend.reached(answer) == []
    await backend.stub.advance(1)
    assert backend.reached(answer) == [player]
    shown = await backend.notification(answer)
    assert shown["completed_at"] == NOW + HOUR
    assert (shown["successful"], shown["remaining"]) == (1, 0)


@pytest.mark.asyncio
async def test_the_schedule_keeps_itself_when_nobody_asks(
    stub: OneSignalStub, clock: Clock
) -> None:
    body = {
        "contents": {"en": "later"},
        "include_email_tokens": [],
        "included_segments": ["All"],
        "send_after": iso(NOW + HOUR),
    }
    stub._running.players.create(stub.app_id, {"device_type": 1, "identifier": "t"})
    await run_steps(stub._running.store, stub._running.notifications.create(stub.app_id, body))
    clock.advance(HOUR)
    push = await stub.wait_for_push(contains="later")
    assert push.time == NOW + HOUR


@pytest.mark.asyncio
async def test_a_segment_is_evaluated_when_sending(backend: Backend) -> None:
    leaves = await backend.player(tags={"vip": "1"})
    joins = await backend.player()
    app = backend.stub.app_id
    vip = [{"field": "tag", "key": "vip", "relation": "exists"}]
    await backend.ok("POST", f"/apps/{app}/segments", {"name": "VIP", "filters": vip})
    answer = await backend.send(included_segments=["VIP"], send_after=iso(NOW + HOUR))
    assert answer.body["recipients"] == 1
    await backend.ok("PUT", f"/players/{leaves}", {"app_id": app, "tags": {"vip": ""}})
    await backend.ok("PUT", f"/players/{joins}", {"app_id": app, "tags": {"vip": "1"}})
    await backend.stub.advance(HOUR)
    assert backend.reached(answer) == [joins]


@pytest.mark.asyncio
async def test_a_scheduled_message_to_a_segment_may_find_its_members_later(
    backend: Backend,
) -> None:
    answer = await backend.send(included_segments=["All"], send_after=iso(NOW + HOUR))
    assert answer.body["id"]
    assert answer.body["recipients"] == 0
    player = await backend.player()
    await backend.stub.advance(HOUR)
    assert backend.reached(answer) == [player]


@pytest.mark.asyncio
async def test_who_unsubscribes_meanwhile_does_not_receive(backend: Backend) -> None:
    stays, leaves = await backend.player(), await backend.player()
    answer = await backend.send(include_player_ids=[stays, leaves], send_after=iso(NOW + HOUR))
    assert answer.body["recipients"] == 2
    body = {"app_id": backend.stub.app_id, "notification_types": -2}
    await backend.ok("PUT", f"/players/{leaves}", body)
    await backend.stub.advance(HOUR)
    assert backend.reached(answer) == [stays]
    shown = await backend.notification(answer)
    assert (shown["successful"], shown["failed"]) == (1, 1)


@pytest.mark.asyncio
async def test_a_time_that_has_passed_is_refused(backend: Backend) -> None:
    player = await backend.player()
    answer = await backend.send(include_player_ids=[player], send_after=iso(NOW - 1))
    assert answer.body == {"errors": ["Schedule Notifications may not be scheduled in the past."]}
    assert answer.status == 400
    answer = await backend.send(include_player_ids=[player], send_after=iso(NOW))
    assert backend.reached(answer) == [player]


@pytest.mark.asyncio
async def test_cancelling_a_scheduled_notification_sends_nothing(backend: Backend) -> None:
    app = backend.stub.app_id
    player = await backend.player()
    answer = await backend.send(include_player_ids=[player], send_after=iso(NOW + HOUR))
    path = f"/notifications/{answer.body['id']}"
    assert await backend.ok("DELETE", path, app_id=app) == {"success": True}
    await backend.stub.advance(DAY)
    assert backend.reached(answer) == []
    shown = await backend.notification(answer)
    assert (shown["canceled"], shown["successful"], shown["remaining"]) == (True, 0, 0)
    sent = await backend.send(include_player_ids=[player])
    late = await backend("DELETE", f"/notifications/{sent.body['id']}", app_id=app)
    assert late.status == 400
    assert late.body == {"errors": ["Notification has already been sent to all recipients"]}


@pytest.mark.asyncio
async def test_each_device_in_its_own_timezone(backend: Backend) -> None:
    zones = {"berlin": 3600, "utc": 0, "new york": -5 * 3600}
    players = {name: await backend.player(timezone=offset) for name, offset in zones.items()}
    nine = MIDNIGHT + DAY + 9 * HOUR
    answer = await backend.send(
        include_player_ids=list(players.values()),
        send_after=iso(MIDNIGHT + DAY),
        delayed_option="timezone",
        delivery_time_of_day="9:00AM",
    )
    await backend.stub.advance(2 * DAY)
    times = {push.player_id: push.time for push in backend.stub.pushes}
    assert times == {
        players["berlin"]: nine - HOUR,
        players["utc"]: nine,
        players["new york"]: nine + 5 * HOUR,
    }
    shown = await backend.notification(answer)
    assert (shown["successful"], shown["completed_at"]) == (3, nine + 5 * HOUR)
    assert shown["delayed_option"] == "timezone"


@pytest.mark.asyncio
async def test_a_users_timezone_has_a_name(backend: Backend) -> None:
    app = backend.stub.app_id
    user = {
        "identity": {"external_id": "u"},
        "properties": {"timezone_id": "Asia/Tokyo"},
        "subscriptions": [{"type": "iOSPush", "token": "t"}],
    }
    await backend.ok("POST", f"/apps/{app}/users", user)
    await backend.send(
        included_segments=["All"], delayed_option="timezone", delivery_time_of_day="9:00"
    )
    await backend.stub.advance(DAY)
    (push,) = backend.stub.pushes
    assert push.time % DAY == 0


@pytest.mark.asyncio
async def test_each_device_at_the_hour_when_it_was_last_active(backend: Backend) -> None:
    early = await backend.player(last_active=int(MIDNIGHT) + 3600)
    late = await backend.player(last_active=int(MIDNIGHT) - 3600)
    answer = await backend.send(included_segments=["All"], delayed_option="last-active")
    shown = await backend.notification(answer)
    assert (shown["successful"], shown["remaining"], shown["completed_at"]) == (0, 2, None)
    await backend.stub.advance(DAY)
    times = {push.player_id: push.time % DAY for push in backend.stub.pushes}
    assert times == {early: HOUR, late: 23 * HOUR}


@pytest.mark.asyncio
async def test_cancelling_stops_those_who_still_wait(backend: Backend) -> None:
    first = await backend.player(timezone=int(NOW % DAY * -1))
    await backend.player(timezone=int(NOW % DAY * -1) - 3600)
    answer = await backend.send(
        included_segments=["All"], delayed_option="timezone", delivery_time_of_day="0:00"
    )
    assert backend.reached(answer) == [first]
    path = f"/notifications/{answer.body['id']}"
    await backend.ok("DELETE", path, app_id=backend.stub.app_id)
    await backend.stub.advance(2 * DAY)
    assert backend.reached(answer) == [first]
    assert (await backend.notification(answer))["canceled"] is True


@pytest.mark.asyncio
async def test_a_restored_snapshot_has_its_schedule(backend: Backend) -> None:
    player = await backend.player()
    answer = await backend.send(include_player_ids=[player], send_after=iso(NOW + HOUR))
    image = await backend.stub.snapshot()
    await backend.stub.reset()
    await backend.stub.restore(image)
    await backend.stub.advance(HOUR)
    assert backend.reached(answer) == [player]


@pytest.mark.asyncio
async def test_a_file_keeps_everything(tmp_path: Path) -> None:
    data = tmp_path / "stub.db"
    clock = Clock(stopped_at=NOW)
    body: dict[str, Any] = {"contents": {"en": "kept"}, "include_ios_tokens": ["t"]}
    later = body | {"send_after": iso(NOW + HOUR), "contents": {"en": "due"}}
    async with OneSignalStub(data=data, clock=clock) as stub:
        for each in (body, later):
            creating = stub._running.notifications.create(stub.app_id, each)
            await run_steps(stub._running.store, creating)
    clock.advance(HOUR)
    async with OneSignalStub(data=data, clock=clock, rest_key="another") as stub:
        assert [push.contents for push in stub.pushes] == ["kept", "due"]


@pytest.mark.asyncio
async def test_wait_for_push_finds_pushes_after_reset_and_restore(backend: Backend) -> None:
    stub = backend.stub
    empty = await stub.snapshot()
    for replace in (stub.reset, partial(stub.restore, empty)):
        await stub.reset()
        for _ in range(3):
            player = await backend.player()
            await backend.send(include_player_ids=[player])
        waiting = asyncio.create_task(stub.wait_for_push(contains="again"))
        await asyncio.sleep(0)
        await replace()
        player = await backend.player()
        await backend.send(include_player_ids=[player], contents={"en": "again"})
        assert (await waiting).player_id == player
