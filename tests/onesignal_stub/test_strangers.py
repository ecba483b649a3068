"""Web pages and other machines cannot drive the stub's control routes or read its inbox."""

import aiohttp
import pytest

from onesignal_stub import OneSignalStub

from .conftest import NOW, Backend
from .test_control import start

TEXT = {"Content-Type": "text/plain"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_control/clock", '{"advance": 60}'),
        ("POST", "/_control/reset", None),
        ("POST", "/_control/faults", '{"fault": "reset"}'),
        ("POST", "/_control/webhooks", '{"url": "http://attacker.example"}'),
        ("POST", "/_control/pushes/1/open", None),
        ("DELETE", "/_control/pushes", None),
        ("PUT", "/_control/rate_limit", '{"requests": 0}'),
    ],
)
@pytest.mark.asyncio
async def test_a_web_page_changes_nothing(
    method: str, path: str, body: str | None, backend: Backend
) -> None:
    player = await backend.player()
    await backend.send(include_player_ids=[player])
    for headers in (
        TEXT,
        {"Content-Type": "application/json", "Origin": "https://attacker.example"},
        {"Content-Type": "application/json", "Host": "attacker.example"},
    ):
        url = f"{backend.stub.url}{path}"
        async with backend.http.request(method, url, data=body, headers=headers) as answer:
            assert answer.status in (403, 415)
            assert (await answer.json())["error"]
    assert backend.stub.clock.time() == NOW
    assert [push.opened_at for push in backend.stub.pushes] == [None]
    assert len(backend.stub.faults) == 0
    assert (await backend.send(include_player_ids=[player])).body["recipients"] == 1


@pytest.mark.parametrize(
    "path", ["/", "/_control/pushes", "/_control/events", "/_web/kit/base.css", "/%5fcontrol/state"]
)
@pytest.mark.asyncio
async def test_a_rebound_name_reads_nothing(path: str, backend: Backend) -> None:
    host = {"Host": "rebound.attacker.example:8890"}
    answer = await backend("GET", path, headers=host)
    assert answer.status == 403
    assert "--control.allow_host" in answer.body["error"]


@pytest.mark.asyncio
async def test_backends_may_call_the_api_under_any_name(backend: Backend) -> None:
    body = {"app_id": backend.stub.app_id, "device_type": 1, "identifier": "t"}
    headers = {"Host": "onesignal", "Origin": "https://game.example"}
    assert (await backend("POST", "/players", body, headers=headers)).status == 200


@pytest.mark.asyncio
async def test_an_allowed_name_and_a_login_on_the_network() -> None:
    async with (
        OneSignalStub(host="0.0.0.0", allow_host=["stub"], user_key="k") as stub,
        aiohttp.ClientSession() as http,
    ):
        url = f"http://127.0.0.1:{stub.url.rpartition(':')[2]}"
        login = {"Authorization": "Basic YWRtaW46aw=="}  # admin:k
        for headers, status in (
            ({"Host": "stub"}, 401),
            ({"Host": "stub", **login}, 200),
            ({"Host": "other", **login}, 403),
            (login, 200),
        ):
            for path in ("/", "/_control/state", "/_web/kit/base.css"):
                async with http.get(url + path, headers=headers) as answer:
                    assert answer.status == status


@pytest.mark.slow
@pytest.mark.asyncio
async def test_a_name_is_allowed_on_the_command_line() -> None:
    process, url = await start("--control.allow_host", "one", "--control.allow_host", "two")
    async with aiohttp.ClientSession() as http:
        for host, status in (("one", 200), ("two:8890", 200), ("three", 403)):
            async with http.get(f"{url}/_control/state", headers={"Host": host}) as answer:
                assert answer.status == status
    process.terminate()
    await process.communicate()


@pytest.mark.asyncio
async def test_pages_come_with_a_policy(backend: Backend) -> None:
    for path in (
        "/",
        "/_web/inbox/inbox.js",
        "/_web/kit/dom.js",
        "/_web/kit/base.css",
        "/_web/kit/icon.svg",
    ):
        async with backend.http.get(backend.stub.url + path) as answer:
            assert answer.status == 200
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            tag = answer.headers["ETag"]
        unchanged = {"If-None-Match": tag}
        async with backend.http.get(backend.stub.url + path, headers=unchanged) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
    for path in ("/_web/kit/other.js", "/_web/kit/..%2ffiles.py", "/_web/kit/%2e%2e"):
        assert (await backend("GET", path)).status == 404
