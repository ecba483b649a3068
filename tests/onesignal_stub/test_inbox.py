"""What the inbox shows, as JSON: messages, their audience, the lists, and live events."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from onesignal_stub.inbox.search import STATUSES

from .conftest import DAY, NOW, Backend


async def listed(backend: Backend, **query: Any) -> list[Any]:
    found = await backend.ok("GET", "/_control/inbox", **query)
    messages: list[Any] = found["messages"]
    return messages


async def newest(backend: Backend) -> Any:
    """The newest message with everything about it."""
    number = (await listed(backend, limit=1))[0]["number"]
    return await backend.ok("GET", f"/_control/inbox/{number}")


async def devices(backend: Backend, number: int, **query: Any) -> Any:
    return await backend.ok("GET", f"/_control/inbox/{number}/devices", **query)


@pytest.mark.asyncio
async def test_a_message_counts_who_got_it_and_who_was_left_out(backend: Backend) -> None:
    phone = await backend.player(external_user_id="ada", device_type=0)
    await backend.player(external_user_id="bo", device_type=1)
    await backend.player(external_user_id="cy", notification_types=-2, device_type=0)
    await backend.player(external_user_id="di", identifier=None, device_type=0)
    sent = await backend.send(included_segments=["All"], isIos=True)
    (message,) = await listed(backend)
    assert message["notification_id"] == sent.body["id"]
    assert (message["status"], message["reached"], message["left_out"]) == ("sent", 1, 3)
    assert message["why"] == {"another platform": 1, "not subscribed": 2}
    assert message["platforms"] == ["ios"]
    found = await devices(backend, message["number"])
    assert [each["subscription_id"] for each in found["reached"]] == [phone]
    reasons = {each["external_id"]: each["reason"] for each in found["left_out"]}
    assert reasons == {
        "bo": "another platform",
        "cy": "not subscribed: opted out (notification_types -2)",
        "di": "not subscribed: no push token",
    }


@pytest.mark.asyncio
async def test_a_message_that_reaches_nobody_is_listed_with_the_reason(backend: Backend) -> None:
    await backend.player(external_user_id="ada", notification_types=-2)
    answer = await backend.send(include_external_user_ids=["ada", "nobody"], sent_by="me")
    assert answer.body["id"] == ""
    message = await newest(backend)
    assert (message["status"], message["notification_id"]) == ("nobody", None)
    assert message["why"] == {"not subscribed": 1, "no device of that name": 1}
    assert message["audience"]["unknown"] == {"include_external_user_ids": ["nobody"]}
    assert message["ignored"] == ["body: sent_by"]
    assert message["request"]["sent_by"] == "me"
    listing = await backend.ok("GET", "/notifications", app_id=backend.stub.app_id)
    assert listing["total_count"] == 0


@pytest.mark.asyncio
async def test_a_refused_request_is_no_message(backend: Backend) -> None:
    assert (await backend.send(included_segments=["All"], ttl=-1)).status == 400
    assert await listed(backend) == []


@pytest.mark.parametrize(
    ("targeting", "expected"),
    [
        (
            {"included_segments": ["High level", "All"], "excluded_segments": ["Rude"]},
            {"ada": "High level", "bo": "All"},
        ),
        (
            {
                "filters": [
                    {"field": "tag", "key": "level", "relation": ">", "value": "10"},
                    {"field": "tag", "key": "clan", "relation": "=", "value": "Owls"},
                    {"operator": "OR"},
                    {"field": "tag", "key": "level", "relation": "<", "value": "10"},
                ]
            },
            {
                "ada": "tag level > 10 and tag clan = Owls",
                "bo": "tag level < 10",
                "cy": "tag level < 10",
            },
        ),
        (
            {
                "include_external_user_ids": ["ada", "bo"],
                "include_aliases": {"external_id": ["cy"]},
                "target_channel": "push",
            },
            {
                "ada": "include_external_user_ids",
                "bo": "include_external_user_ids",
                "cy": "include_aliases: external_id",
            },
        ),
    ],
)
@pytest.mark.asyncio
async def test_each_device_says_what_included_it(
    targeting: dict[str, Any], expected: dict[str, str], backend: Backend
) -> None:
    for name, tags in (
        ("ada", {"level": 30, "clan": "Owls"}),
        ("bo", {"level": 2}),
        ("cy", {"level": 3, "rude": "yes"}),
    ):
        await backend.player(external_user_id=name, tags=tags)
    path = f"/apps/{backend.stub.app_id}/segments"
    high = [{"field": "tag", "key": "level", "relation": ">", "value": "10"}]
    await backend.ok("POST", path, {"name": "High level", "filters": high})
    rude = [{"field": "tag", "key": "rude", "relation": "exists"}]
    await backend.ok("POST", path, {"name": "Rude", "filters": rude})
    await backend.send(**targeting)
    message = await newest(backend)
    found = await devices(backend, message["number"])
    assert {each["external_id"]: each["included_by"] for each in found["reached"]} == expected
    counted = {way["name"]: way["devices"] for way in message["audience"]["ways"]}
    for way in set(expected.values()):
        assert counted[way] == list(expected.values()).count(way)
    if "excluded_segments" in targeting:
        assert message["why"] == {"excluded by segment Rude": 1}


@pytest.mark.asyncio
async def test_a_scheduled_message_is_explained_again_when_it_is_sent(backend: Backend) -> None:
    await backend.send(included_segments=["All"], send_after="2023-11-15T00:00:00Z")
    assert (await newest(backend))["status"] == "scheduled"
    await backend.player(external_user_id="late")
    await backend.player(notification_types=-2)
    await backend.stub.advance(DAY)
    message = await newest(backend)
    assert (message["status"], message["reached"], message["left_out"]) == ("sent", 1, 1)


@pytest.mark.asyncio
async def test_a_cancelled_message_says_so(backend: Backend) -> None:
    sent = await backend.send(included_segments=["All"], send_after="2023-11-15T00:00:00Z")
    path = f"/notifications/{sent.body['id']}"
    await backend.ok("DELETE", path, app_id=backend.stub.app_id)
    assert [each["status"] for each in await listed(backend, status="canceled")] == ["canceled"]
    assert await listed(backend, status="scheduled") == []


@pytest.mark.asyncio
async def test_who_unsubscribes_before_a_delayed_message_is_left_out_of_it(
    backend: Backend,
) -> None:
    player = await backend.player(timezone=0)
    await backend.send(
        included_segments=["All"], delayed_option="timezone", delivery_time_of_day="9:00AM"
    )
    assert (await newest(backend))["status"] == "sending"
    body = {"app_id": backend.stub.app_id, "notification_types": -2}
    await backend.ok("PUT", f"/players/{player}", body)
    await backend.stub.advance(DAY)
    message = await newest(backend)
    assert (message["reached"], message["why"]) == (0, {"not subscribed": 1})


@pytest.mark.asyncio
async def test_a_search_looks_at_every_word_everywhere(backend: Backend) -> None:
    player = await backend.player(external_user_id="Ada_1", tags={"name": "Grace"})
    await backend.player(external_user_id="out", notification_types=-2)
    template = await backend.ok(
        "POST",
        "/templates",
        {"app_id": backend.stub.app_id, "name": "Daily", "contents": {"en": "gift"}},
    )
    await backend.send(template_id=template["id"], contents={}, included_segments=["All"])
    await backend.send(
        contents={"en": "Hi {{ name }}", "de": "Grüß Gott"}, include_player_ids=[player]
    )

    async def found(q: str) -> list[str]:
        return [each["text"] for each in await listed(backend, q=q)]

    personal = ["Hi {{ name }}"]
    assert await found("") == [*personal, "gift"]
    for q in ("grace", "GRÜSS", "hi ada_1", f"hi {player.upper()}", player[4:20] + " hi"):
        assert await found(q) == personal
    for q in ("daily", "gift stub", "out", template["id"]):
        assert await found(q) == ["gift"]
    for q in ("ada%1", "adax1", "gift nothing", "_", "\\"):
        assert len(await found(q)) == (2 if q == "_" else 0)


@pytest.mark.asyncio
async def test_pages_go_from_the_newest_to_the_oldest(backend: Backend) -> None:
    player = await backend.player(external_user_id="u")
    for number in range(5):
        await backend.send(include_player_ids=[player], contents={"en": f"n{number}"})
    for query in ({}, {"q": "u"}):
        texts, before = [], None
        while True:
            asked = {"limit": 2, **query, **({} if before is None else {"before": before})}
            page = await backend.ok("GET", "/_control/inbox", **asked)
            texts.append([each["text"] for each in page["messages"]])
            assert (page["total"], page["all"]) == (5, 5)
            before = page["next"]
            if before is None:
                break
        assert texts == [["n4", "n3"], ["n2", "n1"], ["n0"]]
    assert await listed(backend, user="nobody") == []


@pytest.mark.asyncio
async def test_a_messages_devices_come_in_pages_and_are_found(backend: Backend) -> None:
    players = [await backend.player(external_user_id=f"u{number}") for number in range(5)]
    await backend.send(included_segments=["All"])
    number = (await listed(backend))[0]["number"]
    seen, after = [], 0
    while after is not None:
        page = await devices(backend, number, limit=2, after=after)
        seen += [each["subscription_id"] for each in page["reached"]]
        after = page["next"]
    assert seen == players
    for find in ("u3", players[3].upper()):
        page = await devices(backend, number, find=find)
        assert [each["external_id"] for each in page["reached"]] == ["u3"]


@pytest.mark.asyncio
async def test_clearing_forgets_what_matches_and_nothing_newer(backend: Backend) -> None:
    player = await backend.player()
    for text in ("one", "two", "one more", "one again"):
        await backend.send(include_player_ids=[player], contents={"en": text})
    until = (await listed(backend))[1]["number"]
    cleared = await backend.ok("DELETE", "/_control/inbox", q="one", until=until)
    assert cleared == {"deleted": 2}
    assert [each["text"] for each in await listed(backend)] == ["one again", "two"]
    assert [push.contents for push in backend.stub.pushes] == ["two", "one again"]
    assert (await backend("GET", "/_control/inbox/1")).status == 404
    listing = await backend.ok("GET", "/notifications", app_id=backend.stub.app_id)
    assert listing["total_count"] == 4
    assert await backend.ok("DELETE", "/_control/inbox") == {"deleted": 2}
    assert await listed(backend) == []


@pytest.mark.asyncio
async def test_a_cleared_message_is_back_when_its_time_comes(backend: Backend) -> None:
    await backend.player()
    await backend.send(included_segments=["All"], send_after="2023-11-15T00:00:00Z")
    assert await backend.ok("DELETE", "/_control/inbox") == {"deleted": 1}
    await backend.stub.advance(DAY)
    assert [each["reached"] for each in await listed(backend)] == [1]


@pytest.mark.asyncio
async def test_lists_have_every_entry_of_an_app(backend: Backend) -> None:
    ada = await backend.player(
        external_user_id="ada", device_type=0, device_model="iPhone", tags={"level": 3}
    )
    await backend.player(external_user_id="bo", notification_types=-2)

    async def items(path: str, **query: Any) -> list[Any]:
        found = await backend.ok("GET", f"/_control/{path}", **query)
        assert found["total"] >= len(found["items"])
        listing: list[Any] = found["items"]
        return listing

    (phone,) = await items("devices", q="iph")
    assert (phone["id"], phone["platform"], phone["subscribed"]) == (ada, "ios", True)
    assert phone["tags"] == {"level": "3"}
    (refused,) = await items("devices", platform="android")
    assert refused["why_not"] == "opted out (notification_types -2)"
    (user,) = await items("users", q="ada")
    assert (user["aliases"], user["devices"]) == ({"external_id": "ada"}, 1)
    segments = await items("segments")
    everybody = next(each for each in segments if each["name"] == "Total Subscriptions")
    (counted,) = await items("segments", id=everybody["id"])
    assert counted["devices"] == 1
    (app,) = await items("apps")
    assert (app["id"], app["devices"], app["users"]) == (backend.stub.app_id, 2, 2)
    assert await items("templates") == []
    first = await backend.ok("GET", "/_control/devices", limit=1)
    assert (first["items"][0]["external_id"], first["next"]) == ("bo", 1)
    second = await backend.ok("GET", "/_control/devices", limit=1, offset=1)
    assert (second["items"][0]["external_id"], second["next"]) == ("ada", None)
    assert "basic_auth_key" not in json.dumps(await items("apps"))


@pytest.mark.parametrize(
    "path",
    [
        "/_control/inbox?platform=palm",
        "/_control/inbox?status=lost",
        "/_control/inbox?limit=-1",
        "/_control/inbox?before=x",
        "/_control/inbox/x",
        "/_control/inbox/99",
        "/_control/inbox/99999999999999999999",
        "/_control/inbox/99/devices",
        "/_control/devices?platform=palm",
        "/_control/devices?offset=-1",
    ],
)
@pytest.mark.asyncio
async def test_inbox_routes_with_bad_parameters_are_refused(path: str, backend: Backend) -> None:
    answer = await backend("GET", path)
    assert answer.status in (400, 404)
    assert answer.body["errors"]


@pytest.mark.asyncio
async def test_every_status_may_be_asked_for(backend: Backend) -> None:
    for status in STATUSES:
        assert await listed(backend, status=status) == []


@pytest.mark.asyncio
async def test_events_have_each_change_of_messages_and_pushes(backend: Backend) -> None:
    player = await backend.player(external_user_id="ada")
    url = f"{backend.stub.url}/_control/events"
    async with backend.http.get(url) as stream:
        await backend.send(include_player_ids=[player])
        push = backend.stub.pushes[0]
        path = f"/_control/pushes/{push.id}/open"
        await backend.ok("POST", path, {"action_id": "play"})
        later = {"included_segments": ["All"], "send_after": "2023-11-15T00:00:00Z"}
        sent = await backend.send(**later)
        cancel = f"/notifications/{sent.body['id']}"
        await backend.ok("DELETE", cancel, app_id=backend.stub.app_id)
        await backend.send(include_external_user_ids=["nobody"])
        await backend.ok("DELETE", "/_control/inbox")
        await backend.stub.reset()
        told = await until_reset(stream)
    message = {"number": 1, "notification_id": push.notification_id, "app_id": "someappid"}
    assert told[0] == ("notification", {**message, "change": "sent"})
    opened = {
        "id": push.id,
        "notification_id": push.notification_id,
        "player_id": player,
        "external_user_id": "ada",
    }
    assert told[1] == ("push", {**opened, "change": "received", "action_id": None})
    assert told[2] == ("push", {**opened, "change": "opened", "action_id": "play"})
    assert [data["change"] for _, data in told[3:6]] == ["scheduled", "canceled", "nobody"]
    assert told[6:] == [("cleared", {"deleted": 3}), ("reset", {})]
    assert backend.stub.clock.time() == NOW


async def until_reset(stream: aiohttp.ClientResponse) -> list[tuple[str, Any]]:
    """The events but those of requests, up to that of the reset."""
    told: list[tuple[str, Any]] = []
    while not told or told[-1][0] != "reset":
        lines = (await stream.content.readuntil(b"\n\n")).decode().strip().split("\n")
        fields = dict(line.split(": ", 1) for line in lines)
        if fields["event"] not in ("hello", "request"):
            told.append((fields["event"], json.loads(fields["data"])))
    return told
