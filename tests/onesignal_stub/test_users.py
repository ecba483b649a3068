"""Users, subscriptions and aliases: the user model."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from .conftest import NOW, Answer, Backend

pytestmark = pytest.mark.asyncio


class App:
    """The routes of one app's users."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.root = f"/apps/{backend.stub.app_id}"

    async def create(self, **body: Any) -> Answer:
        return await self._backend("POST", f"{self.root}/users", body)

    async def user(self, external_id: str, **body: Any) -> Any:
        answer = await self.create(identity={"external_id": external_id}, **body)
        assert answer.status == 201, answer
        return answer.body

    async def view(self, external_id: str) -> Any:
        path = f"{self.root}/users/by/external_id/{external_id}"
        return await self._backend.ok("GET", path)


@pytest.fixture
def app(backend: Backend) -> App:
    return App(backend)


async def test_create_user_stores_identity_properties_and_subscriptions(app: App) -> None:
    answer = await app.create(
        identity={"external_id": "e1", "crm": "7"},
        properties={"tags": {"a": 1}, "language": "en", "timezone_id": "Europe/Berlin"},
        subscriptions=[{"type": "iOSPush", "token": "t", "app_version": "1.0", "rooted": True}],
    )
    assert answer.status == 201
    user = answer.body
    assert list(user) == ["identity", "properties", "subscriptions"]
    onesignal_id = user["identity"]["onesignal_id"]
    assert user["identity"] == {"onesignal_id": onesignal_id, "external_id": "e1", "crm": "7"}
    assert user["properties"] == {
        "tags": {"a": "1"},
        "language": "en",
        "timezone_id": "Europe/Berlin",
        "first_active": NOW,
        "last_active": NOW,
        "amount_spent": 0.0,
    }
    (subscription,) = user["subscriptions"]
    assert subscription == {
        "id": subscription["id"],
        "app_id": "someappid",
        "type": "iOSPush",
        "token": "t",
        "enabled": True,
        "notification_types": 1,
        "session_time": 0,
        "session_count": 1,
        "sdk": "",
        "device_model": "",
        "device_os": "",
        "rooted": True,
        "test_type": 0,
        "app_version": "1.0",
        "net_type": 0,
        "carrier": "",
        "web_auth": "",
        "web_p256": "",
    }
    assert await app.view("e1") == user


async def test_a_known_alias_changes_that_user(app: App) -> None:
    first = await app.user("e1", properties={"tags": {"a": "1", "b": "1"}})
    answer = await app.create(
        identity={"external_id": "e1", "crm": "7"},
        properties={"tags": {"a": "", "c": "1"}},
        subscriptions=[{"type": "Email", "token": "a@b.co"}],
    )
    assert answer.status == 200
    assert answer.body["identity"]["onesignal_id"] == first["identity"]["onesignal_id"]
    assert answer.body["identity"]["crm"] == "7"
    assert answer.body["properties"]["tags"] == {"b": "1", "c": "1"}
    assert [item["type"] for item in answer.body["subscriptions"]] == ["Email"]


async def test_aliases_of_two_users_conflict_and_nothing_happens(app: App) -> None:
    await app.user("e1")
    await app.create(identity={"crm": "7"})
    answer = await app.create(
        identity={"external_id": "e1", "crm": "7"}, properties={"language": "fr"}
    )
    assert (answer.status, answer.body) == (
        409,
        {
            "errors": [
                {
                    "code": "user-2",
                    "title": "One or more Aliases claimed by another User",
                    "meta": {"crm": "7"},
                }
            ]
        },
    )
    assert "language" not in (await app.view("e1"))["properties"]


async def test_a_token_moves_with_the_user_that_has_it(app: App) -> None:
    token = {"type": "iOSPush", "token": "t"}
    first = await app.user("e1", subscriptions=[token])
    second = await app.user("e2", subscriptions=[token])
    assert second["subscriptions"][0]["id"] == first["subscriptions"][0]["id"]
    assert (await app.view("e1"))["subscriptions"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"subscriptions": [{"type": "email", "token": "a@b.co"}]},
        {"subscriptions": [{"type": "iOSPush"}]},
        {"subscriptions": [{"type": "Email", "token": "nobody"}]},
        {"subscriptions": [{"type": "SMS", "token": "5550001"}]},
        {"subscriptions": ["t"]},
        {"subscriptions": {"type": "iOSPush", "token": "t"}},
        {"identity": "e1"},
        {"identity": {"external_id": 7}},
        {"identity": {"external_id": ""}},
    ],
)
async def test_create_user_with_a_bad_body_is_refused_and_creates_nobody(
    body: dict[str, Any], app: App, backend: Backend
) -> None:
    answer = await app.create(**{"identity": {"external_id": "e1"}, **body})
    assert answer.status == 400
    assert set(answer.body["errors"][0]) >= {"code", "title"}
    assert (await backend("GET", f"{app.root}/users/by/external_id/e1")).status == 404


async def test_update_user_applies_properties_and_deltas(app: App, backend: Backend) -> None:
    await app.user("e1", subscriptions=[{"type": "iOSPush", "token": str(n)} for n in range(2)])
    first, second = (await app.view("e1"))["subscriptions"]
    path = f"{app.root}/users/by/external_id/e1"
    body: dict[str, Any] = {
        "properties": {"language": "fr", "country": "FR", "lat": 1.5},
        "deltas": {
            "session_count": 1,
            "session_time": 60,
            "purchases": [{"sku": "gem", "amount": "1.50", "iso": "USD", "count": 2}],
        },
    }
    answer = await backend("PATCH", path, body)
    assert answer.status == 202
    assert list(answer.body) == ["properties"]
    assert answer.body["properties"]["amount_spent"] == 3.0
    assert answer.body["properties"]["purchases"] == body["deltas"]["purchases"]
    headers = {"onesignal-subscription-id": second["id"]}
    await backend.ok("PATCH", path, {"deltas": {"session_count": 1}}, headers=headers)
    shown = (await app.view("e1"))["subscriptions"]
    assert [(item["session_count"], item["session_time"]) for item in shown] == [(2, 60), (3, 60)]
    assert first["session_count"] == 1


async def test_delete_user_removes_its_subscriptions(app: App, backend: Backend) -> None:
    user = await app.user("e1", subscriptions=[{"type": "iOSPush", "token": "t"}])
    onesignal_id = user["identity"]["onesignal_id"]
    path = f"{app.root}/users/by/external_id/e1"
    assert await backend.ok("DELETE", path) == {"identity": {"onesignal_id": onesignal_id}}
    assert (await backend("DELETE", path)).status == 404
    assert (await backend("GET", f"/players/{user['subscriptions'][0]['id']}")).status == 400
    players = await backend.ok("GET", "/players", app_id=backend.stub.app_id)
    assert players["total_count"] == 0


async def test_unknown_users_are_not_found(app: App, backend: Backend) -> None:
    unknown = str(uuid.uuid4())
    answer = await backend("GET", f"{app.root}/users/by/onesignal_id/{unknown}")
    assert answer.status == 404
    assert answer.body["errors"][0]["title"] == f"No aliases found for oneSignalID `{unknown}`"
    answer = await backend("GET", f"{app.root}/users/by/onesignal_id/123")
    assert (answer.status, answer.body) == (
        400,
        {
            "errors": [
                {"code": "request-1", "title": "Invalid UUID", "meta": {"onesignal_id": "123"}}
            ]
        },
    )
    for method, path in (
        ("PATCH", "users/by/external_id/x"),
        ("POST", "users/by/external_id/x/subscriptions"),
        ("GET", "users/by/external_id/x/identity"),
        ("PATCH", "users/by/external_id/x/identity"),
        ("DELETE", "users/by/external_id/x/identity/y"),
    ):
        answer = await backend(method, f"{app.root}/{path}", {})
        assert answer.status == 404, path
        assert answer.body["errors"][0]["title"] == "No aliases found for external_id `x`"


async def test_unknown_subscriptions_are_not_found(app: App, backend: Backend) -> None:
    missing = {"errors": [{"code": "subscription-0", "title": "Subscription not found"}]}
    path = f"{app.root}/subscriptions/{uuid.uuid4()}"
    for method, more in (
        ("PATCH", ""),
        ("DELETE", ""),
        ("PATCH", "/owner"),
        ("GET", "/iams"),
        ("GET", "/user/identity"),
        ("PATCH", "/user/identity"),
    ):
        answer = await backend(method, f"{path}{more}", {})
        assert (answer.status, answer.body) == (404, missing), more


async def test_subscriptions_are_created_changed_and_deleted(app: App, backend: Backend) -> None:
    await app.user("e1")
    path = f"{app.root}/users/by/external_id/e1/subscriptions"
    wanted = {"subscription": {"type": "AndroidPush", "token": "t", "enabled": False}}
    created = await backend("POST", path, wanted)
    assert created.status == 201
    subscription = created.body["subscription"]
    assert (subscription["enabled"], subscription["notification_types"]) == (False, -31)
    again = await backend("POST", path, {"subscription": {"type": "AndroidPush", "token": "t"}})
    assert (again.status, again.body["subscription"]["id"]) == (202, subscription["id"])
    one = f"{app.root}/subscriptions/{subscription['id']}"
    answer = await backend("PATCH", one, {"subscription": {"enabled": True, "token": "new"}})
    assert (answer.status, answer.body) == (202, {})
    (shown,) = (await app.view("e1"))["subscriptions"]
    assert (shown["enabled"], shown["token"], shown["notification_types"]) == (True, "new", 1)
    answer = await backend("DELETE", one)
    assert (answer.status, answer.body) == (202, {})
    user = await app.view("e1")
    assert user["subscriptions"] == []


async def test_a_user_has_at_most_twenty_subscriptions(app: App, backend: Backend) -> None:
    await app.user("e1", subscriptions=[{"type": "iOSPush", "token": str(n)} for n in range(20)])
    path = f"{app.root}/users/by/external_id/e1/subscriptions"
    answer = await backend("POST", path, {"subscription": {"type": "iOSPush", "token": "x"}})
    assert answer.status == 409
    answer = await backend("POST", path, {"subscription": {"type": "iOSPush", "token": "7"}})
    assert answer.status == 202


async def test_transferring_a_subscription(app: App, backend: Backend) -> None:
    first = await app.user("e1", subscriptions=[{"type": "iOSPush", "token": "t"}])
    second = await app.user("e2")
    path = f"{app.root}/subscriptions/{first['subscriptions'][0]['id']}/owner"
    # The seed's example hands over the whole identity of the other user.
    answer = await backend("PATCH", path, {"identity": second["identity"]})
    assert (answer.status, answer.body) == (200, {"identity": second["identity"]})
    assert (await app.view("e1"))["subscriptions"] == []
    assert len((await app.view("e2"))["subscriptions"]) == 1
    mixed = {"onesignal_id": first["identity"]["onesignal_id"], "external_id": "e2"}
    assert (await backend("PATCH", path, {"identity": mixed})).status == 400
    assert (await backend("PATCH", path, {"identity": {}})).status == 400
    assert (await backend("PATCH", path, {"identity": {"external_id": "no"}})).status == 404


async def test_a_subscription_is_changed_by_its_token(app: App, backend: Backend) -> None:
    await app.user("e1", subscriptions=[{"type": "Email", "token": "a@b.co"}])
    path = f"{app.root}/subscriptions_by_token/Email/a%40b.co"
    answer = await backend("PATCH", path, {"subscription": {"enabled": False}})
    assert (answer.status, answer.body) == (202, {})
    assert (await app.view("e1"))["subscriptions"][0]["enabled"] is False
    for other, status in (("Email/x", 404), ("email/a%40b.co", 400)):
        answer = await backend("PATCH", f"{app.root}/subscriptions_by_token/{other}", {})
        assert answer.status == status


async def test_aliases_are_added_listed_and_removed(app: App, backend: Backend) -> None:
    user = await app.user("e1", subscriptions=[{"type": "iOSPush", "token": "t"}])
    await app.user("e2")
    by_alias = f"{app.root}/users/by/external_id/e1/identity"
    one = user["subscriptions"][0]["id"]
    by_subscription = f"{app.root}/subscriptions/{one}/user/identity"
    named = {"identity": {**user["identity"], "crm": "c/1"}}
    assert await backend.ok("PATCH", by_alias, {"identity": {"crm": "c/1"}}) == named
    assert await backend.ok("GET", by_subscription) == named
    assert await backend.ok("GET", f"{app.root}/users/by/crm/c%2F1/identity") == named
    again = await backend.ok("PATCH", by_subscription, {"identity": {"crm": "2", "x": "y"}})
    assert again["identity"]["crm"] == "2"
    taken = await backend("PATCH", by_alias, {"identity": {"z": "z", "external_id": "e2"}})
    assert taken.status == 409
    assert "z" not in (await backend.ok("GET", by_alias))["identity"]
    for body in ({}, {"identity": {}}, {"identity": {"onesignal_id": str(uuid.uuid4())}}):
        assert (await backend("PATCH", by_alias, body)).status == 400
    assert (await backend("DELETE", f"{by_alias}/onesignal_id")).status == 400
    assert (await backend("DELETE", f"{by_alias}/nothing")).status == 404
    removed = await backend.ok("DELETE", f"{by_alias}/external_id")
    assert removed["identity"] == {
        "onesignal_id": user["identity"]["onesignal_id"],
        "crm": "2",
        "x": "y",
    }
    assert (await backend("GET", by_alias)).status == 404


async def test_a_user_has_at_most_twenty_custom_aliases(app: App, backend: Backend) -> None:
    await app.user("e1")
    path = f"{app.root}/users/by/external_id/e1/identity"
    await backend.ok("PATCH", path, {"identity": {f"l{n}": "x" for n in range(20)}})
    assert (await backend("PATCH", path, {"identity": {"one more": "x"}})).status == 400
    await backend.ok("PATCH", path, {"identity": {"l7": "y"}})


async def test_custom_events_are_recorded_once_for_each_idempotency_key(
    app: App, backend: Backend
) -> None:
    event = {"name": "bought", "external_id": "e1", "payload": {"gems": 3}}
    keyed = {**event, "idempotency_key": str(uuid.uuid4())}
    path = f"{app.root}/custom_events"
    assert await backend.ok("POST", path, {"events": [event, keyed, keyed]}) == {}
    earlier = f"{app.root}/integrations/custom_events"  # the path of SDKs 5.4 to 5.11
    assert await backend.ok("POST", earlier, {"events": [keyed]}) == {}
    for bad in ({}, {"events": []}, {"events": [event, {"name": "x"}]}, {"events": ["x"]}):
        assert (await backend("POST", path, bad)).status == 400
    state = await backend.ok("GET", "/_control/state")
    assert state["custom_events"] == [
        {"app_id": backend.stub.app_id, **event},
        {"app_id": backend.stub.app_id, **keyed},
    ]


@pytest.mark.parametrize(
    "body", [{}, {"identity": {}, "subscriptions": []}, {"properties": {"tags": {"a": "b"}}}]
)
async def test_create_user_refuses_one_without_alias_and_subscription(
    body: dict[str, Any], backend: Backend
) -> None:
    answer = await backend("POST", f"/apps/{backend.stub.app_id}/users", body)
    title = "Creating a User requires at least one Alias or Subscription"
    assert (answer.status, answer.body) == (400, {"errors": [{"code": "user-3", "title": title}]})


@pytest.mark.slow
async def test_create_user_refuses_a_crowd_of_aliases(backend: Backend) -> None:
    path = f"/apps/{backend.stub.app_id}/users"
    answer = await backend("POST", path, {"identity": {f"a{n}": "x" for n in range(50_000)}})
    assert (answer.status, answer.body["errors"][0]["code"]) == (400, "request-2")
