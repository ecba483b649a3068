"""A phone and the website of its app: cookies, tokens that are posted, an endpoint that is down."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from nakama_client import ConnectionFailed, PushDevice, RegistrationInfo
from onesignal_stub import OneSignalStub
from tests.client.scripted import ScriptedServer


class Site(ScriptedServer):
    """The app's website: pages that answer as the test says, and an endpoint at `/push`."""

    def __init__(self) -> None:
        super().__init__(answer=self._answer)
        self.posted: asyncio.Queue[tuple[dict[str, Any], dict[str, str]]] = asyncio.Queue()
        self.pages: dict[str, web.Response] = {}
        self.statuses: list[int] = []
        self.endpoint_cookie = ""

    async def _answer(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            return self.pages.pop(request.path, web.Response(status=404))
        self.posted.put_nowait((json.loads(await request.text()), dict(request.cookies)))
        answer = web.Response(status=self.statuses.pop(0) if self.statuses else 200)
        if self.endpoint_cookie:
            answer.headers.add("Set-Cookie", self.endpoint_cookie)
        return answer

    def page(self, path: str, *set_cookies: str, location: str = "") -> None:
        self.pages[path] = web.Response(status=302 if location else 200)
        for each in set_cookies:
            self.pages[path].headers.add("Set-Cookie", each)
        if location:
            self.pages[path].headers["Location"] = location


@pytest_asyncio.fixture
async def onesignal() -> AsyncIterator[OneSignalStub]:
    async with OneSignalStub() as stub:
        yield stub


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as site:
        yield site


MakePhone = Callable[..., AbstractAsyncContextManager[PushDevice]]


@pytest.fixture
def make_phone(onesignal: OneSignalStub, site: Site) -> MakePhone:
    @asynccontextmanager
    async def make(**more: Any) -> AsyncIterator[PushDevice]:
        options = {"registration_url": f"{site.url}/push", "page_pattern": "/welcome", **more}
        async with PushDevice(onesignal.url, onesignal.app_id, **options) as phone:
            yield phone

    return make


async def notification_types(onesignal: OneSignalStub, phone: PushDevice) -> int:
    url = f"{onesignal.url}/players/{phone.info.one_signal_user_id}?app_id={onesignal.app_id}"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return int((await answer.json())["notification_types"])


@pytest.mark.asyncio
async def test_register_posts_a_token_once(make_phone: MakePhone, site: Site) -> None:
    async with make_phone() as phone:
        assert await phone.register() is not None
        assert await phone.register() is None
        assert await phone.change_token("another") is not None
        assert await phone.change_token("another") is None
        assert await phone.register() is None
        assert await phone.load_page("https://game.test/welcome") is not None
        assert await phone.reinstall() is not None
    assert site.posted.qsize() == 4


@pytest.mark.asyncio
async def test_register_keeps_a_phone_unsubscribed(
    make_phone: MakePhone, onesignal: OneSignalStub
) -> None:
    async with make_phone() as phone:
        await phone.register()
        await phone.unsubscribe()
        await phone.register()
        assert phone.info.one_signal_subscribed is False
        assert await notification_types(onesignal, phone) == -2
        await phone.decline_consent()
        await phone.give_consent()
        assert phone.info.one_signal_subscribed is False
        await phone.subscribe()
        await phone.register()
        assert phone.info.one_signal_subscribed is True
        await phone.unsubscribe()
        await phone.reinstall()
        assert phone.info.one_signal_subscribed is True


@pytest.mark.asyncio
async def test_load_page_keeps_the_cookies_of_a_login_and_follows_its_redirect(
    make_phone: MakePhone, site: Site
) -> None:
    site.page("/login", "session=of-ada; Path=/; HttpOnly", location="/welcome")
    site.page("/welcome", "only=here; Path=/welcome", "gone=1; Path=/; Max-Age=0")
    async with make_phone() as phone:
        assert await phone.load_page(f"{site.url}/login") is not None
        assert phone.cookies == {"session": "of-ada"}
        _, cookies = site.posted.get_nowait()
        assert cookies == {"session": "of-ada"}
        site.page("/logout", "session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
        await phone.load_page(f"{site.url}/logout")
        assert phone.cookies == {}


@pytest.mark.asyncio
async def test_register_keeps_the_cookies_of_the_endpoint(
    make_phone: MakePhone, site: Site
) -> None:
    site.endpoint_cookie = "csrf=x; Path=/"
    async with make_phone(cookies={"theme": "dark"}) as phone:
        await phone.register()
        assert phone.cookies == {"theme": "dark", "csrf": "x"}
        phone.cookies["theme"] = "light"
        await phone.load_page("https://game.test/welcome")
        _, first = site.posted.get_nowait()
        _, second = site.posted.get_nowait()
        assert (first, second) == ({"theme": "dark"}, {"theme": "light", "csrf": "x"})
        await phone.reinstall()
        _, third = site.posted.get_nowait()
        assert third == {}


@pytest.mark.asyncio
async def test_cookies_are_bounded(make_phone: MakePhone, site: Site) -> None:
    async with make_phone() as phone:
        for page in range(10):
            many = [f"c{page}-{index}={index}; Path=/" for index in range(30)]
            site.page("/many", *many, f"long={'x' * 5000}; Path=/")
            await phone.load_page(f"{site.url}/many")
        assert len(phone.cookies) == 180
        assert "c9-29" in phone.cookies


@pytest.mark.asyncio
async def test_load_page_raises_when_the_page_is_not_there(make_phone: MakePhone) -> None:
    async with Site() as gone:
        url = gone.url
    async with make_phone(registration_url=f"{url}/push") as phone:
        with pytest.raises(ConnectionFailed):
            await phone.load_page(f"{url}/welcome")


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.asyncio
async def test_load_page_posts_although_the_pages_function_fails(
    make_phone: MakePhone, site: Site, caplog: pytest.LogCaptureFixture, told: bool
) -> None:
    errors: list[Exception] = []
    received: list[RegistrationInfo] = []
    async with make_phone() as phone:
        if told:
            phone.on_error(errors.append)

        @phone.on_onesignal_info
        async def broken(info: RegistrationInfo) -> None:
            raise KeyError("no such element")

        phone.on_onesignal_info(received.append)
        with caplog.at_level(logging.WARNING, "nakama_client.push"):
            reply = await phone.load_page("https://game.test/welcome")
    assert reply is not None
    assert reply.status == 200
    assert len(received) == 1
    if told:
        assert [repr(each) for each in errors] == ["KeyError('no such element')"]
    else:
        assert "broken failed: 'no such element'" in caplog.text


@pytest.mark.asyncio
async def test_register_succeeds_when_the_endpoint_is_down(make_phone: MakePhone) -> None:
    errors: list[Exception] = []
    async with Site() as site:
        url = site.url
    async with make_phone(registration_url=f"{url}/push") as phone:
        phone.on_error(errors.append)
        assert await phone.register() is None
        assert phone.info.one_signal_user_id
        (error,) = errors
        assert isinstance(error, ConnectionFailed)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.asyncio
async def test_register_posts_again_until_the_endpoint_takes_it(
    make_phone: MakePhone, site: Site, status: int
) -> None:
    site.statuses = [status, status, 200]
    async with make_phone() as phone:
        reply = await phone.register()
        assert reply is not None
        assert reply.status == status
        for _ in range(3):
            posted, _ = await asyncio.wait_for(site.posted.get(), 20)
            assert posted["oneSignalUserId"] == phone.info.one_signal_user_id
        assert await phone.register() is None
    assert site.posted.empty()


@pytest.mark.asyncio
async def test_info_before_onesignal_has_answered_says_nothing_of_the_subscription(
    make_phone: MakePhone, site: Site
) -> None:
    async with make_phone() as phone:
        await phone.load_page("https://game.test/welcome")
    posted, _ = site.posted.get_nowait()
    assert "oneSignalUserId" not in posted
    assert "oneSignalSubscribed" not in posted
