"""The control routes, rate limits, seed data and the command line."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from onesignal_stub import OneSignalStub, RateLimit, SeedError
from onesignal_stub.__main__ import main
from server_kit import Clock, ServerNotRunning

from .conftest import NOW, Backend


@pytest.mark.asyncio
async def test_control_pushes_are_found_and_deleted_by_their_fields(backend: Backend) -> None:
    first = await backend.player(external_user_id="u1")
    second = await backend.player(external_user_id="u2")
    await backend.send(include_player_ids=[first], headings={"en": "title"})
    await backend.stub.advance(60)
    await backend.send(included_segments=["All"], contents={"en": "later"})

    async def found(**query: Any) -> list[tuple[str, str]]:
        answer = await backend.ok("GET", "/_control/pushes", key=None, **query)
        return [(push["player_id"], push["contents"]) for push in answer["pushes"]]

    everything = [(first, "hello"), (first, "later"), (second, "later")]
    assert await found() == everything
    assert await found(player_id=first.upper()) == everything[:2]
    assert await found(external_user_id="u2") == everything[2:]
    assert await found(contains="titl") == everything[:1]
    assert await found(contains="%") == []
    assert await found(since=NOW + 1) == everything[1:]
    assert await found(since="2023-11-14T22:13:21Z") == everything[1:]
    assert await found(player_id=first, since=NOW + 1, contains="later") == everything[1:2]
    assert await found(notification_id=backend.stub.pushes[0].notification_id) == everything[:1]
    assert await found(newest=2) == everything[1:]
    assert await found(newest=0) == []
    assert (await backend("GET", "/_control/pushes", newest=-1)).status == 400
    deleted = await backend.ok("DELETE", "/_control/pushes", external_user_id="u1")
    assert deleted == {"deleted": 2}
    assert await found() == everything[2:]
    assert await backend.ok("DELETE", "/_control/pushes") == {"deleted": 1}
    assert (await backend.ok("GET", "/notifications", app_id="someappid"))["total_count"] == 2


@pytest.mark.asyncio
async def test_waiting_for_a_push_over_http(backend: Backend) -> None:
    player = await backend.player()
    waiting = asyncio.create_task(
        backend.ok("GET", "/_control/pushes", player_id=player, contains="x", wait=30)
    )
    await backend.send(include_player_ids=[player], contents={"en": "y"})
    await backend.send(include_player_ids=[player], contents={"en": "x"})
    assert [push["contents"] for push in (await waiting)["pushes"]] == ["x"]
    assert await backend.ok("GET", "/_control/pushes", contains="z", wait=0) == {"pushes": []}
    assert (await backend("GET", "/_control/pushes", wait=61)).status == 400
    assert (await backend("GET", "/_control/pushes", since="then")).status == 400


@pytest.mark.asyncio
async def test_control_routes_receive_open_and_dismiss_a_push(backend: Backend) -> None:
    player = await backend.player()
    await backend.send(include_player_ids=[player])
    (push,) = (await backend.ok("GET", "/_control/pushes"))["pushes"]
    path = f"/_control/pushes/{push['id']}"
    assert (await backend.ok("POST", f"{path}/receive"))["received_at"] == NOW
    assert (await backend.ok("POST", f"{path}/open", {"action_id": "b"}))["opened_at"] == NOW
    assert (await backend.ok("POST", f"{path}/dismiss"))["dismissed_at"] == NOW
    assert (await backend("POST", "/_control/pushes/99/open")).status == 404
    assert (await backend("POST", "/_control/pushes/x/open")).status == 400
    body = {"name": "purchase", "value": 3, "push_id": push["id"]}
    await backend.ok("POST", "/_control/outcomes", body)
    path = f"/apps/{backend.stub.app_id}/outcomes"
    found = await backend.ok("GET", path, outcome_names="purchase.sum,os__click.count")
    assert [item["value"] for item in found["outcomes"]] == [3, 1]
    for bad in ({}, {"name": "n"}, {"name": "n", "push_id": 99}):
        assert (await backend("POST", "/_control/outcomes", bad)).status == 400


@pytest.mark.asyncio
async def test_clock_state_and_reset_over_http(backend: Backend) -> None:
    stub = backend.stub
    player = await backend.player()
    await backend.send(include_player_ids=[player], send_after="2023-11-15T00:00:00Z")
    answer = await backend.ok("POST", "/_control/clock", {"advance": 86_400})
    assert answer == {"time": NOW + 86_400}
    assert len(stub.pushes) == 1
    assert (await backend("POST", "/_control/clock", {"advance": -1})).status == 400
    assert (await backend("POST", "/_control/clock", {})).status == 400
    state = await backend.ok("GET", "/_control/state")
    assert state["apps"] == [{"id": stub.app_id, "name": "Stub"}]
    assert state["counts"]["subscriptions"] == state["counts"]["deliveries"] == 1
    assert await backend.ok("POST", "/_control/reset") == {}
    state = await backend.ok("GET", "/_control/state")
    assert set(state["counts"].values()) == {0}
    await backend.player()


@pytest.mark.asyncio
async def test_control_requests_lists_the_journal_and_its_problems(backend: Backend) -> None:
    await backend.player()
    await backend("POST", "/api/v1/playrs", {})
    entries = (await backend.ok("GET", "/_control/requests"))["requests"]
    assert [entry["name"] for entry in entries] == ["POST /players", "POST /api/v1/playrs"]
    assert '"identifier"' in entries[0]["body"]
    found = (await backend.ok("GET", "/_control/requests", problems=""))["requests"]
    assert [entry["unmatched"] for entry in found] == ["POST /players"]
    found = (await backend.ok("GET", "/_control/requests", name="POST /players"))["requests"]
    assert len(found) == 1


@pytest.mark.asyncio
async def test_the_root_serves_the_inbox_page(backend: Backend) -> None:
    async with backend.http.get(backend.stub.url) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "Push inbox" in await answer.text()


@pytest.mark.asyncio
async def test_control_webhooks_adds_a_webhook_or_refuses_a_bad_one(backend: Backend) -> None:
    assert await backend.ok("POST", "/_control/webhooks", {"url": "http://127.0.0.1:1"}) == {}
    for bad in ({}, {"url": "x"}, {"url": "http://x", "events": ["y"]}):
        assert (await backend("POST", "/_control/webhooks", bad)).status == 400


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("GET /api/v1/player", "GET /players"),
        ("POST /players/1/on_sesion", "POST /players/{player_id}/on_session"),
        ("PATCH /players/1", "GET /players/{player_id}"),
        ("GET /apps/1/user/by/external_id/2", "GET /apps/{app_id}/users/by/"),
        ("GET /nothing/like/it/at/all", ""),
    ],
)
@pytest.mark.asyncio
async def test_an_unknown_route_is_journalled_with_the_nearest(
    wrong: str, right: str, backend: Backend
) -> None:
    method, path = wrong.split(" ")
    answer = await backend(method, path)
    assert (answer.status, answer.body) == (404, {"status": 404, "error": "Not Resolved"})
    (problem,) = backend.stub.journal.problems()
    assert problem.unmatched is not None
    assert problem.unmatched.startswith(right)


@pytest.mark.asyncio
async def test_a_rate_limit_for_each_app(backend: Backend) -> None:
    stub = backend.stub
    app = stub.app_id
    stub.set_rate_limit(RateLimit(requests=2, seconds=10))
    assert (await backend("GET", "/players", app_id=app)).status == 200
    await stub.advance(7.5)
    assert (await backend("GET", "/players", app_id=app)).status == 200
    for path, body in (
        ("/players", {"errors": ["API rate limit exceeded."]}),
        (
            f"/apps/{app}/users/by/external_id/u",
            {"errors": ["API rate limit exceeded"], "limit": "App ID"},
        ),
        (
            f"/apps/{app}/users/by/external_id/u/identity",
            {
                "errors": [
                    {
                        "code": "Rate Limit Exceeded",
                        "title": "API rate limit exceeded",
                        "meta": {},
                    }
                ]
            },
        ),
    ):
        answer = await backend("GET", path, app_id=app)
        assert (answer.status, answer.body) == (429, body)
        assert answer.headers["Retry-After"] == "3"
    await stub.advance(3)
    assert (await backend("GET", "/players", app_id=app)).status == 200
    stub.set_rate_limit(RateLimit(requests=0))
    assert (await backend("GET", "/players", app_id=app)).status == 429
    other = await backend.ok("POST", "/apps", {"name": "o"}, key=stub.user_key)
    stub.set_rate_limit(RateLimit(requests=1))
    for target, key in ((app, stub.rest_key), (other["id"], other["basic_auth_key"])):
        answer = await backend("GET", "/players", app_id=target, key=key)
        assert answer.status == 200
    await stub.reset()
    for _ in range(3):
        assert (await backend("GET", "/players", app_id=app)).status == 200


@pytest.mark.asyncio
async def test_control_rate_limit_sets_and_lifts_the_limit(backend: Backend) -> None:
    app = backend.stub.app_id
    limit = await backend.ok("PUT", "/_control/rate_limit", {"requests": 0})
    assert limit == {"requests": 0, "seconds": 1.0}
    assert (await backend("GET", "/players", app_id=app)).status == 429
    await backend.ok("DELETE", "/_control/rate_limit")
    assert (await backend("GET", "/players", app_id=app)).status == 200
    for bad in ({}, {"requests": -1}, {"requests": 1, "seconds": 0}):
        assert (await backend("PUT", "/_control/rate_limit", bad)).status == 400


SEED: dict[str, Any] = {
    "apps": [{"id": "22222222-2222-4222-8222-222222222222", "name": "Two", "rest_key": "k2"}],
    "players": [
        {"id": "11111111-1111-4111-8111-111111111111", "device_type": 1, "identifier": "t"}
    ],
    "users": [
        {
            "identity": {
                "onesignal_id": "33333333-3333-4333-8333-333333333333",
                "external_id": "u",
            },
            "subscriptions": [{"type": "iOSPush", "token": "t"}],
        },
        {
            "app_id": "22222222-2222-4222-8222-222222222222",
            "identity": {"external_id": "u"},
        },
    ],
    "segments": [{"name": "VIP", "filters": []}],
    "templates": [
        {
            "id": "44444444-4444-4444-8444-444444444444",
            "name": "t",
            "contents": {"en": "x"},
        }
    ],
}


@asynccontextmanager
async def seeded(tmp_path: Path, seed: Any, **options: Any) -> AsyncIterator[Backend]:
    path = tmp_path / "seed.json"
    path.write_text(seed if isinstance(seed, str) else json.dumps(seed), encoding="utf-8")
    async with (
        OneSignalStub(seed=path, **options) as stub,
        aiohttp.ClientSession() as http,
    ):
        yield Backend(stub, http)


@pytest.mark.asyncio
async def test_seed_data_is_there_from_the_start_and_after_a_reset(tmp_path: Path) -> None:
    async with seeded(tmp_path, SEED) as backend:
        for _ in range(2):
            sent = await backend.send(included_segments=["VIP"])
            assert sent.body["recipients"] == 2
            user = await backend.ok("GET", "/apps/someappid/users/by/external_id/u")
            assert user["identity"]["onesignal_id"] == "33333333-3333-4333-8333-333333333333"
            two = SEED["apps"][0]["id"]
            path = f"/apps/{two}/users/by/external_id/u"
            assert (await backend("GET", path, key="k2")).status == 200
            await backend.stub.reset()


@pytest.mark.asyncio
async def test_seed_data_comes_only_once_into_a_file(tmp_path: Path) -> None:
    for data in (tmp_path / "stub.db", str(tmp_path / "stub.db")):
        async with seeded(tmp_path, SEED, data=data) as backend:
            listed = await backend.ok("GET", "/players", app_id="someappid")
            assert listed["total_count"] == 2


@pytest.mark.parametrize(
    ("seed", "text"),
    [
        ("{", "seed.json"),
        ("[]", "seed.json"),
        ({"player": []}, "'player' is none of apps, players"),
        ({"players": [{"identifier": "t"}]}, r"players\[0\] is refused.*not a valid device_type"),
        ({"apps": [{}]}, r"apps\[0\] is refused.*Enter an app name"),
        ({"apps": [{"id": "someappid", "name": "x"}]}, r"apps\[0\] has an id that is taken"),
        ({"players": [{"id": 7, "device_type": 1}]}, r"players\[0\] is refused.*valid UUID"),
        ({"players": [SEED["players"][0], {**SEED["players"][0], "identifier": "x"}]}, "is taken"),
        ({"users": [{"identity": {"onesignal_id": "u1"}}]}, r"users\[0\] is refused.*valid UUID"),
        ({"templates": SEED["templates"] * 2}, r"templates\[1\] has an id that is taken"),
        ({"players": [{"device_type": 1, "app_id": "other"}]}, "an app_id that no app has"),
    ],
)
@pytest.mark.asyncio
async def test_bad_seed_data_stops_the_start(seed: Any, text: str, tmp_path: Path) -> None:
    with pytest.raises(SeedError, match=text):
        async with seeded(tmp_path, seed):
            pass


@pytest.mark.asyncio
async def test_two_stubs_do_not_know_each_other() -> None:
    async with OneSignalStub() as one, OneSignalStub() as two, aiohttp.ClientSession() as http:
        await Backend(one, http).player()
        assert one.url != two.url
        listed = await Backend(two, http).ok("GET", "/players", app_id=two.app_id)
        assert listed["total_count"] == 0


@pytest.mark.asyncio
async def test_starting_and_stopping_twice() -> None:
    stub = OneSignalStub()
    with pytest.raises(ServerNotRunning):
        _ = stub.url
    with pytest.raises(ServerNotRunning):
        _ = stub.pushes
    await stub.start()
    await stub.start()
    await stub.stop()
    await stub.stop()
    with pytest.raises(ServerNotRunning):
        await stub.wait_for_push()


@pytest.mark.asyncio
async def test_a_stub_in_a_thread_is_awaited_from_another_loop() -> None:
    with OneSignalStub(clock=Clock(stopped_at=NOW)) as stub:
        player = await register(stub)
        waiting = asyncio.create_task(stub.wait_for_push(contains="later"))
        async with aiohttp.ClientSession() as http:
            await Backend(stub, http).send(
                include_player_ids=[player],
                contents={"en": "later"},
                send_after="2023-11-15T00:00:00Z",
            )
        image = await stub.snapshot()
        await stub.advance(86_400)
        assert (await waiting).contents == "later"
        device = stub.device(player)
        received = [await device.receive(), await anext(device)]
        assert [push.contents for push in received] == ["hello", "later"]
        assert (await device.open(received[0])).opened_at == NOW + 86_400
        assert (await device.dismiss(received[1])).dismissed_at == NOW + 86_400
        with pytest.raises(TimeoutError):
            await device.receive(timeout=0.01)
        await stub.add_webhook("http://127.0.0.1:1")
        await stub.record_outcome("purchase")
        await stub.reset()
        assert (stub.pushes, stub.clock.time()) == ([], NOW)
        await stub.restore(image)
        assert len(stub.pushes) == 1


def test_a_synchronous_test_has_everything_too() -> None:
    with OneSignalStub() as stub:
        player = stub.run(register(stub))
        push = stub.run(stub.wait_for_push(contains="hello"))
        assert push == stub.pushes[0]
        received = stub.run(stub.device(player).receive())
        assert received.contents == "hello"
        assert stub.find_pushes(contains="other") == []


async def register(stub: OneSignalStub) -> str:
    async with aiohttp.ClientSession() as http:
        backend = Backend(stub, http)
        player = await backend.player()
        await backend.send(include_player_ids=[player])
        return player


async def start(*arguments: str) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "onesignal_stub",
        "--port",
        "0",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    assert line.startswith("OneSignal stub: http://127.0.0.1:")
    return process, line.split(": ")[1].strip()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
async def test_the_command_line_serves_until_a_signal(number: signal.Signals) -> None:
    process, url = await start("--app-id", "app", "--rest-key", "key")
    async with aiohttp.ClientSession() as http:
        headers = {"Authorization": "Basic key"}
        async with http.get(f"{url}/players", params={"app_id": "app"}, headers=headers) as answer:
            assert answer.status == 200
    process.send_signal(number)
    assert process.stdout is not None
    await process.stdout.read()
    assert await process.wait() == 0


@pytest.mark.slow
@pytest.mark.asyncio
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
async def test_a_data_file_keeps_its_players_after_a_kill(tmp_path: Path) -> None:
    data = str(tmp_path / "stub.db")
    process, url = await start("--data", data)
    async with aiohttp.ClientSession() as http:
        body = {"app_id": "someappid", "device_type": 1, "identifier": "t"}
        async with http.post(f"{url}/players", json=body) as answer:
            assert answer.status == 200
        process.kill()
        await process.communicate()
        process, url = await start("--data", data)
        headers = {"Authorization": "Basic someapikey"}
        query = {"app_id": "someappid"}
        async with http.get(f"{url}/players", params=query, headers=headers) as answer:
            assert (await answer.json())["total_count"] == 1
    process.terminate()
    await process.communicate()


def test_the_command_line_prints_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"players": [{}]}', encoding="utf-8")
    assert main(["--port", "0", "--seed", str(seed)]) == 1
    assert "players[0] is refused" in capsys.readouterr().err
    assert main(["--port", "0", "--seed", str(tmp_path / "missing.json")]) == 1
    assert "missing.json" in capsys.readouterr().err
    for path in (seed, tmp_path / "missing" / "stub.db"):
        assert main(["--port", "0", "--data", str(path)]) == 1
        assert f"onesignal-stub: {path}: " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--port", "65536"])
    assert "65536 is no port" in capsys.readouterr().err
