"""`nk.http_request`: what is sent, where to, and what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
import pytest_asyncio

from mock_server import Config, MockServer, ModuleError
from tests.web_server import Visit, WebServer


@pytest_asyncio.fixture
async def web() -> AsyncIterator[WebServer]:
    async with WebServer() as web:
        yield web


@pytest_asyncio.fixture
async def server(web: WebServer) -> AsyncIterator[MockServer]:
    config = Config.from_settings(
        {"onesignal.url": web.url + "/stub", "runtime.allow_http": ["example.test, other.test"]}
    )
    async with MockServer(config) as server:
        yield server


Answer = tuple[int, dict[str, str], str]


async def _visit(web: WebServer, request: Awaitable[Answer], **reply: str) -> tuple[Visit, Answer]:
    waiting = asyncio.ensure_future(request)
    visit = await web.visits.get()
    visit.reply(**reply)
    return visit, await waiting


@pytest.mark.asyncio
async def test_headers_go_out_as_gos_client_sends_them(server: MockServer, web: WebServer) -> None:
    given = {"x-b": "2", "Authorization": "Basic k", "ACCEPT": "*/*", "content-type": "text/plain"}
    request = server.nk.http_request(f"{web.url}/a%2Fb?q=%20x&y", "post", given, "the body")
    visit, _ = await _visit(web, request)
    assert visit.line == "POST /a%2Fb?q=%20x&y HTTP/1.1"
    assert visit.body == b"the body"
    assert visit.headers == [
        ("Host", f"127.0.0.1:{web.port}"),
        ("User-Agent", "Go-http-client/1.1"),
        ("Content-Length", "8"),
        ("Accept", "*/*"),
        ("Authorization", "Basic k"),
        ("Content-Type", "text/plain"),
        ("X-B", "2"),
        ("Accept-Encoding", "gzip"),
    ]


@pytest.mark.parametrize(("method", "length"), [("get", None), ("Put", "0"), ("patch", "0")])
@pytest.mark.asyncio
async def test_a_request_without_a_body(
    server: MockServer, web: WebServer, method: str, length: str | None
) -> None:
    visit, (status, _, body) = await _visit(
        web, server.nk.http_request(web.url, method, {"User-Agent": "game/1"}), status="201 Made"
    )
    assert visit.line == f"{method.upper()} / HTTP/1.1"
    headers = dict(visit.headers)
    assert (headers["User-Agent"], headers.get("Content-Length")) == ("game/1", length)
    assert (status, body) == (201, "")


@pytest.mark.asyncio
async def test_the_answer_has_status_headers_and_body(server: MockServer, web: WebServer) -> None:
    request = server.nk.http_request(web.url, "get", {}, "")
    _, answer = await _visit(web, request, status="418 Teapot", body="ça va", x_some_id="7")
    assert answer[0] == 418
    assert answer[1] == {"X-Some-Id": "7", "Content-Length": "6", "Connection": "close"}
    assert answer[2] == "ça va"


@pytest.mark.parametrize("host", ["onesignal.com", "api.onesignal.com", "WWW.OneSignal.com:443"])
@pytest.mark.asyncio
async def test_what_is_for_onesignal_goes_to_the_stub(
    server: MockServer, web: WebServer, host: str
) -> None:
    url = f"https://{host}/api/v1/players/a%2Fb?app_id=x%2By&n"
    visit, _ = await _visit(web, server.nk.http_request(url, "get", {}, ""))
    assert visit.line == "GET /stub/api/v1/players/a%2Fb?app_id=x%2By&n HTTP/1.1"
    assert ("Host", f"127.0.0.1:{web.port}") in visit.headers


@pytest.mark.asyncio
async def test_without_a_stub_onesignal_is_refused() -> None:
    async with MockServer() as server:
        with pytest.raises(ModuleError, match=r"set --onesignal\.url"):
            await server.nk.http_request("https://onesignal.com/api/v1/players", "post", {}, "{}")


@pytest.mark.parametrize(
    "host", ["fcm.googleapis.com", "evil-onesignal.com", "onesignal.com.evil.test", "10.0.0.1"]
)
@pytest.mark.asyncio
async def test_http_request_refuses_outside_addresses_that_are_not_allowed(
    server: MockServer, host: str
) -> None:
    with pytest.raises(ModuleError, match=f"does not call {host}; .*--runtime.allow_http {host}"):
        await server.nk.http_request(f"https://{host}/x", "get", {}, "")


@pytest.mark.parametrize("host", ["example.test", "OTHER.test"])
@pytest.mark.asyncio
async def test_hosts_that_are_allowed_are_tried(server: MockServer, host: str) -> None:
    with pytest.raises(ModuleError, match="HTTP request error: Get ") as caught:
        await server.nk.http_request(f"http://{host}/", "get", {}, "", 3000)
    assert "allow_http" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "stub.localhost", "[::1]"])
@pytest.mark.asyncio
async def test_loopback_addresses_are_tried(server: MockServer, host: str) -> None:
    with pytest.raises(ModuleError) as caught:
        await server.nk.http_request(f"http://{host}:1/", "get", {}, "", 3000)
    assert "allow_http" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [("302 Found", "GET", b""), ("303 See", "GET", b""), ("307 Temporary", "POST", b"data")],
)
@pytest.mark.asyncio
async def test_redirects_are_followed(
    server: MockServer, web: WebServer, status: str, method: str, body: bytes
) -> None:
    headers = {"Authorization": "secret"}
    request = server.nk.http_request(f"{web.url}/old/x", "post", headers, "data")
    waiting = asyncio.ensure_future(request)
    (await web.visits.get()).reply(status=status, location="../new?a=b")
    visit = await web.visits.get()
    assert (visit.line, visit.body) == (f"{method} /new?a=b HTTP/1.1", body)
    assert ("Authorization", "secret") in visit.headers
    visit.reply("there")
    assert (await waiting)[::2] == (200, "there")


@pytest.mark.asyncio
async def test_a_redirect_leads_nowhere_else(server: MockServer, web: WebServer) -> None:
    waiting = asyncio.ensure_future(server.nk.http_request(web.url, "get", {}, ""))
    (await web.visits.get()).reply(status="302 Found", location="http://elsewhere.test/")
    with pytest.raises(ModuleError, match=r"does not call elsewhere\.test"):
        await waiting


@pytest.mark.asyncio
async def test_endless_redirects_end(server: MockServer, web: WebServer) -> None:
    waiting = asyncio.ensure_future(server.nk.http_request(web.url, "get", {}, ""))
    for _ in range(11):
        (await web.visits.get()).reply(status="302 Found", location="/")
    with pytest.raises(ModuleError, match="stopped after 10 redirects"):
        await waiting


@pytest.mark.asyncio
async def test_a_call_without_an_answer_raises(server: MockServer, web: WebServer) -> None:
    problem = 'HTTP request error: Get "{}": '
    with pytest.raises(ModuleError) as caught:
        await server.nk.http_request(web.url, "get", {}, "", 1)
    assert str(caught.value) == problem.format(web.url) + "context deadline exceeded"
    with pytest.raises(ModuleError, match=r"dial tcp 127\.0\.0\.1:1: connect: connection refused"):
        await server.nk.http_request("http://127.0.0.1:1/", "get", {}, "")


@pytest.mark.asyncio
async def test_a_broken_connection_is_an_error(server: MockServer, web: WebServer) -> None:
    waiting = asyncio.ensure_future(server.nk.http_request(web.url, "post", {}, "x"))
    (await web.visits.get()).close()
    with pytest.raises(ModuleError, match=r'^HTTP request error: Post "http'):
        await waiting


_BAD: list[tuple[tuple[Any, ...], str]] = [
    ((), "bad argument #1 to http_request (string expected, got nil)"),
    (("", "get", {}), "bad argument #1 to http_request (expects URL string)"),
    (("http://x", None), "bad argument #2 to http_request (string expected, got nil)"),
    (
        ("http://x", "options", {}),
        (
            "bad argument #2 to http_request (expects method to be one of: 'get', 'post', 'put', "
            "'patch', 'delete', 'head')"
        ),
    ),
    (
        ("http://x", "get", "headers"),
        "bad argument #3 to http_request (table expected, got string)",
    ),
    (("http://x", "get", {"a": 1}), "HTTP header values must be strings"),
    (("http://x", "get", {}, {}), "bad argument #4 to http_request (string expected, got table)"),
    (
        ("ftp://x/", "get", {}),
        'HTTP request error: Get "ftp://x/": unsupported protocol scheme "ftp"',
    ),
    (("/path", "get", {}), 'HTTP request error: Get "/path": unsupported protocol scheme ""'),
]


@pytest.mark.parametrize(("arguments", "message"), _BAD)
@pytest.mark.asyncio
async def test_http_request_raises_for_bad_arguments(
    server: MockServer, arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ModuleError) as caught:
        await server.nk.http_request(*arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("given", "called", "path"),
    [
        ("/api/v1", "https://onesignal.com/api/v1/players", "/api/v1/players"),
        ("/api/v1/", "https://onesignal.com/api/v1/players?a=1", "/api/v1/players?a=1"),
        ("/api/v1", "https://api.onesignal.com/notifications", "/api/v1/notifications"),
        ("/stub/api/v1", "https://onesignal.com/api/v1/players", "/stub/api/v1/players"),
        ("", "https://onesignal.com/api/v1/players", "/api/v1/players"),
        ("", "https://api.onesignal.com/notifications", "/notifications"),
    ],
)
@pytest.mark.asyncio
async def test_onesignals_path_is_not_doubled_when_the_stubs_url_has_its_prefix(
    web: WebServer, given: str, called: str, path: str
) -> None:
    async with MockServer(Config.from_settings({"onesignal.url": web.url + given})) as server:
        visit, _ = await _visit(web, server.nk.http_request(called, "post", {}, ""))
    assert visit.line == f"POST {path} HTTP/1.1"
