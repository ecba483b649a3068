"""A request that concerns very many devices gives others turns, and is right all the same."""

from __future__ import annotations

import asyncio
import csv
import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from onesignal_stub import OneSignalStub, sent_pushes, steps
from onesignal_stub.devices import SPAN
from onesignal_stub.features.notifications import recording
from onesignal_stub.inbox import lists
from server_kit import Store
from tests.inner_loop import mostly_slow

from .conftest import NOW, Backend

pytestmark = pytest.mark.asyncio
COUNT = 2 * SPAN + 10
OTHERWISE = {"field": "session_count", "relation": ">", "value": "0"}


def register(stub: OneSignalStub, count: int) -> list[str]:
    """Players with external ids, straight into the tables."""
    store = stub._running.store
    ids = [f"00000000-0000-4000-8000-{number:012x}" for number in range(count)]
    with store.transaction():
        store.run_many(
            "INSERT INTO users (onesignal_id, app_id, language, first_active, last_active)"
            " VALUES (?, ?, ?, 0, 0)",
            [(each, stub.app_id, ("en", "de", None)[at % 3]) for at, each in enumerate(ids)],
        )
        store.run_many(
            "INSERT INTO aliases (app_id, label, alias_id, onesignal_id) VALUES (?, ?, ?, ?)",
            [(stub.app_id, "external_id", f"user-{each}", each) for each in ids],
        )
        store.run_many(
            "INSERT INTO subscriptions (id, app_id, onesignal_id, device_type, token, created_at,"
            " last_active) VALUES (?, ?, ?, ?, ?, 0, 0)",
            [(each, stub.app_id, each, at % 2, f"t{at}") for at, each in enumerate(ids)],
        )
    return ids


@pytest.fixture
def at_turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[Any]]], list[int]]:
    """Do something at the first turn that a request gives; the list tells how many it gave."""

    def set_action(action: Callable[[], Awaitable[Any]]) -> list[int]:
        turns: list[int] = []

        async def turn() -> None:
            turns.append(len(turns))
            if len(turns) == 1:
                await action()
            await asyncio.sleep(0)

        monkeypatch.setattr(steps, "give_turn", turn)
        return turns

    return set_action


def targeting(kind: str, ids: list[str]) -> dict[str, Any]:
    users = [f"user-{each}" for each in ids]
    found: dict[str, dict[str, Any]] = {
        "ids": {"include_subscription_ids": ids},
        "external ids": {"include_external_user_ids": users},
        "aliases": {"include_aliases": {"external_id": users}, "target_channel": "push"},
        "everybody": {"included_segments": ["All"]},
        "filters": {"filters": [OTHERWISE]},
        "names filled in": {
            "included_segments": ["All"],
            "contents": {"en": "hi {{ name | default: 'you' }}"},
        },
        "not android": {"included_segments": ["All"], "isIos": True, "isAndroid": True},
    }
    return found[kind]


KINDS = ["ids", "external ids", "aliases", "everybody", "filters", "names filled in", "not android"]


@pytest.mark.parametrize("kind", mostly_slow(KINDS, fast={"ids", "filters"}))
async def test_others_are_served_between_the_steps_of_a_large_push(
    kind: str, backend: Backend, at_turn: Callable[..., list[int]]
) -> None:
    ids = register(backend.stub, COUNT)
    app = {"app_id": backend.stub.app_id}
    seen: list[Any] = []

    async def others() -> None:
        await backend.ok("DELETE", f"/players/{ids[-1]}", **app)
        seen.append((await backend.ok("GET", "/notifications", **app))["total_count"])
        seen.append((await backend.ok("GET", "/_control/inbox"))["total"])
        seen.append(len(backend.stub.pushes))
        await backend.send(include_subscription_ids=ids[:1], contents={"en": "between"})
        await backend.player()  # comes too late for a message to everybody

    turns = at_turn(others)
    answer = await backend.send(**targeting(kind, ids))
    assert (answer.status, answer.body["recipients"]) == (200, COUNT - 1)
    assert seen == [0, 0, 0]
    assert len(turns) >= 2
    between, *pushes = sorted(backend.stub.pushes, key=lambda push: push.contents != "between")
    assert (between.contents, between.player_id) == ("between", ids[0])
    assert sorted(push.player_id for push in pushes) == ids[:-1]
    assert {push.notification_id for push in pushes} == {answer.body["id"]}
    shown = await backend.ok("GET", f"/notifications/{answer.body['id']}", **app)
    assert shown["successful"] == COUNT - 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ids", "aliases", "everybody", "filters"])
async def test_no_step_of_the_largest_push_is_large(
    kind: str, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = register(backend.stub, 20_000)
    rows = [0]
    take_step, everything, run, run_many = steps.take_step, Store.all, Store.run, Store.run_many

    def counted_step(store: Store, work: steps.Steps[Any]) -> Any:
        rows.append(0)
        return take_step(store, work)

    def counted_all(self: Store, sql: str, *params: Any) -> Any:
        found = everything(self, sql, *params)
        rows[-1] += len(found)
        return found

    def counted_run(self: Store, sql: str, *params: Any) -> int:
        count = run(self, sql, *params)
        rows[-1] += max(0, count)
        return count

    def counted_many(self: Store, sql: str, many: Any) -> None:
        listed = list(many)
        rows[-1] += len(listed)
        run_many(self, sql, listed)

    monkeypatch.setattr(steps, "take_step", counted_step)
    monkeypatch.setattr(Store, "all", counted_all)
    monkeypatch.setattr(Store, "run", counted_run)
    monkeypatch.setattr(Store, "run_many", counted_many)
    body = {"contents": {"en": "hi"}, **targeting(kind, ids)}
    assert (await backend.send_large(**body)).body["recipients"] == 20_000
    assert sum(rows) >= 20_000
    assert max(rows) <= 3 * SPAN


@pytest.mark.slow
async def test_everybody_gets_the_same_as_by_a_filter_that_all_match(backend: Backend) -> None:
    register(backend.stub, SPAN + 10)
    await backend.player(language="fr")
    await backend.player(notification_types=-2, language="de")
    await backend.player(device_type=11, identifier="a@example.com")
    texts = {"contents": {"en": "Hello", "de": "Hallo"}, "headings": {"en": "T", "fr": "t"}}
    answers = [
        (await backend.send(**targeting(kind, []), **texts)).body
        for kind in ("everybody", "filters")
    ]
    assert answers[0]["recipients"] == answers[1]["recipients"] == SPAN + 11

    def received(answer: Any) -> list[Any]:
        found = backend.stub.find_pushes(notification_id=answer["id"])
        return [
            (push.player_id, push.external_user_id, push.device_type, push.language, push.contents,
             push.heading)
            for push in found
        ]  # fmt: skip

    assert received(answers[0]) == received(answers[1])
    listed = (await backend.ok("GET", "/_control/inbox"))["messages"]
    assert listed[0]["why"] == listed[1]["why"] == {"not subscribed": 1}


async def test_a_repeated_request_waits_for_the_first(
    backend: Backend, at_turn: Callable[..., list[int]]
) -> None:
    ids = register(backend.stub, COUNT)
    key = "11111111-1111-4111-8111-111111111111"
    repeated: list[asyncio.Task[Any]] = []

    async def repeat() -> None:
        again = backend.send(included_segments=["All"], idempotency_key=key)
        repeated.append(asyncio.create_task(again))

    at_turn(repeat)
    first = await backend.send(included_segments=["All"], idempotency_key=key)
    second = await repeated[0]
    assert second.body == first.body
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(backend.stub.pushes) == len(ids)


async def test_wait_for_push_finds_the_matching_push_among_others(
    backend: Backend, at_turn: Callable[..., list[int]]
) -> None:
    ids = register(backend.stub, COUNT)
    waiting = asyncio.create_task(backend.stub.wait_for_push(player_id=ids[1]))

    async def send_another() -> None:
        await backend.send(include_subscription_ids=ids[:1])

    at_turn(send_another)
    sent = await backend.send(included_segments=["All"])
    assert (await waiting).notification_id == sent.body["id"]


async def test_a_reset_ends_a_push_and_leaves_nothing_of_it(
    backend: Backend, at_turn: Callable[..., list[int]]
) -> None:
    register(backend.stub, COUNT)
    at_turn(backend.stub.reset)
    assert (await backend.send(included_segments=["All"])).status == 503
    player = await backend.player()
    assert (await backend.send(included_segments=["All"])).body["recipients"] == 1
    assert [push.player_id for push in backend.stub.pushes] == [player]


async def test_a_push_that_fails_in_the_middle_leaves_nothing(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(backend.stub, COUNT)
    add_span = recording.Recording.add_span

    def fail(self: recording.Recording, span: Any, channel: Any) -> int:
        if span.after:
            raise RuntimeError("in the middle")
        return add_span(self, span, channel)

    monkeypatch.setattr(recording.Recording, "add_span", fail)
    assert (await backend.send(included_segments=["All"])).status == 500
    backend.stub.journal.clear()
    assert backend.stub.pushes == []
    store = backend.stub._running.store
    while store.one("SELECT 1 FROM unfinished") is not None:  # noqa: ASYNC110 (it has no event)
        await asyncio.sleep(0)
    assert store.one("SELECT 1 FROM delivery_rows") is None
    monkeypatch.undo()
    assert (await backend.send(included_segments=["All"])).body["recipients"] == COUNT
    assert len(backend.stub.pushes) == COUNT


@pytest.mark.slow
async def test_a_stub_killed_in_the_middle_of_a_push_starts_without_it(
    backend: Backend, at_turn: Callable[..., list[int]], tmp_path: Path
) -> None:
    ids = register(backend.stub, COUNT)
    data = tmp_path / "killed.db"

    async def kill() -> None:
        data.write_bytes(await backend.stub.snapshot())  # what a killed one leaves

    at_turn(kill)
    await backend.send(include_subscription_ids=ids, send_after="2023-11-15T00:00:00Z")
    await backend.stub.advance(86_400)
    assert len(backend.stub.pushes) == COUNT
    at_turn(kill)
    await backend.send(included_segments=["All"])
    async with OneSignalStub(data=data, clock=backend.stub.clock) as stub:
        assert len(stub.pushes) == COUNT
        for table in ("delivery_rows", "texts", "unfinished", "pending"):
            row = stub._running.store.one(f"SELECT count(*) FROM {table} WHERE notification = 2")
            assert tuple(row or ()) == (0,)


@pytest.mark.slow
async def test_a_stub_killed_in_the_middle_of_a_scheduled_push_sends_it_once(
    backend: Backend, at_turn: Callable[..., list[int]], tmp_path: Path
) -> None:
    register(backend.stub, COUNT)
    data = tmp_path / "killed.db"
    await backend.send(included_segments=["All"], send_after="2023-11-15T00:00:00Z")

    async def kill() -> None:
        assert backend.stub._running.store.one("SELECT 1 FROM unfinished") is not None
        data.write_bytes(await backend.stub.snapshot())

    at_turn(kill)
    await backend.stub.advance(86_400)
    async with OneSignalStub(data=data, clock=backend.stub.clock) as stub:
        assert len(stub.pushes) == len({push.player_id for push in stub.pushes}) == COUNT


async def test_cancelling_a_scheduled_push_while_it_is_sent_stops_it_wholly(
    backend: Backend, at_turn: Callable[..., list[int]]
) -> None:
    register(backend.stub, COUNT)
    sent = await backend.send(included_segments=["All"], send_after="2023-11-15T00:00:00Z")
    notifications = backend.stub._running.notifications

    async def cancel() -> None:
        notifications.cancel(notifications.find(backend.stub.app_id, sent.body["id"]))

    at_turn(cancel)
    await backend.stub.advance(86_400)
    shown = await backend.ok("GET", f"/notifications/{sent.body['id']}", app_id=backend.stub.app_id)
    assert (shown["canceled"], shown["successful"], backend.stub.pushes) == (True, 0, [])


async def test_a_delayed_push_to_many_is_sent_in_steps(
    backend: Backend, at_turn: Callable[..., list[int]]
) -> None:
    ids = register(backend.stub, COUNT)
    at_turn(lambda: backend.ok("DELETE", f"/players/{ids[0]}", app_id=backend.stub.app_id))
    sent = await backend.send(included_segments=["All"], delayed_option="last-active")
    assert sent.body["recipients"] == COUNT
    await backend.stub.advance(86_400)
    assert sorted(push.player_id for push in backend.stub.pushes) == ids[1:]
    shown = await backend.ok("GET", f"/notifications/{sent.body['id']}", app_id=backend.stub.app_id)
    assert (shown["successful"], shown["failed"], shown["remaining"]) == (COUNT - 1, 1, 0)
    assert NOW < backend.stub.pushes[0].time < NOW + 86_400


@pytest.mark.slow
async def test_an_export_of_many_players_is_one_file(
    backend: Backend, at_turn: Callable[..., list[int]]
) -> None:
    ids = register(backend.stub, COUNT)
    turns = at_turn(lambda: backend.ok("DELETE", f"/players/{ids[-1]}", app_id=backend.stub.app_id))
    app = {"app_id": backend.stub.app_id}
    made = await backend.ok("POST", "/players/csv_export", app)
    async with backend.http.get(made["csv_file_url"]) as answer:
        text = gzip.decompress(await answer.read()).decode()
    assert [line["id"] for line in csv.DictReader(text.splitlines())] == ids[:-1]
    assert len(turns) == 2


@pytest.mark.slow
async def test_a_search_a_listing_and_a_deletion_of_many_look_at_some_at_a_time(
    backend: Backend, at_turn: Callable[..., list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "_LOOKED_AT", 1000)
    monkeypatch.setattr(sent_pushes, "_LOOKED_AT", 1000)
    ids = register(backend.stub, COUNT)
    await backend.send(included_segments=["All"])

    async def nothing() -> None:
        pass

    for path, query, count in (
        ("/_control/devices", {"q": "user-00000000"}, COUNT),
        ("/_control/users", {"q": ids[-1]}, 1),
        ("/_control/devices", {"app": backend.stub.app_id}, COUNT),
    ):
        turns = at_turn(nothing)
        assert (await backend.ok("GET", path, **query))["total"] == count
        assert len(turns) >= (4 if "q" in query else 0)
    found = await backend.ok("GET", "/_control/users", limit=2, offset=1)
    searched = await backend.ok("GET", "/_control/users", limit=2, offset=1, q="user-")
    assert (found["items"], found["next"]) == (searched["items"], searched["next"])
    turns = at_turn(nothing)
    pushes = (await backend.ok("GET", "/_control/pushes", contains="hello"))["pushes"]
    assert sorted(push["player_id"] for push in pushes) == ids
    assert [push["id"] for push in pushes] == sorted(push["id"] for push in pushes)
    newest = (await backend.ok("GET", "/_control/pushes", contains="hello", newest=3))["pushes"]
    assert newest == pushes[-3:]
    waited = await backend.ok("GET", "/_control/pushes", player_id=ids[-1], wait=1)
    assert waited["pushes"][0]["player_id"] == ids[-1]
    assert (await backend.ok("DELETE", "/_control/pushes", player_id=ids[0]))["deleted"] == 1
    assert (await backend.ok("DELETE", "/_control/inbox"))["deleted"] == 1
    assert backend.stub.pushes == []
    assert len(turns) >= 8
