"""The server's client for OneSignal, against the stub."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

import nakama_client
from mock_server.config import OneSignalConfig
from mock_server.features.push.errors import NoAnswer, NobodyReached, Overloaded, Refused
from mock_server.features.push.message import PushMessage
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.retries import PushRetryPolicy
from mock_server.features.push.targets import ExternalUserIds, PlayerIds
from onesignal_stub import OneSignalStub
from server_kit import Clock
from tests.mock_server.push.flaky import FlakyOneSignal, answers, breaks, loses_the_answer
from tests.web_server import serving_app

TAPE = Path(__file__).parents[2] / "tapes" / "register_push.json"
HELLO = PushMessage(
    contents={"en": "Hello", "de": "Hallo"}, headings={"en": "Hey", "de": "Hey"}, data={"a": 1}
)


class Waits:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def client_for(url: str, *, key: str = "someapikey", **options: Any) -> OneSignal:
    options = {"sleep": Waits(), "retry": PushRetryPolicy(attempts=3, random=lambda: 0.0)} | options
    return OneSignal(OneSignalConfig(url=url, rest_key=key), Clock(), **options)


@pytest_asyncio.fixture
async def api(onesignal: OneSignalStub) -> AsyncIterator[OneSignal]:
    client = client_for(onesignal.url)
    yield client
    await client.close()


@pytest.mark.asyncio
async def test_a_device_is_added_with_the_request_that_the_tape_has() -> None:
    recorded = json.loads(TAPE.read_text())["steps"][2]["request"]
    seen: list[tuple[web.Request, str]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request, await request.text()))
        return web.json_response({"success": True, "id": "the-id"})

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    async with serving_app(app) as url:
        client = client_for(url)
        assert await client.create_player(1, "apns-token-{{run}}") == "the-id"
        await client.close()

    ((request, text),) = seen
    assert request.path == recorded["path"]
    names = {name.lower(): value for name, value in recorded["headers"]}
    assert {name.lower() for name in request.headers} == set(names)
    for name in ("accept", "authorization", "content-type", "accept-encoding"):
        assert request.headers[name] == names[name]
    assert text == recorded["body_text"].replace(
        "nakama-onesignal/0.1.0", f"nakama-mock/{nakama_client.__version__}"
    )


@pytest.mark.asyncio
async def test_a_known_device_keeps_its_player_id(api: OneSignal) -> None:
    first = await api.create_player(1, "token")
    assert await api.create_player(1, "token", language="de") == first
    assert await api.create_player(1, "another") != first


@pytest.mark.asyncio
async def test_each_kind_of_target_reaches_its_devices(
    api: OneSignal, onesignal: OneSignalStub
) -> None:
    ada = await api.create_player(1, "ada's", language="de")
    bob = await api.create_player(0, "bob's")
    await edit_player(onesignal, ada, external_user_id="ada")
    for target, expected in ((PlayerIds([bob]), {bob}), (ExternalUserIds(["ada"]), {ada})):
        created = await api.create_notification(HELLO, target)
        pushes = onesignal.find_pushes(notification_id=created.id)
        assert {push.player_id for push in pushes} == expected
        assert created.recipients == len(expected)
        assert not created.replayed
    texts = {push.player_id: (push.contents, push.heading) for push in onesignal.pushes}
    assert texts == {ada: ("Hallo", "Hey"), bob: ("Hello", "Hey")}


async def edit_player(onesignal: OneSignalStub, player_id: str, **fields: Any) -> None:
    async with aiohttp.ClientSession() as http:
        body = {"app_id": onesignal.app_id, **fields}
        async with http.put(f"{onesignal.url}/players/{player_id}", json=body) as answer:
            assert answer.status == 200


@pytest.mark.asyncio
async def test_a_send_reports_the_players_that_are_not_subscribed(
    api: OneSignal, onesignal: OneSignalStub
) -> None:
    here, gone = await api.create_player(1, "here"), await api.create_player(1, "gone")
    await edit_player(onesignal, gone, notification_types=-2)
    created = await api.create_notification(HELLO, PlayerIds([here, gone]))
    assert created.recipients == 1
    assert created.not_reached == (gone,)
    with pytest.raises(NobodyReached):
        await api.create_notification(HELLO, PlayerIds([gone]))


@pytest.mark.asyncio
async def test_a_scheduled_message_is_sent_later(api: OneSignal, onesignal: OneSignalStub) -> None:
    player = await api.create_player(1, "token")
    later = PushMessage(contents={"en": "Later"}, send_after=datetime.now(UTC) + timedelta(hours=1))
    await api.create_notification(later, PlayerIds([player]))
    assert onesignal.pushes == []
    await onesignal.advance(3601)
    assert [push.contents for push in onesignal.pushes] == ["Later"]


@pytest.mark.asyncio
async def test_a_repeated_key_gets_the_first_answer_and_sends_nothing(
    api: OneSignal, onesignal: OneSignalStub
) -> None:
    target = PlayerIds([await api.create_player(1, "token")])
    key = "3a9d1d54-6c23-4b06-8d39-1d4f0a6a7a11"
    first = await api.create_notification(HELLO, target, idempotency_key=key)
    second = await api.create_notification(HELLO, target, idempotency_key=key)
    assert second.id == first.id
    assert second.replayed
    assert len(onesignal.pushes) == 1


@pytest.mark.asyncio
async def test_a_wrong_key_is_refused_and_not_shown(onesignal: OneSignalStub) -> None:
    client = client_for(onesignal.url, key="a secret key")
    with pytest.raises(Refused, match="Access denied") as caught:
        await client.create_notification(HELLO, ExternalUserIds(["a"]))
    assert "a secret key" not in repr(caught.value)
    assert len(onesignal.journal) == 1
    await client.close()


@pytest.mark.asyncio
async def test_a_lost_answer_is_asked_for_again_and_nothing_is_sent_twice(
    api: OneSignal, onesignal: OneSignalStub
) -> None:
    target = PlayerIds([await api.create_player(1, "token")])
    async with FlakyOneSignal(onesignal.url, loses_the_answer, breaks) as flaky:
        client = client_for(flaky.url)
        created = await client.create_notification(HELLO, target)
        await client.close()
    assert created.replayed
    assert len(onesignal.pushes) == 1
    assert len({body["idempotency_key"] for _, body in flaky.requests}) == 1
    assert len(flaky.requests) == 3


@pytest.mark.asyncio
async def test_retry_after_is_kept_to(onesignal: OneSignalStub) -> None:
    at_date = answers(503, Retry_After="Fri, 15 Jan 2027 08:00:40 GMT")
    behaviours = (answers(429, '{"errors":["API rate limit exceeded."]}', Retry_After="7"), at_date)
    waits = Waits()
    async with FlakyOneSignal(onesignal.url, *behaviours) as flaky:
        client = OneSignal(
            OneSignalConfig(url=flaky.url),
            Clock(stopped_at=datetime(2027, 1, 15, 8, tzinfo=UTC).timestamp()),
            sleep=waits,
            retry=PushRetryPolicy(attempts=3, random=lambda: 0.0),
        )
        await client.create_player(1, "token")
        await client.close()
    assert waits.seconds == [7.0, 40.0]


@pytest.mark.asyncio
async def test_a_request_raises_after_the_last_attempt(onesignal: OneSignalStub) -> None:
    async with FlakyOneSignal(onesignal.url, *[answers(502, "<html>Bad gateway")] * 3) as flaky:
        client = client_for(flaky.url)
        with pytest.raises(Overloaded, match="HTTP 502: <html>Bad gateway"):
            await client.create_player(1, "token")
        await client.close()
    assert len(flaky.requests) == 3


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"errors":["one","two"]}', "one; two"),
        ('{"errors":"Couldn\'t find app"}', "Couldn't find app"),
        ('{"errors":[{"code":"user-2","title":"claimed"}]}', "claimed"),
        ('{"errors":{"invalid_aliases":{"external_id":["a"]}}}', '"external_id": ["a"]'),
        ('{"errors":[{}]}', "{}"),
        ("{}", "no reason given"),
        ("nonsense", "nonsense"),
    ],
)
@pytest.mark.asyncio
async def test_every_shape_of_errors_is_read(
    onesignal: OneSignalStub, body: str, problem: str
) -> None:
    async with FlakyOneSignal(onesignal.url, answers(400, body)) as flaky:
        client = client_for(flaky.url)
        with pytest.raises(Refused) as caught:
            await client.create_player(1, "token")
        await client.close()
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("body", "not_reached", "recipients"),
    [
        ('{"id":"n"}', (), None),
        ('{"id":"n","recipients":2,"errors":["odd"]}', ("odd",), 2),
        ('{"id":"n","errors":{"invalid_aliases":{"external_id":["a","b"]}}}', ("a", "b"), None),
        ('{"id":"n","errors":null}', (), None),
    ],
)
@pytest.mark.asyncio
async def test_every_shape_of_a_partial_success_is_read(
    onesignal: OneSignalStub, body: str, not_reached: tuple[str, ...], recipients: int | None
) -> None:
    async with FlakyOneSignal(onesignal.url, answers(200, body)) as flaky:
        client = client_for(flaky.url)
        created = await client.create_notification(HELLO, ExternalUserIds(["a", "b"]))
        await client.close()
    assert (created.not_reached, created.recipients) == (not_reached, recipients)


@pytest.mark.asyncio
async def test_a_page_in_the_place_of_json_is_no_answer(onesignal: OneSignalStub) -> None:
    async with FlakyOneSignal(onesignal.url, *[answers(200, "<html>")] * 3) as flaky:
        client = client_for(flaky.url)
        with pytest.raises(NoAnswer, match="<html>"):
            await client.create_player(1, "token")
        await client.close()


@pytest.mark.asyncio
async def test_a_slow_answer_is_no_answer(onesignal: OneSignalStub) -> None:
    async with FlakyOneSignal(onesignal.url) as flaky:
        flaky.then(flaky.hangs)
        client = client_for(flaky.url, timeout=0.05, retry=PushRetryPolicy(attempts=1))
        with pytest.raises(NoAnswer, match=r"no answer within 0.05 s"):
            await client.create_player(1, "token")
        await client.close()


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8890", "http://127.0.0.1:8890/api/v1"),
        ("http://127.0.0.1:8890/", "http://127.0.0.1:8890/api/v1"),
        ("https://onesignal.com/api/v1", "https://onesignal.com/api/v1"),
        ("https://api.onesignal.com", "https://api.onesignal.com"),
    ],
)
def test_the_path_of_the_api_is_put_behind_the_address_once(url: str, base: str) -> None:
    assert client_for(url)._base == base
