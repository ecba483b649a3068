"""Pushes on a schedule, to segments and filters, on the mock's clock."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_server import Config, InvalidRule, MockServer, PushOutcome, PushRule
from nakama_client import PushDevice, RegistrationInfo
from onesignal_stub import OneSignalStub
from server_kit import Clock
from tests.inner_loop import examples
from tests.mock_server.push.conftest import START, Start, WatchedClock
from tests.mock_server.push.flaky import FlakyOneSignal, breaks
from tests.mock_server.push.test_own_events import ended

DAY = 86_400
REMINDER: dict[str, Any] = {
    "event": "schedule:reminder",
    "cron": "0 18 * * *",
    "contents": {"en": "We miss you"},
    "included_segments": ["All"],
}
PROMOTION: dict[str, Any] = {
    "event": "schedule:promotion",
    "cron": "0 12 * * *",
    "contents": {"en": "Swords for $$5"},
    "filters": [{"field": "tag", "key": "likes", "relation": "=", "value": "swords"}],
}


async def a_phone(onesignal: OneSignalStub, name: str, **tags: str) -> str:
    body = {
        "app_id": onesignal.app_id,
        "device_type": 1,
        "identifier": name,
        "tags": tags,
        "notification_types": 1,
    }
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{onesignal.url}/players", json=body) as answer,
    ):
        return str((await answer.json())["id"])


@pytest.mark.asyncio
async def test_a_schedule_pushes_to_its_segment_every_day_at_its_hour(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    phones = {await a_phone(onesignal, "one"), await a_phone(onesignal, "two")}
    now = datetime.fromtimestamp(START, UTC)
    to_six = 18 * 3600 - (now.hour * 3600 + now.minute * 60 + now.second)
    async with start(push__on_event=[REMINDER]) as server:
        clock.advance(to_six - 1)
        await server.settle()
        assert len(server.pushes) == 0
        clock.advance(1)
        await server.settle()
        (record,) = await ended(server, 1)
        assert (record.event, record.outcome) == ("schedule:reminder", PushOutcome.SENT)
        assert (record.user_id, record.audience) == ("", {"included_segments": ["All"]})
        assert record.recipients == 2
        assert {push.player_id for push in onesignal.pushes} == phones
        clock.advance(3 * DAY)
        await server.settle()
        await ended(server, 4)
        assert len(server.pushes) == 4
        assert len(onesignal.pushes) == 8


@pytest.mark.asyncio
async def test_the_console_shows_the_audience_and_the_rule_of_a_push(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    await a_phone(onesignal, "one")
    async with start(push__on_event=[REMINDER]) as server:
        clock.advance(DAY)
        await ended(server, 1)
        url = f"{server.console_url}/_control/console/pushes"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            (push,) = (await answer.json())["items"]
    assert push["audience"] == {"included_segments": ["All"]}
    assert push["rule"] == {**REMINDER, "also_online": False}
    assert (push["user_id"], push["username"], push["recipients"]) == ("", "", 1)


@pytest.mark.asyncio
async def test_a_promotion_reaches_those_who_match_its_filters(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    fan, _ = await a_phone(onesignal, "fan", likes="swords"), await a_phone(onesignal, "other")
    async with start(push__on_event=[PROMOTION]) as server:
        clock.advance(DAY)
        (record,) = await ended(server, 1)
        assert record.audience == {"filters": PROMOTION["filters"]}
    assert [(push.player_id, push.contents) for push in onesignal.pushes] == [
        (fan, "Swords for $5")
    ]


@pytest.mark.asyncio
async def test_re_engagement_reaches_the_phone_that_was_not_used(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    rule = {
        **REMINDER,
        "included_segments": [],
        "filters": [{"field": "last_session", "relation": ">", "hours_ago": "72"}],
        "excluded_segments": ["Banned"],
    }
    away = await a_phone(onesignal, "away")
    await onesignal.advance(4 * DAY)
    async with PushDevice(
        onesignal.url, onesignal.app_id, info=RegistrationInfo(platform="android")
    ) as here:
        await here.register()
        async with start(push__on_event=[rule]) as server:
            clock.advance(DAY)
            await ended(server, 1)
    assert [push.player_id for push in onesignal.pushes] == [away]


@pytest.mark.asyncio
async def test_an_event_of_the_games_own_may_have_an_audience(
    start: Start, onesignal: OneSignalStub
) -> None:
    rule = {
        "event": "event:sale",
        "contents": {"en": "$percent % off"},
        "included_segments": ["All"],
        "data": {"percent": "$percent"},
    }
    device = await a_phone(onesignal, "one")
    async with start(push__on_event=[rule]) as server:
        server.nk.event("sale", {"percent": "20"})
        (record,) = await ended(server, 1)
    assert (record.outcome, record.recipients) == (PushOutcome.SENT, 1)
    (push,) = onesignal.pushes
    assert (push.player_id, push.contents, push.data["percent"]) == (device, "20 % off", "20")


@pytest.mark.asyncio
async def test_an_audience_that_is_refused_or_empty_is_recorded_with_the_reason(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {
        **PROMOTION,
        "filters": [{"field": "last_session", "relation": "=", "hours_ago": "1"}],
    }
    async with start(push__on_event=[REMINDER, wrong]) as server:
        clock.advance(DAY)
        await server.settle()
        records = {record.event: record for record in await ended(server, 2)}
    assert records["schedule:reminder"].outcome == PushOutcome.NOBODY_REACHED
    assert records["schedule:promotion"].outcome == PushOutcome.FAILED
    assert "relation" in records["schedule:promotion"].reason
    assert "push schedule:promotion failed" in caplog.text


class Moments:
    """Which moments of a schedule every hour a server should have pushed."""

    def __init__(self, began: float) -> None:
        self.began = began

    def until(self, now: float) -> int:
        return int(now // 3600) - int(self.began // 3600)


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["advance", "restart", "advance while it does not run", "restore"]),
            st.integers(0, 12 * 3600),
        ),
        min_size=1,
        max_size=5,
    )
)
@pytest.mark.asyncio
async def test_each_time_of_a_schedule_is_pushed_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    clock = Clock(stopped_at=START)
    data = tmp_path_factory.mktemp("data") / "nakama.db"
    moments = Moments(START)
    async with OneSignalStub() as onesignal:
        await a_phone(onesignal, "one")
        config = Config.from_settings(
            {"onesignal.url": onesignal.url, "push.on_event": [{**REMINDER, "cron": "0 * * * *"}]}
        )
        server = MockServer(config, clock=clock, data=data)
        await server.start()
        try:
            for what, seconds in steps:
                if what == "advance while it does not run":
                    await server.stop()
                    clock.advance(seconds)
                    server = MockServer(config, clock=clock, data=data)
                    await server.start()
                elif what == "restart":
                    await server.restart()
                elif what == "restore":
                    await server.restore(await server.snapshot())
                else:
                    clock.advance(seconds)
                await server.settle()
            due = moments.until(clock.time())
            if len(server.pushes):
                await server.pushes.wait_for(
                    lambda _: all(each.outcome != PushOutcome.PENDING for each in server.pushes),
                    timeout=60,
                )
            assert len(onesignal.pushes) == due
        finally:
            await server.stop()


@pytest.mark.slow
@pytest.mark.asyncio
async def test_more_than_a_thousand_times_at_once_are_skipped_and_logged(
    start: Start, clock: WatchedClock, caplog: pytest.LogCaptureFixture
) -> None:
    rule = {**REMINDER, "cron": "* * * * *"}
    async with start(push__on_event=[rule], push__queue_size=5000) as server:
        clock.advance(1100 * 60)
        await server.settle()
        assert len(server.pushes) == 1000
        assert "schedule:reminder was due more than 1000 times at once" in caplog.text
        clock.advance(60)
        await server.settle()
        assert len(server.pushes) == 1001


@pytest.mark.asyncio
async def test_a_schedule_that_is_over_is_reported(
    start: Start, clock: WatchedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with start(push__on_event=[{**REMINDER, "cron": "0 18 1 1 * 2020"}]) as server:
        clock.advance(400 * DAY)
        await server.settle()
        assert len(server.pushes) == 0
    assert "schedule:reminder has no further time: 0 18 1 1 * 2020" in caplog.text


@pytest.mark.asyncio
async def test_a_schedule_with_another_expression_or_without_a_rule_begins_again(
    onesignal: OneSignalStub, clock: WatchedClock, tmp_path: Path
) -> None:
    def server_with(*rules: Any) -> MockServer:
        config = Config.from_settings({"onesignal.url": onesignal.url, "push.on_event": rules})
        return MockServer(config, clock=clock, data=tmp_path / "nakama.db")

    async with server_with(REMINDER, PROMOTION):
        pass
    clock.advance(10 * DAY)
    async with server_with({**REMINDER, "cron": "0 19 * * *"}) as server:
        await server.settle()
        assert len(server.pushes) == 0
    async with server_with(REMINDER, PROMOTION) as server:
        await server.settle()
        assert len(server.pushes) == 0


@pytest.mark.asyncio
async def test_a_push_of_a_schedule_that_waits_is_sent_once_by_the_server_started_next(
    onesignal: OneSignalStub, clock: WatchedClock, tmp_path: Path
) -> None:
    device = await a_phone(onesignal, "one")
    async with FlakyOneSignal(onesignal.url) as flaky:
        config = Config.from_settings({"onesignal.url": flaky.url, "push.on_event": [REMINDER]})
        flaky.then(breaks)
        async with MockServer(config, clock=clock, data=tmp_path / "nakama.db") as server:
            clock.advance(DAY)
            left = await server.pushes.wait_for(lambda record: bool(record.failures))
        async with MockServer(config, clock=clock, data=tmp_path / "nakama.db") as server:
            (sent,) = await ended(server, 1)
            assert (sent.id, sent.audience) == (left.id, {"included_segments": ["All"]})
    assert [push.player_id for push in onesignal.pushes] == [device]


@pytest.mark.asyncio
async def test_rules_are_added_over_http_until_the_reset(
    start: Start, onesignal: OneSignalStub, clock: WatchedClock
) -> None:
    async def post(server: MockServer, rules: Any) -> tuple[int, Any]:
        url = f"{server.console_url}/_control/push_rules"
        async with aiohttp.ClientSession() as http, http.post(url, json={"rules": rules}) as answer:
            return answer.status, await answer.json()

    await a_phone(onesignal, "one")
    async with start(push__on_event=[]) as server:
        status, answer = await post(server, [REMINDER])
        assert (status, answer) == (200, {"rules": [REMINDER]})
        for wrong, problem in (
            ({**PROMOTION, "titles": {}}, "a rule has event, contents"),
            ({**PROMOTION, "cron": "soon"}, "cron must be a cron expression"),
        ):
            status, answer = await post(server, [{"event": 7, "contents": {"en": "x"}}, wrong])
            assert status == 400
            assert problem in answer["error"]
        assert (await post(server, 5))[0] == 400
        assert [rule.event for rule in server.pushes.rules.all()] == ["schedule:reminder"]
        clock.advance(DAY)
        (record,) = await ended(server, 1)
        assert record.outcome == PushOutcome.SENT
        await server.reset()
        clock.advance(DAY)
        await server.settle()
        assert len(server.pushes) == 0
        server.add_push_rules([PushRule(**PROMOTION)])
        clock.advance(DAY)
        await server.settle()
        assert [each.event for each in server.pushes] == ["schedule:promotion"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"cron": ""}, "an event schedule:NAME has a cron expression"),
        ({"cron": "every day"}, "cron must be a cron expression, as '0 18"),
        ({"cron": "0 25 * * *"}, "cron must be"),
        ({"cron": 5}, "cron must be a text"),
        ({"cron": "30-20 * * * *"}, "cron must be"),
        ({"event": "event:x"}, "an event schedule:NAME has a cron expression, and no other has"),
        ({"event": "schedule:"}, "there is no event 'schedule:'"),
        ({"included_segments": []}, "a schedule has no user; name included_segments or filters"),
        ({"included_segments": "All"}, "segments must be a list of names"),
        ({"included_segments": [""]}, "segments must be a list of names"),
        ({"filters": [{"field": "tag"}]}, "included_segments or filters, not both"),
        ({"contents": {"en": "$name"}}, r"a schedule has nothing for a \$name"),
        ({"data": {"x": "$name"}}, r"a schedule has nothing for a \$name"),
        ({"data": {"event": "x"}}, "data has 'event' already"),
        ({"also_online": True}, "segments and filters are the audience"),
        ({"target": "player_id"}, "segments and filters are the audience"),
        ({"recipients": "user"}, "recipients"),
    ],
)
def test_a_schedule_that_can_not_work_is_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidRule, match=problem):
        Config.from_settings({"push.on_event": [{**REMINDER, **change}]})


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"event": 7, "included_segments": ["All"]}, "7 happens to a user, who gets the push"),
        ({"event": "direct_message", "filters": [{"field": "tag"}]}, "happens to a user"),
        ({"event": "event:x", "filters": [{"field": "tags"}]}, "field must be one of last_session"),
        ({"event": "event:x", "filters": [{"operator": "XOR"}]}, "operator must be AND or OR"),
        ({"event": "event:x", "filters": [{"field": "tag", "relation": "~"}]}, "relation must be"),
        ({"event": "event:x", "filters": [{"field": "tag", "val": 1}]}, "a filter has field, rel"),
        ({"event": "event:x", "filters": ["tag"]}, "filters must be objects"),
        ({"event": "event:x", "filters": {"field": "tag"}}, "filters must be a list"),
        ({"event": "event:x", "excluded_segments": ["Banned"]}, "excluded_segments are taken from"),
        ({"event": "event:"}, "there is no event 'event:'"),
        ({"event": 7, "recipients": "buyer"}, "recipients are named by properties of event:NAME"),
        ({"event": "rpc:x", "recipients": 5}, "recipients must be a text"),
        ({"event": "event:x", "data": {"x": "5 $"}}, r"data\['x'\] must be a text"),
    ],
)
def test_an_audience_that_can_not_be_is_refused(rule: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidRule, match=problem):
        Config.from_settings({"push.on_event": [{"contents": {"en": "x"}, **rule}]})


def test_a_function_can_not_have_a_schedule_or_recipients_of_a_notification() -> None:
    server = MockServer()
    with pytest.raises(InvalidRule, match="a schedule is made by a PushRule"):
        server.pushes.on_event("schedule:reminder")
    with pytest.raises(InvalidRule, match="has its own recipients"):
        server.pushes.on_event(7, recipients="buyer")
