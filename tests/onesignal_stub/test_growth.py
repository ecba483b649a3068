"""What clients can make grow is bounded, and many things in one request are few statements."""

from __future__ import annotations

from typing import Any

import pytest

from onesignal_stub import room, webhooks
from onesignal_stub.features.custom_events import core as custom_events
from onesignal_stub.features.exports import core as exports
from onesignal_stub.features.notifications import idempotency, messages, recording
from onesignal_stub.features.outcomes import core as outcomes
from onesignal_stub.features.users import core as users
from server_kit import Store

from .conftest import Backend

pytestmark = pytest.mark.asyncio


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are executed one by one."""
    executed: list[str] = []
    execute = Store._execute

    def counted(self: Store, sql: str, params: Any) -> Any:
        executed.append(sql)
        return execute(self, sql, params)

    monkeypatch.setattr(Store, "_execute", counted)
    return executed


@pytest.mark.slow
async def test_many_new_addresses_are_few_statements(
    backend: Backend, statements: list[str]
) -> None:
    addresses = [f"user{number}@example.com" for number in range(2000)]
    body = {"app_id": backend.stub.app_id, "email_subject": "s", "email_body": "b"}
    for known in (0, 1000):
        sent = {**body, "include_email_tokens": addresses[: 1000 + known]}
        assert (await backend.ok("POST", "/notifications", sent))["recipients"] == 1000 + known
    assert len(statements) < 100
    assert len({push.player_id for push in backend.stub.pushes}) == 2000


async def test_many_custom_events_are_few_statements(
    backend: Backend, statements: list[str]
) -> None:
    events = [{"name": "won", "external_id": str(number)} for number in range(2000)]
    path = f"/apps/{backend.stub.app_id}/custom_events"
    await backend.ok("POST", path, {"events": events})
    assert len(statements) < 20


async def test_the_oldest_deliveries_are_dropped(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "KEPT", 3)
    players = [await backend.player(tags={"name": name}) for name in ("ada", "bob")]
    for text in ("first {{ name }}", "second {{ name }}", "third {{ name }}"):
        await backend.send(include_player_ids=players, contents={"en": text})
    texts = [push.contents for push in backend.stub.pushes]
    assert texts == ["second bob", "third ada", "third bob"]


async def test_a_message_of_which_some_deliveries_are_dropped_keeps_its_other_texts(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "KEPT", 3)
    players = [await backend.player(language=each) for each in ("en", "fr", "en", "fr")]
    await backend.send(include_player_ids=players, contents={"en": "Hello", "fr": "Salut"})
    assert [push.contents for push in backend.stub.pushes] == ["Salut", "Hello", "Salut"]


async def test_the_oldest_messages_leave_the_inbox(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "KEPT", 2)
    gone = await backend.player(notification_types=-2)
    for text in ("first", "second", "third"):
        await backend.send(include_player_ids=[await backend.player(), gone], contents={"en": text})
    inbox = await backend.ok("GET", "/_control/inbox")
    assert [each["number"] for each in inbox["messages"]] == [3, 2]
    assert len(backend.stub.pushes) == 3


async def test_the_oldest_custom_events_are_dropped(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom_events, "KEPT", 3)
    path = f"/apps/{backend.stub.app_id}/custom_events"
    for name in ("one", "two"):
        events = [{"name": name, "external_id": str(number)} for number in range(2)]
        await backend.ok("POST", path, {"events": events})
    kept = (await backend.ok("GET", "/_control/state"))["custom_events"]
    assert [each["name"] for each in kept] == ["one", "two", "two"]


async def test_the_oldest_exports_are_dropped(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_MOST", 2)
    path = f"/players/csv_export?app_id={backend.stub.app_id}"
    made = [(await backend.ok("POST", path, {}))["csv_file_url"] for _ in range(3)]
    statuses = []
    for url in made:
        async with backend.http.get(url) as answer:
            statuses.append(answer.status)
    assert statuses == [404, 200, 200]


async def test_the_oldest_outcomes_are_dropped(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "KEPT", 2)
    player = await backend.player()
    for _ in range(3):
        sent = await backend.send(include_player_ids=[player])
        path = f"/notifications/{sent.body['id']}"
        await backend.ok("PUT", path, {"app_id": backend.stub.app_id, "opened": True})
    query = {"outcome_names[]": "os__click.count", "app_id": backend.stub.app_id}
    found = await backend.ok("GET", f"/apps/{backend.stub.app_id}/outcomes", **query)
    assert [each["value"] for each in found["outcomes"]] == [2]


async def test_texts_in_too_many_languages_are_refused(backend: Backend) -> None:
    contents = {"en": "hi", **{f"x{number}": "hi" for number in range(200)}}
    answer = await backend.send(include_player_ids=[await backend.player()], contents=contents)
    assert answer.status == 400
    assert "200" in answer.body["errors"][0]


@pytest.mark.parametrize("kind", ["templates", "segments", "api_keys", "apps"])
async def test_too_many_or_too_large_definitions_are_refused(
    kind: str, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = backend.stub.app_id
    account = {"key": backend.stub.user_key}
    numbers = iter(range(100))

    async def add(text: str = "") -> Any:
        name = f"n{next(numbers)}"
        if kind == "templates":
            body = {"app_id": app, "name": name, "contents": {"en": f"hi{text}"}}
            return await backend("POST", "/templates", body)
        if kind == "segments":
            filters = [{"field": "tag", "key": "k", "relation": "=", "value": f"v{text}"}]
            return await backend(
                "POST", f"/apps/{app}/segments", {"name": name, "filters": filters}
            )
        if kind == "api_keys":
            body = {"name": name + text}
            return await backend("POST", f"/apps/{app}/auth/tokens", body, **account)
        return await backend("POST", "/apps", {"name": name, "gcm_key": text or "k"}, **account)

    async def count() -> int:
        row = backend.stub._running.store.one(f"SELECT count(*) FROM {kind}")
        assert row is not None
        return int(row[0])

    for _ in range(6):  # an app has six segments from its start
        await add()
    before = await count()
    monkeypatch.setattr(room, "MOST", before + 2)
    assert [(await add()).status < 300 for _ in range(3)] == [True, True, False]
    assert await count() == before + 2
    monkeypatch.setattr(room, "MOST", 1000)
    monkeypatch.setattr(room, "MOST_BYTES", 5000)
    refused = await add("x" * 5000)
    assert (refused.status, "5000 bytes" in str(refused.body)) == (400, True)
    assert await count() == before + 2
    assert (await add()).status < 300


async def test_too_many_or_too_long_webhooks_are_refused(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST", 1)
    for url, status in (
        (f"http://127.0.0.1/{'x' * 2000}", 400),
        ("http://127.0.0.1:9/a", 200),
        ("http://127.0.0.1:9/b", 400),
    ):
        assert (await backend("POST", "/_control/webhooks", {"url": url})).status == status


async def test_the_oldest_answers_to_idempotency_keys_are_dropped(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "KEPT", 2)
    player = await backend.player()
    keys = [f"00000000-0000-4000-8000-{number:012x}" for number in range(3)]
    for key in (*keys, *keys[1:]):
        await backend.send(include_player_ids=[player], idempotency_key=key)
    assert len(backend.stub.pushes) == 3
    await backend.send(include_player_ids=[player], idempotency_key=keys[0])
    assert len(backend.stub.pushes) == 4


async def test_the_newest_purchases_and_short_tags_of_a_user_are_kept(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "MAX_PURCHASES", 2)
    app = {"app_id": backend.stub.app_id}
    player = await backend.player(external_user_id="ada")
    for sku in ("one", "two", "three"):
        body = {**app, "purchases": [{"sku": sku, "amount": 1, "iso": "USD"}]}
        await backend.ok("POST", f"/players/{player}/on_purchase", body)
    user = await backend.ok("GET", f"/apps/{backend.stub.app_id}/users/by/external_id/ada")
    assert [each["sku"] for each in user["properties"]["purchases"]] == ["two", "three"]
    assert (await backend.ok("GET", f"/players/{player}", **app))["amount_spent"] == 3
    long = {**app, "purchases": [{"sku": "x" * 256, "amount": 1}]}
    assert (await backend("POST", f"/players/{player}/on_purchase", long)).status == 400
    tags = {**app, "tags": {"key": "x" * 65_536}}
    assert (await backend("PUT", f"/players/{player}", tags)).status == 400
    assert (await backend.ok("GET", f"/players/{player}", **app))["tags"] == {}
