"""Apps, their keys, and who is let in with which key."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from onesignal_stub import OneSignalStub

from .conftest import Backend

pytestmark = pytest.mark.asyncio

DENIED = {
    "errors": [
        (
            "Access denied.  Please include an 'Authorization: ...' header with a valid API key"
            " (https://documentation.onesignal.com/docs/en/keys-and-ids#api-keys)."
        )
    ]
}
KEY_MISSING = {
    "errors": [
        {
            "code": "auth-1",
            "title": "This operation requires 'Authorization' in the HTTP header",
        }
    ]
}


async def account(backend: Backend, method: str, path: str, body: Any = None) -> Any:
    return await backend(method, path, body, key=backend.stub.user_key)


async def test_create_app_returns_an_app_with_its_own_data(backend: Backend) -> None:
    answer = await account(
        backend,
        "POST",
        "/apps",
        {"name": "Game", "gcm_key": "g", "apns_p12_password": "secret", "unknown": 1},
    )
    app = answer.body
    assert (app["name"], app["gcm_key"], app["players"]) == ("Game", "g", 0)
    assert "apns_p12_password" not in app
    assert "apns_key_id" not in app  # Python SDK 1.x takes no null there
    assert "unknown" not in app
    assert app["created_at"] == app["updated_at"] == "2023-11-14T22:13:20.000Z"
    body = {"app_id": app["id"], "device_type": 1, "identifier": "t"}
    await backend.ok("POST", "/players", body, key=app["basic_auth_key"])
    await backend.ok("POST", "/players", {**body, "identifier": None}, key=app["basic_auth_key"])
    shown = (await account(backend, "GET", f"/apps/{app['id'].upper()}")).body
    assert (shown["players"], shown["messageable_players"]) == (2, 1)
    assert shown["basic_auth_key"] is None
    await backend.stub.advance(60)
    changed = (await account(backend, "PUT", f"/apps/{app['id']}", {"chrome_key": "c"})).body
    assert (changed["name"], changed["gcm_key"], changed["chrome_key"]) == ("Game", "g", "c")
    assert changed["updated_at"] > changed["created_at"]
    listed = (await account(backend, "GET", "/apps")).body
    assert [item["id"] for item in listed] == [backend.stub.app_id, app["id"]]
    assert [item["basic_auth_key"] for item in listed] == [None, None]


async def test_create_app_with_a_bad_name_is_refused(backend: Backend) -> None:
    for body in ({}, {"name": " "}, {"name": 7}):
        answer = await account(backend, "POST", "/apps", body)
        assert (answer.status, answer.body) == (400, {"errors": ["Name Enter an app name"]})
    assert (await account(backend, "POST", "/apps", {"name": "n" * 129})).status == 400
    answer = await account(backend, "GET", "/apps/a")
    assert (answer.status, answer.body) == (404, {"errors": "Couldn't find app with id = a"})
    answer = await account(backend, "PUT", "/apps/a", {"name": "n"})
    assert (answer.status, answer.body) == (404, {"status": 404, "error": "Not Resolved"})
    assert len((await account(backend, "GET", "/apps")).body) == 1


async def test_secrets_of_apps_stay_out_of_the_journal(backend: Backend) -> None:
    await account(backend, "POST", "/apps", {"name": "n", "gcm_key": "very secret"})
    (entry,) = backend.stub.journal.find("POST /apps")
    assert entry.body == ""
    assert backend.stub.user_key not in repr(entry)


@pytest.mark.parametrize(
    "scheme", ["Basic {}", "Bearer {}", "Key {}", "key {}", "basic  {}", 'Bearer token="{}"']
)
async def test_every_way_to_send_a_key(scheme: str, backend: Backend) -> None:
    headers = {"Authorization": scheme.format(backend.stub.rest_key)}
    answer = await backend("GET", "/players", app_id=backend.stub.app_id, key=None, headers=headers)
    assert answer.status == 200


@pytest.mark.parametrize("header", ["", "someapikey", "Token someapikey", "Basic", "Key other"])
async def test_a_wrong_key_is_refused_on_every_route(header: str, backend: Backend) -> None:
    app = backend.stub.app_id
    headers = {"Authorization": header}
    for method, path, body in (
        ("GET", "/players", None),
        ("POST", "/players", {"app_id": app, "device_type": 1}),
        ("POST", "/notifications", {"app_id": app, "include_player_ids": []}),
        ("GET", f"/apps/{app}/users/by/external_id/e", None),
        ("GET", "/apps", None),
    ):
        answer = await backend(method, path, body, key=None, headers=headers, app_id=app)
        assert (answer.status, answer.body) == (403, DENIED), path


async def test_a_key_opens_one_app_and_the_account_its_own_routes(backend: Backend) -> None:
    stub = backend.stub
    other = (await account(backend, "POST", "/apps", {"name": "Other"})).body
    answer = await backend("GET", "/players", app_id=stub.app_id, key=other["basic_auth_key"])
    assert (answer.status, answer.body) == (403, DENIED)
    answer = await backend("GET", "/players", app_id=stub.app_id, key=stub.user_key)
    assert answer.status == 403
    answer = await backend("GET", "/apps", key=stub.rest_key)
    assert answer.status == 403
    player = await backend.player()
    answer = await backend(
        "GET", f"/players/{player}", app_id=other["id"], key=other["basic_auth_key"]
    )
    assert answer.status == 404


OPEN: list[tuple[str, str, Any, int]] = [
    ("POST", "/players", {"device_type": 1}, 200),
    ("GET", "/players/{player}", None, 200),
    ("PUT", "/players/{player}", {}, 200),
    ("POST", "/players/{player}/on_session", {}, 200),
    ("PUT", "/apps/{app}/users/u", {"tags": {}}, 200),
    ("POST", "/notifications", {"contents": {"en": "x"}, "include_player_ids": ["{player}"]}, 200),
    ("POST", "/apps/{app}/users", {"identity": {"external_id": "new"}}, 201),
    ("PATCH", "/apps/{app}/subscriptions/{player}/owner", {"identity": {"external_id": "u"}}, 200),
    ("DELETE", "/apps/{app}/users/by/external_id/u/identity/external_id", None, 200),
    ("GET", "/apps/{app}/users/by/onesignal_id/{user}", None, 200),
    ("DELETE", "/apps/{app}/users/by/external_id/u", None, 200),
]
CLOSED: list[tuple[str, str, Any]] = [
    ("GET", "/players", None),
    ("DELETE", "/players/{player}", None),
    ("POST", "/notifications", {"contents": {"en": "x"}, "included_segments": ["All"]}),
    ("POST", "/notifications", {"include_player_ids": ["{player}"], "filters": [1]}),
    ("POST", "/notifications", {"include_subscription_ids": ["{player}"]}),
    ("GET", "/notifications", None),
    ("GET", "/apps", None),
    ("GET", "/apps/{app}/segments", None),
    ("GET", "/apps/{app}/outcomes", None),
    ("POST", "/players/csv_export", None),
]
USERS: list[tuple[str, str, Any]] = [
    ("GET", "/apps/{app}/users/by/external_id/u", None),
    ("PATCH", "/apps/{app}/users/by/external_id/u", {}),
    ("GET", "/apps/{app}/users/by/external_id/u/identity", None),
    ("POST", "/apps/{app}/users/by/external_id/u/subscriptions", {}),
    ("PATCH", "/apps/{app}/subscriptions/{player}", {}),
]


async def without_key(backend: Backend, method: str, path: str, body: Any) -> Any:
    app = backend.stub.app_id
    player = await backend.player(external_user_id="u")
    user = (await backend.ok("GET", f"/apps/{app}/users/by/external_id/u"))["identity"]
    path = path.format(app=app, player=player, user=user["onesignal_id"])
    if body is not None:
        ids = [value.format(player=player) for value in body.get("include_player_ids", [])]
        body = {"app_id": app, **body, **({"include_player_ids": ids} if ids else {})}
    return await backend(method, path, body, key=None, app_id=app)


@pytest.mark.parametrize(("method", "path", "body", "status"), OPEN)
async def test_routes_that_need_no_key(
    method: str, path: str, body: Any, status: int, backend: Backend
) -> None:
    answer = await without_key(backend, method, path, body)
    assert answer.status == status, answer


@pytest.mark.parametrize(("method", "path", "body"), CLOSED)
async def test_routes_that_need_a_key(method: str, path: str, body: Any, backend: Backend) -> None:
    answer = await without_key(backend, method, path, body)
    assert (answer.status, answer.body) == (403, DENIED)


@pytest.mark.parametrize(("method", "path", "body"), USERS)
async def test_users_routes_have_words_of_their_own(
    method: str, path: str, body: Any, backend: Backend
) -> None:
    answer = await without_key(backend, method, path, body)
    assert (answer.status, answer.body) == (401, KEY_MISSING)


async def test_one_player_may_cancel_without_a_key(backend: Backend) -> None:
    app = backend.stub.app_id
    players = [await backend.player() for _ in range(2)]
    later = {"send_after": "2100-01-01T00:00:00Z"}
    alone = await backend.send(include_player_ids=players[:1], **later)
    both = await backend.send(include_player_ids=players, **later)
    path = "/notifications/{}"
    answer = await backend("DELETE", path.format(alone.body["id"]), key=None, app_id=app)
    assert answer.body == {"success": True}
    answer = await backend("DELETE", path.format(both.body["id"]), key=None, app_id=app)
    assert (answer.status, answer.body) == (403, DENIED)


@pytest_asyncio.fixture
async def strict() -> AsyncIterator[Backend]:
    async with OneSignalStub(strict_keys=True) as stub, aiohttp.ClientSession() as http:
        yield Backend(stub, http)


@pytest.mark.parametrize(("method", "path", "body", "status"), OPEN)
async def test_strict_keys_open_nothing(
    method: str, path: str, body: Any, status: int, strict: Backend
) -> None:
    answer = await without_key(strict, method, path, body)
    assert (answer.status, answer.body) == (403, DENIED)


async def test_api_keys_are_created_listed_rotated_and_deleted(backend: Backend) -> None:
    app = backend.stub.app_id
    path = f"/apps/{app}/auth/tokens"
    created = (await account(backend, "POST", path, {"name": "second"})).body
    listed = (await account(backend, "GET", path)).body["tokens"]
    assert listed == [
        {
            "token_id": created["token_id"],
            "name": "second",
            "created_at": "2023-11-14T22:13:20.000Z",
            "updated_at": "2023-11-14T22:13:20.000Z",
            "ip_allowlist_mode": "disabled",
            "ip_allowlist": [],
        }
    ]
    one = f"{path}/{created['token_id']}"
    change = {"name": "k", "ip_allowlist_mode": "explicit", "ip_allowlist": ["10.0.0.0/8"]}
    assert (await account(backend, "PATCH", one, change)).body == {}
    assert (await account(backend, "GET", path)).body["tokens"][0]["name"] == "k"

    async def opens(key: str) -> bool:
        return (await backend("GET", "/players", app_id=app, key=key)).status == 200

    assert await opens(created["formatted_token"])
    rotated = (await account(backend, "POST", f"{one}/rotate")).body
    assert await opens(rotated["formatted_token"])
    assert not await opens(created["formatted_token"])
    assert (await account(backend, "DELETE", one)).body == {}
    assert not await opens(rotated["formatted_token"])
    for method, more in (("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")):
        assert (await account(backend, method, f"{one}{more}", {})).status == 404
    for body in ({}, {"name": "n", "ip_allowlist_mode": "maybe"}):
        assert (await account(backend, "POST", path, body)).status == 400


async def test_the_audit_log_lists_changes_of_apps(backend: Backend) -> None:
    app = (await account(backend, "POST", "/apps", {"name": "n"})).body["id"]
    await account(backend, "PUT", f"/apps/{app}", {"name": "m"})
    path = f"/organizations/{uuid.uuid4()}/audit_logs"

    async def actions(query: str = "") -> tuple[list[str], str | None]:
        page = (await account(backend, "GET", path + query)).body
        assert page["has_more"] == ("next_cursor" in page)
        assert all(log["targets"] == [{"type": "app", "id": app}] for log in page["audit_logs"])
        return [log["action"] for log in page["audit_logs"]], page.get("next_cursor")

    assert await actions() == (["app.created", "app.updated"], None)
    first, cursor = await actions("?limit=0")  # clamped to 1
    assert first == ["app.created"]
    assert await actions(f"?limit=1&cursor={cursor}") == (["app.updated"], None)
    assert await actions("?actions=app.updated&actions=x") == (["app.updated"], None)
    assert await actions(f"?target_ids={app}&app_ids={uuid.uuid4()}") == ([], None)
    assert await actions("?start_time=2023-11-14T23:00:00Z") == ([], None)
    assert (await actions("?start_time=2023-11-14T00:00:00Z&end_time=2023-11-15"))[0] == [
        "app.created",
        "app.updated",
    ]
    for bad in ("?limit=x", "?cursor=x", "?start_time=x"):
        assert (await account(backend, "GET", path + bad)).status == 400
