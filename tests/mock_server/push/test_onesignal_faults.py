"""OneSignal fails: the game does not notice, and nothing is sent twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mock_server import Config, MockServer, PushEvent, PushMessage, PushOutcome, PushRecord
from nakama_client import PushDevice, RegistrationInfo, Session
from onesignal_stub import OneSignalStub
from tests.mock_server.push.conftest import GIFT, Start, WatchedClock, client_of, login
from tests.mock_server.push.flaky import (
    Behaviour,
    FlakyOneSignal,
    answers,
    breaks,
    loses_the_answer,
)

RATE_LIMITED = answers(429, '{"errors":["API rate limit exceeded."]}', Retry_After="30")


@asynccontextmanager
async def player_with_phone(
    start: Start, flaky: FlakyOneSignal, *behaviours: Behaviour, **settings: Any
) -> AsyncIterator[tuple[MockServer, Session]]:
    """A server, and a user with a phone; OneSignal behaves like this afterwards."""
    async with start(onesignal__url=flaky.url, **settings) as server, client_of(server) as client:
        ada = await login(client, "ada")
        await client.register_push(ada, device_type=1, identifier="phone")
        flaky.requests.clear()
        flaky.then(*behaviours)
        yield server, ada


async def give(
    server: MockServer, session: Session, subject: str = "A sword", *, code: int = 7
) -> None:
    """What the game does; it succeeds at once, whatever OneSignal does."""
    await server.notifications.send(session.user_id, subject, code=code)
    stored = await server.notifications.stored(session.user_id)
    assert stored[-1]["subject"] == subject


async def end_of_push(server: MockServer) -> PushRecord:
    return await server.pushes.wait_for(lambda record: record.outcome != PushOutcome.PENDING)


@asynccontextmanager
async def passing(clock: WatchedClock) -> AsyncIterator[None]:
    """Let the time of everybody who waits pass."""

    async def advance() -> None:
        while True:
            await clock.advance_past_sleep()

    advancing = asyncio.create_task(advance())
    try:
        yield
    finally:
        advancing.cancel()
        await asyncio.wait([advancing])


def keys(flaky: FlakyOneSignal) -> list[str]:
    return [body["idempotency_key"] for _, body in flaky.requests]


@pytest.mark.parametrize(
    ("behaviours", "problems"),
    [
        ([breaks], ["no answer"]),
        ([RATE_LIMITED], ["HTTP 429: API rate limit exceeded."]),
        ([answers(503), answers(500)], ["HTTP 503", "HTTP 500"]),
        ([answers(502, "<html>")], ["HTTP 502: <html>"]),
        ([answers(200, "<html>")], ["no JSON"]),
        ([loses_the_answer], ["no answer"]),
        ([loses_the_answer, RATE_LIMITED, loses_the_answer], ["no answer", "429", "no answer"]),
    ],
)
@pytest.mark.asyncio
async def test_a_push_is_tried_again_and_sent_once(
    start: Start,
    onesignal: OneSignalStub,
    clock: WatchedClock,
    behaviours: list[Behaviour],
    problems: list[str],
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, *behaviours) as (server, ada),
    ):
        await give(server, ada)
        for _ in behaviours:
            await clock.advance_past_sleep()
        record = await end_of_push(server)
        assert record.outcome == PushOutcome.SENT
        assert len(record.failures) == len(problems)
        for failure, problem in zip(record.failures, problems, strict=True):
            assert problem in failure.problem
        assert keys(flaky) == [record.id] * (len(behaviours) + 1)
        assert len(onesignal.pushes) == 1


@pytest.mark.asyncio
async def test_a_slow_onesignal_is_asked_again(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, flaky.hangs, push__timeout_sec=0.25) as (server, ada),
    ):
        await give(server, ada)
        async with passing(clock):  # on a busy machine the next answers may be too late, too
            record = await end_of_push(server)
        assert record.outcome == PushOutcome.SENT
        assert record.failures[0].problem == "no answer within 0.25 s"
        assert len(onesignal.pushes) == 1


@pytest.mark.asyncio
async def test_a_push_fails_after_five_attempts(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, *[breaks] * 6) as (server, ada),
    ):
        await give(server, ada)
        for _ in range(4):
            await clock.advance_past_sleep()
        record = await end_of_push(server)
        assert (record.outcome, len(record.failures)) == (PushOutcome.FAILED, 5)
        assert "no answer" in record.reason
        times = [failure.time for failure in record.failures]
        assert times == sorted(times)
        assert len(flaky.requests) == 5
        assert onesignal.pushes == []


@pytest.mark.asyncio
async def test_a_wrong_key_fails_at_once(start: Start, onesignal: OneSignalStub) -> None:
    refusal = answers(403, '{"errors":["Access denied."]}')
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, refusal) as (server, ada),
    ):
        await give(server, ada)
        record = await end_of_push(server)
        assert (record.outcome, record.reason) == (PushOutcome.FAILED, "HTTP 403: Access denied.")
        assert len(flaky.requests) == 1


@pytest.mark.asyncio
async def test_a_push_that_is_repeated_holds_up_the_users_next_and_nobody_elses(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, breaks, loses_the_answer) as (server, ada),
        client_of(server) as client,
    ):
        await give(server, ada, "first")
        await give(server, ada, "second")
        await server.pushes.wait_for(lambda record: len(record.failures) == 1)
        bob = await login(client, "bob")
        flaky.forget()
        await client.register_push(bob, device_type=1, identifier="bob's")
        await give(server, bob, "bob's")
        await onesignal.wait_for_push(contains="bob's")
        flaky.then(loses_the_answer)
        for _ in range(2):
            await clock.advance_past_sleep()
        await onesignal.wait_for_push(contains="second")
        assert [push.contents for push in onesignal.pushes] == ["bob's", "first", "second"]


@pytest.mark.asyncio
async def test_a_stop_between_two_attempts_does_not_change_the_order(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock, tmp_path: Path
) -> None:
    async with FlakyOneSignal(onesignal.url) as flaky:
        config = Config.from_settings({"onesignal.url": flaky.url, "push.on_event": [GIFT]})
        data = tmp_path / "nakama.db"
        async with (
            MockServer(config, clock=clock, data=data) as server,
            client_of(server) as client,
        ):
            ada = await login(client, "ada")
            await client.register_push(ada, device_type=1, identifier="phone")
            flaky.then(breaks)
            for subject in ("first", "second"):
                await give(server, ada, subject)
            await server.pushes.wait_for(lambda record: len(record.failures) == 1)
        assert onesignal.pushes == []
        async with MockServer(config, clock=clock, data=data):
            await onesignal.wait_for_push(contains="second")
    assert [push.contents for push in onesignal.pushes] == ["first", "second"]


@pytest.mark.asyncio
async def test_a_push_beyond_the_queue_size_fails(start: Start, onesignal: OneSignalStub) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, flaky.hangs, push__queue_size=2) as (server, ada),
    ):
        for number in range(3):
            await give(server, ada, f"no. {number}")
        outcomes = [record.outcome for record in server.pushes]
        assert outcomes == [PushOutcome.PENDING, PushOutcome.PENDING, PushOutcome.FAILED]
        assert "push.queue_size" in list(server.pushes)[2].reason
        await server.reset()


@pytest.mark.asyncio
async def test_a_registration_beyond_the_queue_succeeds_and_is_noted(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, flaky.hangs, push__queue_size=1) as (server, ada),
        client_of(server) as client,
    ):
        await give(server, ada)
        answer = await client.register_push(ada, device_type=0, identifier="second")
        assert answer.player_id == ""
        device = (await server.devices(ada.user_id))[0]
        assert "push.queue_size" in device.problem
        await server.reset()


@pytest.mark.asyncio
async def test_stop_finishes_the_pushes_under_way(start: Start, onesignal: OneSignalStub) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky) as (server, ada),
    ):
        for number in range(5):
            await give(server, ada, f"no. {number}")
    assert {record.outcome for record in server.pushes} == {PushOutcome.SENT}
    assert len(onesignal.pushes) == 5


@pytest.mark.asyncio
async def test_stop_fails_a_push_that_waits_for_another_attempt(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with FlakyOneSignal(onesignal.url) as flaky:
        async with player_with_phone(start, flaky, breaks) as (server, ada):
            await give(server, ada)
            await server.pushes.wait_for(lambda record: len(record.failures) == 1)
        (record,) = server.pushes
        assert (record.outcome, record.reason) == (
            PushOutcome.FAILED,
            "the server stopped before there was an answer",
        )
        assert len(flaky.requests) == 1


@pytest.mark.asyncio
async def test_the_stop_does_not_wait_for_a_onesignal_that_hangs(
    start: Start, onesignal: OneSignalStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_server.features.push.core._DRAIN", 0.05)
    async with FlakyOneSignal(onesignal.url) as flaky:
        flaky_and_slow = {"push__timeout_sec": 60.0}
        async with player_with_phone(start, flaky, flaky.hangs, **flaky_and_slow) as (server, ada):
            await give(server, ada)
        (record,) = server.pushes
        assert record.outcome == PushOutcome.FAILED


@pytest.mark.asyncio
async def test_a_reset_gives_up_what_is_under_way(start: Start, onesignal: OneSignalStub) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, flaky.hangs, flaky.hangs) as (server, ada),
        client_of(server) as client,
    ):
        await give(server, ada)
        await flaky.received(1)
        registering = asyncio.create_task(
            client.register_push(ada, device_type=0, identifier="second")
        )
        await flaky.received(2)
        await server.reset()
        assert (await registering).player_id == ""
        assert len(server.pushes) == 0
        assert onesignal.pushes == []


@pytest.mark.asyncio
async def test_a_restarted_server_sends_what_was_under_way(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, breaks) as (server, ada),
    ):
        await give(server, ada)
        await server.pushes.wait_for(lambda record: len(record.failures) == 1)
        await give(server, ada, "second")
        await server.restart()
        await server.pushes.wait_for(
            lambda _: [each.outcome for each in server.pushes] == [PushOutcome.SENT] * 2
        )
        assert [len(each.failures) for each in server.pushes] == [1, 0]
        assert [keys(flaky).count(each.id) for each in server.pushes] == [2, 1]
        assert [push.contents for push in onesignal.pushes] == ["A sword", "second"]
        assert len(await server.devices(ada.user_id)) == 1


@pytest.mark.asyncio
async def test_a_restored_server_sends_what_was_under_way(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, flaky.hangs) as (server, ada),
    ):
        await give(server, ada)
        await flaky.received(1)
        image = await server.snapshot()
        await server.reset()
        assert len(server.pushes) == 0
        await server.restore(image)
        record = await end_of_push(server)
        assert record.outcome == PushOutcome.SENT
        assert keys(flaky) == [record.id] * 2
        assert [push.contents for push in onesignal.pushes] == ["A sword"]


@pytest.mark.asyncio
async def test_a_restart_without_data_forgets_what_was_under_way(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        player_with_phone(start, flaky, breaks) as (server, ada),
    ):
        await give(server, ada)
        await server.pushes.wait_for(lambda record: len(record.failures) == 1)
        await server.restart(keep_data=False)
        (record,) = server.pushes
        assert record.outcome == PushOutcome.FAILED


@pytest.mark.asyncio
async def test_a_server_with_the_same_data_sends_what_another_left(
    onesignal: OneSignalStub, clock: WatchedClock, tmp_path: Path
) -> None:
    def later(_event: PushEvent) -> PushMessage:
        when = datetime(2200, 1, 1, tzinfo=UTC)
        return PushMessage(contents={"en": "later"}, data={"n": 1}, send_after=when)

    async with FlakyOneSignal(onesignal.url) as flaky:
        config = Config.from_settings({"onesignal.url": flaky.url, "push.on_event": [GIFT]})
        first = MockServer(config, clock=clock, data=tmp_path / "nakama.db")
        first.pushes.on_event(8)(later)
        async with first as server, client_of(server) as client:
            ada = await login(client, "ada")
            await client.register_push(ada, device_type=1, identifier="phone")
            flaky.then(breaks)
            for code in (7, 8):
                await give(server, ada, "A sword", code=code)
            await server.pushes.wait_for(lambda record: bool(record.failures))
        assert onesignal.pushes == []
        async with MockServer(config, clock=clock, data=tmp_path / "nakama.db") as server:
            for left in first.pushes:
                sent = await server.pushes.wait_for(
                    lambda record, left=left: (record.id, record.outcome) == (left.id, "sent")
                )
                assert (sent.failures, sent.contents) == (left.failures, left.contents)
        async with MockServer(config, clock=clock, data=tmp_path / "nakama.db") as server:
            assert list(server.pushes) == []
    assert [push.contents for push in onesignal.pushes] == ["A sword"]
    await onesignal.advance(200 * 366 * 86_400)
    assert [(push.contents, push.data) for push in onesignal.pushes[1:]] == [("later", {"n": 1})]


@pytest.mark.asyncio
async def test_a_closed_port_of_onesignal_does_not_fail_the_games_call(start: Start) -> None:
    async with OneSignalStub() as gone:
        url = gone.url
    async with start(onesignal__url=url) as server, client_of(server) as client:
        ada = await login(client, "ada")
        answer = await client.register_push(ada, device_type=1, identifier="phone")
        assert answer.player_id == ""
        (device,) = await server.devices(ada.user_id)
        assert "no answer" in device.problem


BROADCAST = {
    "event": "event:sale",
    "contents": {"en": "to all"},
    "included_segments": ["All"],
}
BY_CUSTOM_ID = {
    "event": "event:sale",
    "contents": {"en": "to one"},
    "recipients": "user",
    "target": "external_user_id:custom_id",
}


@pytest.mark.parametrize("rule", [BROADCAST, BY_CUSTOM_ID])
@pytest.mark.asyncio
async def test_every_kind_of_target_is_sent_once_over_faults_and_restarts_of_either_server(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock, rule: dict[str, Any]
) -> None:
    async with (
        FlakyOneSignal(onesignal.url) as flaky,
        start(onesignal__url=flaky.url, push__on_event=[rule]) as server,
        client_of(server) as client,
        PushDevice(onesignal.url, onesignal.app_id, info=RegistrationInfo()) as phone,
    ):
        ada = await client.authenticate_custom("account-42")
        await phone.register()
        await phone.external_user_id.set("account-42")
        flaky.then(loses_the_answer, RATE_LIMITED, answers(503), loses_the_answer)
        server.nk.event("sale", {"user": ada.user_id})
        await clock.advance_past_sleep()
        await clock.advance_past_sleep()
        await server.pushes.wait_for(lambda record: len(record.failures) == 3)
        await onesignal.restart()
        await server.restart()
        await server.pushes.wait_for(lambda record: len(record.failures) == 4)
        await onesignal.restart()
        await clock.advance_past_sleep()
        await clock.advance_past_sleep()
        record = await end_of_push(server)
        assert (record.outcome, record.recipients) == (PushOutcome.SENT, 1)
        assert set(keys(flaky)) == {record.id}
        assert [push.player_id for push in onesignal.pushes] == [phone.info.one_signal_user_id]
