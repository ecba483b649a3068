"""The phone's side of push, against the OneSignal stub and an app's server."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from nakama_client import (
    ArgumentError,
    ClientClosed,
    ConnectionFailed,
    DeviceType,
    NotRegistered,
    PushDevice,
    PushRefused,
    RegistrationInfo,
    TimeoutExceeded,
)
from onesignal_stub import OneSignalStub
from tests.client.scripted import ScriptedServer

SEED = (Path(__file__).parent / "data" / "registration.json").read_text()


class Site(ScriptedServer):
    """The app's server: it remembers what is posted, and answers 200."""

    def __init__(self) -> None:
        super().__init__(answer=self._take)
        self.posted: list[dict[str, Any]] = []
        self.status = 200

    async def _take(self, request: web.Request) -> web.Response:
        self.posted.append(await request.json())
        return web.Response(status=self.status, text="thanks")


@pytest_asyncio.fixture
async def onesignal() -> AsyncIterator[OneSignalStub]:
    async with OneSignalStub() as stub:
        yield stub


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as site:
        yield site


@pytest_asyncio.fixture
async def phone(onesignal: OneSignalStub, site: Site) -> AsyncIterator[PushDevice]:
    info = RegistrationInfo(language="de", time_zone="Asia/Kolkata", app_version="2.1")
    async with PushDevice(
        onesignal.url,
        onesignal.app_id,
        info=info,
        registration_url=f"{site.url}/push",
        page_pattern="/dashboard",
    ) as phone:
        yield phone


async def players(onesignal: OneSignalStub) -> list[dict[str, Any]]:
    url = f"{onesignal.url}/players?app_id={onesignal.app_id}"
    headers = {"Authorization": f"Basic {onesignal.rest_key}"}
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return (await answer.json())["players"]


def test_registration_info_reads_and_writes_the_seeds_json_unchanged() -> None:
    given = json.loads(SEED)
    info = RegistrationInfo.from_json(given)
    assert info.one_signal_user_id == "xxxxxxx"
    assert info.time_zone == "America/New_York"
    assert json.dumps(info.to_json(), indent=4) == SEED.rstrip("\n")
    assert PushDevice("http://127.0.0.1", "app", info=info).info == info


def test_to_json_leaves_none_out() -> None:
    written = RegistrationInfo(platform="android").to_json()
    assert "oneSignalUserId" not in written
    assert "oneSignalPushToken" not in written
    assert (written["model"], written["os"]) == ("Pixel 8", "Android")


def test_registration_info_repr_holds_no_push_token() -> None:
    info = RegistrationInfo(one_signal_push_token="a secret")
    assert "a secret" not in repr(info)
    assert "a secret" not in repr(PushDevice("http://127.0.0.1", "app", info=info))


@pytest.mark.asyncio
async def test_register_sends_what_onesignals_sdk_sends(
    phone: PushDevice, onesignal: OneSignalStub
) -> None:
    assert phone.info.one_signal_user_id is None
    assert phone.info.one_signal_push_token
    await phone.register()
    (player,) = await players(onesignal)
    assert player["id"] == phone.info.one_signal_user_id
    assert player["identifier"] == phone.info.one_signal_push_token
    expected = {
        "device_type": 0,
        "language": "de",
        "timezone": 19_800,
        "game_version": "2.1",
        "device_model": "iPhone",
        "device_os": "17.0",
        "notification_types": 1,
    }
    assert {name: player[name] for name in expected} == expected
    assert phone.info.one_signal_subscribed
    assert phone.device_type == DeviceType.IOS


@pytest.mark.asyncio
async def test_register_leaves_an_unknown_time_zone_out(onesignal: OneSignalStub) -> None:
    info = RegistrationInfo(time_zone="Nowhere/Land")
    async with PushDevice(f"{onesignal.url}/api/v1/", onesignal.app_id, info=info) as phone:
        await phone.register()
    (player,) = await players(onesignal)
    assert not player["timezone"]


@pytest.mark.asyncio
async def test_register_again_keeps_the_player_id(
    phone: PushDevice, onesignal: OneSignalStub
) -> None:
    await phone.register()
    before = phone.info
    await phone.register()
    assert phone.info == before
    assert len(await players(onesignal)) == 1


@pytest.mark.asyncio
async def test_load_page_calls_on_onesignal_info(phone: PushDevice) -> None:
    told: list[RegistrationInfo] = []
    handler = phone.on_onesignal_info(told.append)

    @phone.on_onesignal_info
    async def slow(info: RegistrationInfo) -> None:
        told.append(info)

    await phone.load_page("https://game.test/login")
    await phone.register()
    await phone.load_page("https://game.test/login")
    handler.remove()
    slow.remove()
    await phone.load_page("https://game.test/login")
    ids = [info.one_signal_user_id for info in told]
    assert ids == [None, None, *[phone.info.one_signal_user_id] * 2]


@pytest.mark.asyncio
async def test_register_and_load_page_post_the_registration(phone: PushDevice, site: Site) -> None:
    reply = await phone.register()
    assert reply is not None
    assert (reply.status, reply.body) == (200, "thanks")
    assert await phone.load_page("https://game.test/login") is None
    assert await phone.load_page("https://game.test/dashboard?tab=1") is not None
    assert site.posted == [phone.info.to_json()] * 2


@pytest.mark.asyncio
async def test_load_page_posts_on_every_page_that_matches(
    onesignal: OneSignalStub, site: Site
) -> None:
    async with PushDevice(
        onesignal.url, onesignal.app_id, registration_url=site.url, page_pattern=".*"
    ) as phone:
        for url in ("https://game.test/", "https://elsewhere.test/x"):
            assert await phone.load_page(url)
    assert len(site.posted) == 2


@pytest.mark.asyncio
async def test_registration_carries_cookies_and_headers(
    onesignal: OneSignalStub, site: Site
) -> None:
    async with PushDevice(
        onesignal.url,
        onesignal.app_id,
        registration_url=site.url,
        page_pattern=".*",
        headers={"X-Game": "castle"},
        cookies={"theme": "dark"},
    ) as phone:
        await phone.load_page("https://game.test/")
        phone.cookies["session"] = "a.b.c=="
        phone.headers["Authorization"] = "Bearer t"
        await phone.load_page("https://game.test/")
    first, second = site.requests
    assert (first.headers["X-Game"], first.headers["Cookie"]) == ("castle", "theme=dark")
    assert second.headers["Cookie"] == "theme=dark; session=a.b.c=="
    assert second.headers["Authorization"] == "Bearer t"
    assert second.headers["Content-Type"] == "application/json"


@pytest.mark.asyncio
async def test_register_returns_a_refusal_of_the_apps_server(phone: PushDevice, site: Site) -> None:
    site.status = 401
    reply = await phone.register()
    assert reply is not None
    assert reply.status == 401
    assert phone.info.one_signal_user_id


@pytest.mark.asyncio
async def test_external_user_id_is_set_and_removed(
    phone: PushDevice, onesignal: OneSignalStub
) -> None:
    await phone.register()
    await phone.external_user_id.set("ada")
    (player,) = await players(onesignal)
    assert player["external_user_id"] == "ada"
    await phone.external_user_id.remove()
    (player,) = await players(onesignal)
    assert not player["external_user_id"]
    with pytest.raises(ArgumentError):
        await phone.external_user_id.set("")


@pytest.mark.asyncio
async def test_decline_consent_on_ios_gives_no_user_id(
    phone: PushDevice, onesignal: OneSignalStub, site: Site
) -> None:
    await phone.decline_consent()
    assert await phone.register() is None
    assert await players(onesignal) == []
    await phone.load_page("https://game.test/dashboard")
    (posted,) = site.posted
    assert "oneSignalUserId" not in posted
    assert "oneSignalPushToken" not in posted
    assert posted["oneSignalSubscribed"] is False
    with pytest.raises(NotRegistered):
        await phone.external_user_id.set("ada")
    await phone.give_consent()
    assert phone.info.one_signal_user_id
    assert site.posted[-1]["oneSignalSubscribed"] is True


@pytest.mark.asyncio
async def test_decline_consent_on_ios_hides_the_user_id(
    phone: PushDevice, onesignal: OneSignalStub
) -> None:
    await phone.register()
    player_id = phone.info.one_signal_user_id
    await phone.decline_consent()
    assert phone.info.one_signal_user_id is None
    (player,) = await players(onesignal)
    assert player["notification_types"] == -2
    await phone.give_consent()
    assert phone.info.one_signal_user_id == player_id


@pytest.mark.asyncio
async def test_decline_consent_on_android_gives_an_unsubscribed_player(
    onesignal: OneSignalStub,
) -> None:
    info = RegistrationInfo(platform="android")
    async with PushDevice(onesignal.url, onesignal.app_id, info=info) as phone:
        await phone.decline_consent()
        await phone.register()
        assert phone.info.one_signal_user_id
        assert not phone.info.one_signal_subscribed
    (player,) = await players(onesignal)
    assert (player["device_type"], player["notification_types"]) == (1, -2)


@pytest.mark.parametrize("platform", ["ios", "android"])
@pytest.mark.asyncio
async def test_register_waits_for_required_consent(onesignal: OneSignalStub, platform: Any) -> None:
    info = RegistrationInfo(platform=platform, one_signal_requires_user_privacy_consent=True)
    async with PushDevice(onesignal.url, onesignal.app_id, info=info) as phone:
        await phone.register()
        assert await players(onesignal) == []
        assert phone.info.one_signal_requires_user_privacy_consent
        await phone.give_consent()
        assert not phone.info.one_signal_requires_user_privacy_consent
        assert len(await players(onesignal)) == 1


@pytest.mark.asyncio
async def test_change_token_keeps_the_player(
    phone: PushDevice, onesignal: OneSignalStub, site: Site
) -> None:
    await phone.register()
    player_id = phone.info.one_signal_user_id
    await phone.change_token("fresh")
    assert phone.info.one_signal_push_token == "fresh"
    (player,) = await players(onesignal)
    assert (player["id"], player["identifier"]) == (player_id, "fresh")
    assert site.posted[-1]["oneSignalPushToken"] == "fresh"
    await phone.change_token()
    assert phone.info.one_signal_push_token not in (None, "fresh")


@pytest.mark.asyncio
async def test_reinstall_registers_another_player(
    phone: PushDevice, onesignal: OneSignalStub
) -> None:
    await phone.register()
    await phone.external_user_id.set("ada")
    phone.cookies["session"] = "x"
    before = phone.info
    await phone.reinstall()
    after = phone.info
    for name in ("one_signal_user_id", "one_signal_push_token", "installation_id"):
        assert getattr(after, name) != getattr(before, name)
    assert phone.cookies == {}
    old, new = sorted(
        await players(onesignal), key=lambda each: each["id"] == after.one_signal_user_id
    )
    assert (old["external_user_id"], bool(new["external_user_id"])) == ("ada", False)
    assert old["id"] == before.one_signal_user_id


@pytest.mark.asyncio
async def test_unsubscribe_and_subscribe_change_the_player(
    phone: PushDevice, onesignal: OneSignalStub
) -> None:
    with pytest.raises(NotRegistered, match="register"):
        await phone.unsubscribe()
    await phone.register()
    await phone.unsubscribe()
    assert not phone.info.one_signal_subscribed
    (player,) = await players(onesignal)
    assert player["notification_types"] == -2
    await phone.subscribe()
    assert phone.info.one_signal_subscribed


@pytest.mark.asyncio
async def test_push_refused_changes_nothing(
    onesignal: OneSignalStub,
) -> None:
    unknown = "11111111-1111-4111-8111-111111111111"
    async with PushDevice(onesignal.url, unknown) as phone:
        with pytest.raises(PushRefused, match="does not exist") as caught:
            await phone.register()
        assert caught.value.status == 404
        assert phone.info.one_signal_user_id is None
        assert not phone.info.one_signal_subscribed


@pytest.mark.asyncio
async def test_register_raises_for_an_answer_without_id() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"success": True})

    async with ScriptedServer(answer=answer) as server, PushDevice(server.url, "app") as phone:
        with pytest.raises(PushRefused):
            await phone.register()


@pytest.mark.asyncio
async def test_register_raises_when_onesignal_is_not_there() -> None:
    async with OneSignalStub() as gone:
        url = gone.url
    async with PushDevice(url, "app") as phone:
        with pytest.raises(ConnectionFailed):
            await phone.register()


@pytest.mark.asyncio
async def test_register_raises_when_onesignal_is_slow() -> None:
    async def answer(request: web.Request) -> web.Response:
        await server.stopped()
        return web.Response()

    server = ScriptedServer(answer=answer)
    async with server, PushDevice(server.url, "app", timeout=0.05) as phone:
        with pytest.raises(TimeoutExceeded, match=r"0.05 s"):
            await phone.register()


@pytest.mark.asyncio
async def test_register_raises_when_the_device_is_closed(onesignal: OneSignalStub) -> None:
    phone = PushDevice(onesignal.url, onesignal.app_id)
    await phone.close()
    await phone.close()
    with pytest.raises(ClientClosed):
        await phone.register()


@pytest.mark.parametrize(
    "make",
    [
        lambda: PushDevice("", "app"),
        lambda: PushDevice("http://127.0.0.1", ""),
        lambda: PushDevice("http://127.0.0.1", "app", page_pattern="("),
        lambda: PushDevice("http://127.0.0.1", "app", timeout=0),
        lambda: RegistrationInfo(platform="windows"),
    ],
)
def test_push_device_raises_for_bad_arguments(make: Any) -> None:
    with pytest.raises(ArgumentError):
        make()
