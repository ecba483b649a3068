"""What clients can make grow is bounded, and many things in one request are few statements."""

from __future__ import annotations

from typing import Any

import pytest

from onesignal_stub.features.custom_events import core as custom_events
from onesignal_stub.features.exports import core as exports
from onesignal_stub.features.notifications import messages, recording
from onesignal_stub.features.outcomes import core as outcomes
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
