"""POST /notifications: who receives a message, and what the answer says of the others."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from .conftest import NOW, Backend

pytestmark = pytest.mark.asyncio

NOBODY = {"id": "", "recipients": 0, "errors": ["All included players are not subscribed"]}


async def test_segments_with_an_excluded_one(backend: Backend) -> None:
    stub = backend.stub
    kept = await backend.player(language="de")
    await backend.player(tags={"banned": "1"})
    await backend.ok(
        "POST",
        f"/apps/{stub.app_id}/segments",
        {
            "name": "Banned",
            "filters": [{"field": "tag", "key": "banned", "relation": "exists"}],
        },
    )
    answer = await backend.send(
        contents={"en": "English message", "de": "Deutsche Nachricht"},
        headings={"en": "English title"},
        included_segments=["All"],
        excluded_segments=["Banned"],
        filters=None,
        include_player_ids=None,
    )
    assert answer.body["recipients"] == 1
    (push,) = stub.pushes
    assert (push.player_id, push.language) == (kept, "de")
    assert (push.contents, push.heading) == ("Deutsche Nachricht", None)


async def test_filters_reach_the_devices_that_match_all_of_them(backend: Backend) -> None:
    reached = await backend.player(tags={"level": 11}, amount_spent=1)
    await backend.player(tags={"level": 9}, amount_spent=1)
    await backend.player(tags={"level": 11})
    answer = await backend.send(
        filters=[
            {"field": "tag", "key": "level", "relation": ">", "value": "10"},
            {"field": "amount_spent", "relation": ">", "value": "0"},
        ]
    )
    assert backend.reached(answer) == [reached]


async def test_the_first_session_is_the_oldest_record(backend: Backend) -> None:
    old = await backend.player(created_at=int(NOW) - 100 * 3600)
    await backend.player()
    answer = await backend.send(
        filters=[{"field": "first_session", "relation": ">", "hours_ago": "99"}]
    )
    assert backend.reached(answer) == [old]


async def test_a_player_id_reaches_that_player_once(backend: Backend) -> None:
    player = await backend.player()
    answer = await backend.send(include_player_ids=[player, player.upper(), player])
    assert answer.body == {"id": answer.body["id"], "recipients": 1, "external_id": None}
    assert backend.reached(answer) == [player]
    answer = await backend.send(include_subscription_ids=[player])
    assert backend.reached(answer) == [player]


async def test_unsubscribed_players_are_reported_and_unknown_ones_are_not(backend: Backend) -> None:
    player = await backend.player()
    silent = await backend.player(notification_types=-2)
    answer = await backend.send(include_player_ids=[player, silent, str(uuid.uuid4())])
    assert answer.body["recipients"] == 1
    assert answer.body["errors"] == {"invalid_player_ids": [silent]}
    assert (await backend.send(include_player_ids=[silent])).body == NOBODY
    assert (await backend.send(include_player_ids=[str(uuid.uuid4())])).body == NOBODY


async def test_a_send_that_reaches_nobody_is_200_and_creates_no_notification(
    backend: Backend,
) -> None:
    await backend.player()
    for target in (
        {"included_segments": ["all"]},
        {"included_segments": ["All Users"]},
        {"filters": [{"field": "tag", "key": "no", "relation": "exists"}]},
        {"include_external_user_ids": ["nobody"]},
    ):
        answer = await backend.send(**target)
        assert (answer.status, answer.body) == (200, NOBODY)
    listed = await backend.ok("GET", "/notifications", app_id=backend.stub.app_id)
    assert (listed["total_count"], listed["notifications"]) == (0, [])
    assert backend.stub.pushes == []
    ignored = [entry.ignored for entry in backend.stub.journal.find("POST /notifications")]
    assert ignored[0] == ("body: segment 'all' does not exist",)


async def test_invalid_external_user_ids_are_listed_once_for_each_unsubscribed_device(
    backend: Backend,
) -> None:
    player = await backend.player(external_user_id="37")
    for _ in range(2):
        await backend.player(external_user_id="37", notification_types=-2)
    answer = await backend.send(include_external_user_ids=["37", "37"])
    assert answer.body["errors"] == {"invalid_external_user_ids": ["37", "37"]}
    assert backend.reached(answer) == [player]


async def test_invalid_aliases_are_reported_by_label(backend: Backend) -> None:
    app = backend.stub.app_id
    user = {
        "identity": {"external_id": "u1", "crm": "7"},
        "subscriptions": [
            {"type": "iOSPush", "token": "a"},
            {"type": "AndroidPush", "token": "b", "enabled": False},
            {"type": "Email", "token": "a@b.co", "enabled": False},
        ],
    }
    created = await backend.ok("POST", f"/apps/{app}/users", user)
    target: dict[str, Any] = {"include_aliases": {"crm": ["7"]}, "target_channel": "push"}
    answer = await backend.send(**target)
    assert backend.reached(answer) == [created["subscriptions"][0]["id"]]
    assert answer.body["errors"] == {"invalid_aliases": {"crm": ["7"]}}
    path = f"/apps/{app}/subscriptions/{created['subscriptions'][0]['id']}"
    await backend.ok("PATCH", path, {"subscription": {"enabled": False}})
    answer = await backend.send(**target)
    assert answer.body == {
        "id": "",
        "recipients": 0,
        "errors": {"invalid_aliases": {"crm": ["7", "7"]}},
    }
    onesignal_id = created["identity"]["onesignal_id"]
    await backend.ok("PATCH", path, {"subscription": {"enabled": True}})
    by_id = {"include_aliases": {"onesignal_id": [onesignal_id]}, "target_channel": "push"}
    assert (await backend.send(**by_id)).body["recipients"] == 1
    two = await backend.ok("POST", "/apps", {"name": "Two"}, key=backend.stub.user_key)
    body = {"app_id": two["id"], "contents": {"en": "hello"}, **by_id}
    stranger = await backend("POST", "/notifications", body, key=two["basic_auth_key"])
    assert stranger.body["id"] == ""


async def test_of_two_targetings_segments_win(backend: Backend) -> None:
    first = await backend.player()
    second = await backend.player(external_user_id="u")
    answer = await backend.send(
        included_segments=["All"], include_aliases={"external_id": ["u"]}, target_channel="push"
    )
    assert backend.reached(answer) == [first, second]
    answer = await backend.send(
        filters=[{"field": "session_count", "relation": ">", "value": "0"}],
        include_player_ids=[second],
    )
    assert backend.reached(answer) == [first, second]


async def test_platform_flags_choose_devices_but_not_for_named_players(backend: Backend) -> None:
    phone = await backend.player(device_type=0)
    browser = await backend.player(device_type=8)
    await backend.player(device_type=1)
    answer = await backend.send(included_segments=["All"], isIos=True, isFirefox=True)
    assert backend.reached(answer) == [phone, browser]
    shown = await backend.notification(answer)
    assert (shown["isIos"], shown["isFirefox"], shown["isAndroid"]) == (True, True, False)
    answer = await backend.send(included_segments=["All"], isAnyWeb=True, isIos=False)
    assert backend.reached(answer) == [browser]
    answer = await backend.send(include_player_ids=[browser], isIos=True)
    assert backend.reached(answer) == [browser]


async def test_a_notification_reaches_the_devices_of_its_channel_only(backend: Backend) -> None:
    phone = await backend.player(external_user_id="u")
    email = await backend.player(
        device_type=11, identifier="a@b.co", external_user_id="u", notification_types=-99
    )
    sms = await backend.player(device_type=14, identifier="+15550001", external_user_id="u")
    assert backend.reached(await backend.send(include_external_user_ids=["u"])) == [phone]
    mail = {"contents": None, "email_subject": "Subject", "email_body": "<b>Body</b>"}
    answer = await backend.send(
        include_external_user_ids=["u"], channel_for_external_user_ids="email", **mail
    )
    (push,) = backend.stub.find_pushes(notification_id=answer.body["id"])
    assert (push.player_id, push.channel) == (email, "email")
    assert (push.heading, push.contents, push.language) == ("Subject", "<b>Body</b>", None)
    answer = await backend.send(included_segments=["All"], isEmail=True, **mail)
    assert backend.reached(answer) == [email]
    answer = await backend.send(
        include_aliases={"external_id": ["u"]}, target_channel="sms", name="sms"
    )
    assert backend.reached(answer) == [sms]
    answer = await backend.send(filters=[{"field": "email", "value": "A@B.co"}])
    assert backend.reached(answer) == [phone]


async def test_tokens_addresses_and_numbers_register_who_is_unknown(backend: Backend) -> None:
    known = await backend.player(device_type=0, identifier="ios token")
    answer = await backend.send(include_ios_tokens=["ios token", "new token"])
    assert answer.body["recipients"] == 2
    assert backend.reached(answer)[0] == known
    answer = await backend.send(include_phone_numbers=["+15550001"], name="n")
    assert backend.stub.pushes[-1].channel == "sms"
    silent = backend.stub.pushes[-1].player_id
    await backend.ok(
        "PUT",
        f"/players/{silent}",
        {"app_id": backend.stub.app_id, "notification_types": -2},
    )
    answer = await backend.send(include_phone_numbers=["+15550001", "+15550002"])
    assert answer.body["errors"] == {"invalid_phone_numbers": ["+15550001"]}


async def test_a_refused_request_registers_nobody(backend: Backend) -> None:
    answer = await backend.send(include_ios_tokens=["new"], contents={})
    assert answer.status == 400
    listed = await backend.ok("GET", "/players", app_id=backend.stub.app_id)
    assert listed["total_count"] == 0


@pytest.mark.parametrize(
    ("targeting", "ignored"),
    [
        (
            {"filters": [{"field": "tag", "key": "a", "relation": "exists"}]},
            ("body: filters",),
        ),
        (
            {"include_aliases": {"external_id": ["u"]}, "target_channel": "push"},
            ("body: include_aliases",),
        ),
        ({"include_player_ids": [], "excluded_segments": ["None"]}, ()),
    ],
)
async def test_create_notification_notes_the_audience_that_segments_win_over(
    targeting: dict[str, Any], ignored: tuple[str, ...], backend: Backend
) -> None:
    player = await backend.player()
    answer = await backend.send(included_segments=["All"], **targeting)
    assert backend.reached(answer) == [player]
    (entry,) = backend.stub.journal.find("POST /notifications")
    assert tuple(each for each in entry.ignored if "segment '" not in each) == ignored


async def test_create_notification_notes_the_ids_that_filters_win_over(backend: Backend) -> None:
    player = await backend.player()
    filters = [{"field": "session_count", "relation": ">", "value": "0"}]
    answer = await backend.send(filters=filters, include_player_ids=[str(uuid.uuid4())])
    assert backend.reached(answer) == [player]
    (entry,) = backend.stub.journal.find("POST /notifications")
    assert entry.ignored == ("body: include_player_ids",)


# The search for placeholders once took the text's length squared: minutes for these.
