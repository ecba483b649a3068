"""What goes wrong with pushes and devices is told, and what waits is not lost."""

import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mock_server import Config, MockServer, PushOutcome
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import GIFT, Start, WatchedClock, client_of, login
from tests.mock_server.push.flaky import Behaviour, FlakyOneSignal, answers, breaks


async def control(server: MockServer, path: str) -> Any:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{server.console_url}/_control/{path}") as answer,
    ):
        return await answer.json()


@pytest.mark.asyncio
async def test_a_push_that_failed_is_a_warning_with_what_to_do(
    start: Start, onesignal: OneSignalStub, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        start(onesignal__url=flaky.url) as server,
        client_of(server) as client,
    ):
        ada = await login(client, "ada")
        await client.register_push(ada, device_type=1, identifier="a secret token")
        flaky.then(answers(403, '{"errors":["Access denied."]}'))
        with caplog.at_level(logging.WARNING, "mock_server.push"):
            await server.notifications.send(ada.user_id, "A sword", code=7)
            await server.pushes.wait_for(lambda record: record.outcome == PushOutcome.FAILED)
        (record,) = (await control(server, "pushes"))["pushes"]
    (warning,) = [each for each in caplog.records if each.name == "mock_server.push"]
    assert warning.levelno == logging.WARNING
    told = warning.getMessage()
    for part in (ada.user_id, "HTTP 403: Access denied.", "onesignal.rest_key"):
        assert part in told
    assert "someapikey" not in told
    assert (record["outcome"], record["reason"]) == ("failed", "HTTP 403: Access denied.")


@pytest.mark.parametrize("settings", [{"onesignal__app_id": "wrong"}, {"onesignal__rest_key": "x"}])
@pytest.mark.asyncio
async def test_a_device_that_onesignal_refused_is_a_warning_and_listed(
    start: Start, caplog: pytest.LogCaptureFixture, settings: dict[str, str]
) -> None:
    async with start(**settings) as server, client_of(server) as client:
        ada, bob = await login(client, "ada"), await login(client, "bob")
        with caplog.at_level(logging.WARNING, "mock_server.push"):
            await client.register_push(ada, device_type=1, identifier="a secret token")
        assert f"OneSignal refused a device of user {ada.user_id}" in caplog.text
        assert next(iter(settings)).replace("__", ".") in caplog.text
        assert "a secret token" not in caplog.text
        listed = await control(server, "devices")
        (device,) = listed["devices"]
        assert (device["user_id"], device["state"]) == (ada.user_id, "refused")
        assert device["problem"].startswith("HTTP 4")
        assert "a secret token" not in str(listed)
        assert await control(server, f"devices?user_id={bob.user_id}") == {"devices": []}


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (breaks, "a device has no player id, it waits for OneSignal: no answer"),
        (answers(400, '{"errors":["bad token"]}'), "OneSignal refused it: HTTP 400: bad token"),
    ],
)
@pytest.mark.asyncio
async def test_a_push_to_a_device_without_a_player_id_says_what_is_wrong_with_the_device(
    start: Start, onesignal: OneSignalStub, behaviour: Behaviour, reason: str
) -> None:
    async with (
        FlakyOneSignal(onesignal.url, behaviour) as flaky,
        start(onesignal__url=flaky.url) as server,
        client_of(server) as client,
    ):
        ada = await login(client, "ada")
        await client.register_push(ada, device_type=1, identifier="a secret token")
        await server.notifications.send(ada.user_id, "A sword", code=7)
        (record,) = server.pushes
        assert record.outcome == PushOutcome.NOBODY_REACHED
        assert reason in record.reason
        assert "a secret token" not in record.reason


@pytest.mark.asyncio
async def test_a_registered_device_is_listed(start: Start) -> None:
    async with start() as server, client_of(server) as client:
        ada = await login(client, "ada")
        answer = await client.register_push(ada, device_type=1, identifier="token")
        (device,) = (await control(server, f"devices?user_id={ada.user_id}"))["devices"]
        assert device == {
            "user_id": ada.user_id,
            "state": "registered",
            "player_id": answer.player_id,
            "device_type": 1,
            "installation_id": None,
            "problem": "",
            "registered_at": server.clock.time(),
            "seen_at": server.clock.time(),
        }


@pytest.mark.asyncio
async def test_a_registration_is_asked_again_until_it_succeeds(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    many = 12  # more attempts than a push has
    async with (
        FlakyOneSignal(onesignal.url, *[breaks, answers(503)] * (many // 2)) as flaky,
        start(onesignal__url=flaky.url) as server,
        client_of(server) as client,
    ):
        ada = await login(client, "ada")
        await client.register_push(ada, device_type=1, identifier="token")
        (waiting,) = (await control(server, "devices"))["devices"]
        assert waiting["state"] == "waiting"
        for _ in range(many):
            await clock.advance_past_sleep()
        await flaky.received(many + 1)
        await onesignal.journal.wait_for(lambda entry: entry.name == "POST /players")
        await client.register_push(ada, device_type=1, identifier="token")
        (device,) = await server.devices(ada.user_id)
        assert device.player_id
        assert device.problem == ""


@pytest.mark.parametrize("kept_by", ["file", "restart"])
@pytest.mark.asyncio
async def test_a_registration_that_waits_survives_a_restart(
    onesignal: OneSignalStub, clock: WatchedClock, tmp_path: Path, kept_by: str
) -> None:
    async with FlakyOneSignal(onesignal.url, breaks) as flaky:
        config = Config.from_settings({"onesignal.url": flaky.url, "push.on_event": [GIFT]})
        data = tmp_path / "nakama.db"
        async with MockServer(config, clock=clock, data=data) as server:
            async with client_of(server) as client:
                ada = await login(client, "ada")
                await client.register_push(ada, device_type=1, identifier="token")
            if kept_by == "restart":
                await server.restart()
                await onesignal.journal.wait_for(lambda entry: entry.name == "POST /players")
                return
        assert len(onesignal.journal) == 0
        async with MockServer(config, clock=clock, data=data) as server:
            await onesignal.journal.wait_for(lambda entry: entry.name == "POST /players")
            async with client_of(server) as client:
                ada = await login(client, "ada")
                assert len(await server.devices(ada.user_id)) == 1


@pytest.mark.asyncio
async def test_a_registration_beyond_the_queue_has_its_turn_when_there_is_room(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    async with (
        FlakyOneSignal(onesignal.url, breaks) as flaky,
        start(onesignal__url=flaky.url, push__queue_size=1) as server,
        client_of(server) as client,
    ):
        ada = await login(client, "ada")
        for identifier in ("first", "second", "third"):
            await client.register_push(ada, device_type=1, identifier=identifier)
        assert [body["identifier"] for _, body in flaky.requests] == ["first"]
        await clock.advance_past_sleep()
        await flaky.received(4)
        identifiers = [body["identifier"] for _, body in flaky.requests]
        assert identifiers == ["first", "first", "second", "third"]


@pytest.mark.asyncio
async def test_a_request_that_hangs_does_not_hold_the_pushes_of_others(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        start(onesignal__url=flaky.url, push__timeout_sec=600.0) as server,
        client_of(server) as client,
    ):
        ada, bob = await login(client, "ada"), await login(client, "bob")
        for user in (ada, bob):
            await client.register_push(user, device_type=1, identifier=f"phone of {user.username}")
        flaky.requests.clear()
        flaky.then(flaky.hangs)
        for user, subject in ((ada, "ada 1"), (ada, "ada 2"), (bob, "bob 1"), (bob, "bob 2")):
            await server.notifications.send(user.user_id, subject, code=7)
        await onesignal.wait_for_push(contains="bob 2")
        assert [push.contents for push in onesignal.pushes] == ["bob 1", "bob 2"]
        sent = [body["contents"]["en"] for _, body in flaky.requests]
        assert "ada 2" not in sent  # a player's pushes keep their order
        await server.reset()
