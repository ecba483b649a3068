"""Who may reach control routes and pages: Host, Origin, content type, login."""

import base64
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from server_kit import HostedServer
from server_kit.origin import Credentials, OriginGuard, is_loopback

JSON = {"Content-Type": "application/json"}


class Guarded(HostedServer):
    def __init__(self, guard: OriginGuard) -> None:
        super().__init__()
        self.url = ""
        self.calls = 0
        self._guard = guard

    async def _open(self) -> None:
        is_guarded = "/_control".__eq__
        app = web.Application(middlewares=[self._guard.middleware(is_guarded, everywhere=True)])
        app.router.add_route("*", "/_control", self._answer)
        app.router.add_route("*", "/other", self._answer)
        self.url = await self._serve(app, "127.0.0.1", 0)

    async def _close(self) -> None:
        pass

    async def _answer(self, request: web.Request) -> web.Response:
        self.calls += 1
        return web.Response()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Guarded]:
    async with Guarded(OriginGuard(["Mock"])) as running:
        yield running


async def status(
    server: Guarded,
    method: str,
    headers: Mapping[str, str],
    *,
    path: str = "/_control",
    body: bytes | None = None,
) -> int:
    async with (
        aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as http,
        http.request(method, server.url + path, headers=headers, data=body) as answer,
    ):
        return answer.status


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:7351", "a.localhost", "127.0.0.1:1", "127.8.8.8", "[::1]:7351"],
)
@pytest.mark.asyncio
async def test_requests_under_loopback_names_are_let_in(host: str, server: Guarded) -> None:
    assert await status(server, "GET", {"Host": host}) == 200
    assert await status(server, "POST", {"Origin": f"http://{host}"}) == 200
    assert await status(server, "POST", {"Origin": f"https://{host}"}) == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:7351",
        "localhost.attacker.example",
        "127.0.0.1.attacker.example",
        "0.0.0.0:7351",
        "192.168.1.5",
        "[::2]",
        "localhost@attacker.example",
        "[",
        "",
    ],
)
@pytest.mark.asyncio
async def test_foreign_hosts_and_origins_are_refused(host: str, server: Guarded) -> None:
    for path in ("/_control", "/other"):
        assert await status(server, "GET", {"Host": host}, path=path) in (400, 403)
        assert await status(server, "GET", {"Origin": f"http://{host}"}, path=path) == 403
    assert server.calls == 0


@pytest.mark.parametrize("origin", ["null", "file://", "localhost", "ftp://localhost"])
@pytest.mark.asyncio
async def test_an_origin_that_is_no_page_of_this_machine_is_refused(
    origin: str, server: Guarded
) -> None:
    assert await status(server, "POST", {"Origin": origin}) == 403


@pytest.mark.asyncio
async def test_requests_under_an_allowed_name_are_let_in(server: Guarded) -> None:
    assert await status(server, "GET", {"Host": "mock:7351"}) == 200
    assert await status(server, "POST", {"Host": "MOCK", "Origin": "http://mock:7351"}) == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", [b'{"advance": 60}', None])
@pytest.mark.asyncio
async def test_a_form_post_is_refused_with_415(
    method: str, kind: str, body: bytes | None, server: Guarded
) -> None:
    assert await status(server, method, {"Content-Type": kind}, body=body) == 415
    assert server.calls == 0


@pytest.mark.asyncio
async def test_a_body_without_a_type_is_refused_and_json_is_taken(server: Guarded) -> None:
    assert await status(server, "POST", {}, body=b"{}") == 415
    assert await status(server, "POST", {}) == 200
    assert await status(server, "DELETE", {}) == 200
    assert await status(server, "POST", JSON, body=b"{}") == 200
    utf8 = {"Content-Type": "application/json; charset=utf-8"}
    assert await status(server, "PUT", utf8, body=b"{}") == 200
    assert await status(server, "POST", {"Content-Type": "text/plain"}, path="/other") == 200


@pytest.mark.asyncio
async def test_a_login_is_asked_for_where_there_is_one() -> None:
    async with Guarded(OriginGuard(login=Credentials("admin", "pässword"))) as server:
        for wrong in ("", "Basic", "Basic !", "Bearer x", "Basic YWRtaW46eA=="):
            assert await status(server, "GET", {"Authorization": wrong}) == 401
        assert server.calls == 0
        right = f"Basic {base64.b64encode('admin:pässword'.encode()).decode()}"
        assert await status(server, "GET", {"Authorization": right}) == 200
        assert await status(server, "GET", {}, path="/other") == 200


def test_a_login_keeps_its_password_to_itself() -> None:
    assert "secret" not in repr(Credentials("admin", "secret"))


def test_is_loopback_is_true_for_addresses_of_this_machine_only() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "::1", "localhost", "localhost.")))
    assert not any(map(is_loopback, ("", "0.0.0.0", "::", "10.0.0.1", "mock")))
