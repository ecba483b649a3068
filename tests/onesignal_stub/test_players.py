"""Players: the devices of the old API, and that they are the subscriptions of the new one."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from server_kit import Fault

from .conftest import NOW, Backend

pytestmark = pytest.mark.asyncio


async def view(backend: Backend, player: str) -> Any:
    return await backend.ok("GET", f"/players/{player}", app_id=backend.stub.app_id)


async def edit(backend: Backend, player: str, **fields: Any) -> Any:
    body = {"app_id": backend.stub.app_id, **fields}
    return await backend.ok("PUT", f"/players/{player}", body)


async def test_a_player_with_every_field(backend: Backend) -> None:
    given = {
        "identifier": "token",
        "device_type": 0,
        "language": "de",
        "timezone": -28800,
        "game_version": "1.0",
        "device_model": "iPhone",
        "device_os": "17",
        "ad_id": "ad",
        "sdk": "5",
        "session_count": 600,
        "tags": {"a": "1"},
        "amount_spent": 100.99,
        "created_at": 1395096859,
        "playtime": 600,
        "badge_count": 1,
        "last_active": 1395096860,
        "test_type": 1,
        "notification_types": 1,
        "long": 1.5,
        "lat": -2.5,
        "country": "US",
        "external_user_id": "u",
    }
    player = await backend.player(**given)
    assert await view(backend, player) == {"id": player, "invalid_identifier": False, **given}


async def test_a_new_player_has_the_default_fields(backend: Backend) -> None:
    shown = await view(backend, await backend.player())
    assert (shown["session_count"], shown["playtime"], shown["badge_count"]) == (1, 0, 0)
    assert shown["created_at"] == shown["last_active"] == NOW
    assert isinstance(shown["created_at"], int)
    assert (shown["tags"], shown["external_user_id"]) == ({}, None)


async def test_numbers_may_come_as_text_and_lua_tables_as_lists(backend: Backend) -> None:
    player = await backend.player(device_type="0", timezone="-28800", tags=[])
    shown = await view(backend, player)
    assert (shown["device_type"], shown["timezone"], shown["tags"]) == (0, -28800, {})


async def test_one_identifier_is_one_player(backend: Backend) -> None:
    first = await backend.player(identifier="token", tags={"a": 1})
    again = await backend.player(identifier="token", tags={"b": 2})
    other = await backend.player(identifier="token", device_type=0)
    assert first == again != other
    assert (await view(backend, first))["tags"] == {"a": "1", "b": "2"}
    nameless = [await backend.player(identifier=None) for _ in range(2)]
    assert len(set(nameless)) == 2


async def test_tags_merge_and_an_empty_one_is_removed(backend: Backend) -> None:
    player = await backend.player(tags={"rank": "1", "category": "x", "kept": 1.5})
    tags = {"rank": "", "category": None, "class": True}
    assert await edit(backend, player, tags=tags) == {"success": True}
    assert (await view(backend, player))["tags"] == {"kept": "1.5", "class": "true"}
    await edit(backend, player, tags={"kept": "", "class": ""})
    assert (await view(backend, player))["tags"] == {}


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({str(n): n for n in range(101)}, "Please limit your tag updates to 100 per request"),
        ({"a": [1]}, "Tag a must be a string or a number"),
        ("a", "tags must be an object"),
    ],
)
async def test_edit_player_with_bad_tags_is_refused_and_changes_nothing(
    tags: Any, text: str, backend: Backend
) -> None:
    player = await backend.player(tags={"old": "1"})
    body = {"app_id": backend.stub.app_id, "tags": tags, "language": "fr"}
    answer = await backend("PUT", f"/players/{player}", body)
    assert answer.status == 400
    assert text in answer.body["errors"][0]
    shown = await view(backend, player)
    assert (shown["tags"], shown["language"]) == ({"old": "1"}, "")


@pytest.mark.parametrize("device_type", [None, 12, 99, "phone", 1.5])
async def test_an_unknown_device_type_is_refused(device_type: Any, backend: Backend) -> None:
    body = {"app_id": backend.stub.app_id, "identifier": "t", "device_type": device_type}
    answer = await backend("POST", "/players", body)
    assert answer.status == 400
    assert answer.body == {"errors": ["not a valid device_type"]}
    listed = await backend.ok("GET", "/players", app_id=backend.stub.app_id)
    assert listed["total_count"] == 0


async def test_the_words_for_a_missing_device_type_and_a_bad_identifier(backend: Backend) -> None:
    body = {"app_id": backend.stub.app_id, "identifier": "t"}
    answer = await backend("POST", "/players", body)
    assert answer.body == {"errors": ["not a valid device_type"]}
    bad = {"success": False, "errors": ['["Identifier invalid format."]']}
    for device_type, identifier in ((1, ""), (11, "nobody"), (14, "5550001"), (14, "+1 555 0001")):
        device = {**body, "device_type": device_type, "identifier": identifier}
        answer = await backend("POST", "/players", device)
        assert (answer.status, answer.body) == (400, bad)


async def test_unsubscribing_makes_a_player_unmessageable(backend: Backend) -> None:
    player = await backend.player()
    await edit(backend, player, notification_types=-2)
    shown = await view(backend, player)
    assert (shown["invalid_identifier"], shown["notification_types"]) == (True, -2)
    app = (await backend.ok("GET", "/apps", key=backend.stub.user_key))[0]
    assert (app["players"], app["messageable_players"]) == (1, 0)
    await edit(backend, player, notification_types=1)
    assert (await view(backend, player))["invalid_identifier"] is False


async def test_a_player_without_a_token_does_not_receive(backend: Backend) -> None:
    player = await backend.player(identifier=None)
    assert (await view(backend, player))["invalid_identifier"] is True
    assert (await backend.send(include_player_ids=[player])).body["id"] == ""


async def test_an_external_user_id_moves_a_player_to_its_user(backend: Backend) -> None:
    first = await backend.player(tags={"a": "1"})
    await edit(backend, first, external_user_id="u")
    shown = await view(backend, first)
    assert (shown["external_user_id"], shown["tags"]) == ("u", {"a": "1"})
    second = await backend.player(tags={"b": "1"})
    await edit(backend, second, external_user_id="u")
    assert (await view(backend, second))["tags"] == {"a": "1"}
    answer = await backend.send(include_external_user_ids=["u"])
    assert backend.reached(answer) == [first, second]
    await edit(backend, second, external_user_id="")
    assert (await view(backend, second))["external_user_id"] is None
    answer = await backend.send(include_external_user_ids=["u"])
    assert backend.reached(answer) == [first]
    await edit(backend, first, external_user_id="v")
    assert (await view(backend, first))["external_user_id"] == "v"


async def test_tags_by_external_user_id(backend: Backend) -> None:
    app = backend.stub.app_id
    players = [await backend.player(external_user_id="ext/1 é") for _ in range(2)]
    path = f"/apps/{app}/users/ext%2F1%20%C3%A9"
    assert await backend.ok("PUT", path, {"tags": {"t": 1}}) == {"success": True}
    for player in players:
        assert (await view(backend, player))["tags"] == {"t": "1"}
    answer = await backend("PUT", f"/apps/{app}/users/nobody", {"tags": {"t": 1}})
    assert answer.status == 404


async def test_the_list_is_in_the_order_of_registration(backend: Backend) -> None:
    players = [await backend.player() for _ in range(4)]
    app = backend.stub.app_id
    listed = await backend.ok("GET", "/players", app_id=app, limit="2", offset="1")
    assert (listed["total_count"], listed["limit"], listed["offset"]) == (4, 2, 1)
    assert [player["id"] for player in listed["players"]] == players[1:3]
    listed = await backend.ok("GET", "/players", app_id=app, limit=9999)
    assert (listed["limit"], len(listed["players"])) == (300, 4)


async def test_delete_player_succeeds_once(backend: Backend) -> None:
    player = await backend.player()
    await backend.send(include_player_ids=[player])
    path = f"/players/{player}"
    assert await backend.ok("DELETE", path, app_id=backend.stub.app_id) == {"success": True}
    answer = await backend("DELETE", path, app_id=backend.stub.app_id)
    assert (answer.status, answer.body) == (404, {"success": False})
    assert [push.player_id for push in backend.stub.find_pushes(player_id=player)] == [player]


async def test_unknown_players_are_not_found(backend: Backend) -> None:
    app = backend.stub.app_id
    path = f"/players/{uuid.uuid4()}"
    other = await backend.ok("POST", "/apps", {"name": "Two"}, key=backend.stub.user_key)
    device = {"app_id": other["id"], "device_type": 1}
    elsewhere = await backend.ok("POST", "/players", device, key=other["basic_auth_key"])
    missing = {"errors": ["No user with this id found"]}
    answers = [
        await backend("GET", path, app_id=app),
        await backend("PUT", path, {"app_id": app}),
        await backend("POST", f"{path}/on_focus", {"app_id": app, "active_time": 1}),
        await backend("POST", f"{path}/on_purchase", {"app_id": app, "purchases": []}),
        await backend("POST", "/players/p1/on_session", {"app_id": app, "device_type": 1}),
        await backend(
            "POST", f"/players/{elsewhere['id']}/on_session", {"app_id": app, "device_type": 1}
        ),
    ]
    assert [(answer.status, answer.body) for answer in answers] == [(404, missing)] * 6


async def test_a_session_counts_and_updates(backend: Backend) -> None:
    player = await backend.player()
    await backend.stub.advance(60)
    # Nakama's Lua module names no app.
    body = {"identifier": "t", "language": "fr", "tags": {"a": 1}, "sdk": "nakama-onesignal/0.1.0"}
    path = f"/players/{player}/on_session"
    assert await backend.ok("POST", path, body) == {"success": True}
    shown = await view(backend, player)
    assert (shown["session_count"], shown["last_active"]) == (2, NOW + 60)
    assert (shown["language"], shown["tags"], shown["sdk"]) == ("fr", {"a": "1"}, body["sdk"])


async def test_a_session_of_an_unknown_player_registers_it(backend: Backend) -> None:
    player = str(uuid.uuid4())
    body = {"app_id": backend.stub.app_id, "device_type": 1, "identifier": "t"}
    await backend.ok("POST", f"/players/{player}/on_session", body)
    assert (await view(backend, player))["identifier"] == "t"
    answer = await backend("POST", f"/players/{uuid.uuid4()}/on_session", {"identifier": "t"})
    assert answer.status == 400


async def test_purchases_and_focus_times_add_up_for_a_player(backend: Backend) -> None:
    app = backend.stub.app_id
    player = await backend.player()
    purchases = [{"sku": "S", "amount": "1.99", "iso": "USD"}]
    path = f"/players/{player}/on_purchase"
    await backend.ok("POST", path, {"app_id": app, "purchases": purchases})
    await backend.ok("POST", path, {"app_id": app, "purchases": purchases, "existing": True})
    focus = {"app_id": app, "state": "ping", "active_time": 60}
    await backend.ok("POST", f"/players/{player}/on_focus", focus)
    shown = await view(backend, player)
    assert (shown["amount_spent"], shown["playtime"]) == (1.99, 60)
    bought = [{"field": "bought_sku", "key": "S", "relation": ">", "value": "3"}]
    assert backend.reached(await backend.send(filters=bought)) == [player]
    found = await backend.ok(
        "GET",
        f"/apps/{app}/outcomes",
        outcome_names="os__session_duration.sum,os__session_duration.count",
    )
    assert [item["value"] for item in found["outcomes"]] == [60, 1]
    bad = {"app_id": app, "purchases": [{"amount": 1}]}
    assert (await backend("POST", path, bad)).status == 400


async def test_each_device_of_a_user_has_its_own_language(backend: Backend) -> None:
    app, stub = backend.stub.app_id, backend.stub
    german = await backend.player(external_user_id="u", language="de")
    english = await backend.player(language="en")
    await edit(backend, english, external_user_id="u")
    silent = await backend.player(external_user_id="u")
    contents = {"en": "hello", "de": "hallo", "fr": "salut"}

    async def languages() -> dict[str, str | None]:
        answer = await backend.send(include_external_user_ids=["u"], contents=contents)
        found = stub.find_pushes(notification_id=answer.body["id"])
        return {push.player_id: push.language for push in found}

    assert await languages() == {german: "de", english: "en", silent: "de"}
    assert (await view(backend, german))["language"] == "de"
    body = {"properties": {"language": "fr"}}
    await backend.ok("PATCH", f"/apps/{app}/users/by/external_id/u", body)
    assert await languages() == dict.fromkeys((german, english, silent), "fr")
    await edit(backend, english, language="en")
    assert await languages() == {german: "fr", english: "en", silent: "fr"}


async def test_a_player_is_a_subscription(backend: Backend) -> None:
    app = backend.stub.app_id
    player = await backend.player(external_user_id="u", language="de", tags={"a": "1"})
    user = await backend.ok("GET", f"/apps/{app}/users/by/external_id/u")
    assert user["subscriptions"][0]["id"] == player
    assert user["subscriptions"][0]["type"] == "AndroidPush"
    assert (user["properties"]["language"], user["properties"]["tags"]) == ("de", {"a": "1"})
    body = {"subscription": {"type": "iOSPush", "token": "new"}}
    created = await backend.ok("POST", f"/apps/{app}/users/by/external_id/u/subscriptions", body)
    shown = await view(backend, created["subscription"]["id"])
    assert (shown["identifier"], shown["external_user_id"]) == ("new", "u")


async def test_a_player_is_found_by_its_id_where_no_app_is_named(backend: Backend) -> None:
    player = await backend.player(tags={"level": "1"})
    assert await backend.ok("PUT", f"/players/{player}", {"tags": {"level": "2"}}) == {
        "success": True
    }
    assert (await backend.ok("GET", f"/players/{player}"))["tags"] == {"level": "2"}
    assert (await backend("GET", f"/players/{player}", key="wrong")).status == 403
    unknown = await backend("GET", f"/players/{uuid.uuid4()}")
    assert (unknown.status, unknown.body["errors"][0][:16]) == (400, "app_id not found")


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
async def test_a_slash_at_the_end_of_a_path_changes_nothing(prefix: str, backend: Backend) -> None:
    player = await backend.player()
    listed = await backend.ok("GET", f"{prefix}/players/", app_id=backend.stub.app_id)
    assert [each["id"] for each in listed["players"]] == [player]
    assert (await backend.ok("GET", f"{prefix}/players/{player}/"))["id"] == player
    assert not backend.stub.journal.problems()
    backend.stub.faults.add(Fault.status(503), "GET /players")
    answer = await backend("GET", f"{prefix}/players/", app_id=backend.stub.app_id)
    assert answer.status == 503


async def test_a_user_has_a_bounded_number_of_tags(backend: Backend) -> None:
    player = await backend.player()
    for block in range(10):
        tags = {f"tag {block} {number}": "x" for number in range(100)}
        await backend.ok("PUT", f"/players/{player}", {"tags": tags})
    answer = await backend("PUT", f"/players/{player}", {"tags": {"one more": "x"}})
    assert (answer.status, answer.body) == (
        400,
        {"errors": ["No apps are allowed to have more than 1000 tags on a given player"]},
    )
    assert len((await backend.ok("GET", f"/players/{player}"))["tags"]) == 1000
