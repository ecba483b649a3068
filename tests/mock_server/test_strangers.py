"""Web pages and other machines cannot drive the console's port."""

import aiohttp
import pytest

from mock_server import Config, MockServer
from server_kit import Clock

NOW = 1_700_000_000.0
JSON = {"Content-Type": "application/json"}
REBOUND = {"Host": "rebound.attacker.example"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_control/clock", '{"advance": 60}'),
        ("/_control/reset", ""),
        ("/_control/restart", "{}"),
        ("/_control/faults", '{"fault": "reset"}'),
        ("/_control/snapshots/s", ""),
    ],
)
@pytest.mark.asyncio
async def test_a_web_page_changes_nothing(path: str, body: str) -> None:
    async with MockServer(clock=Clock(stopped_at=NOW)) as server, aiohttp.ClientSession() as http:
        url = server.console_url + path
        for headers in (
            {"Content-Type": "text/plain"},
            {**JSON, "Origin": "https://attacker.example"},
            {**JSON, **REBOUND},
        ):
            async with http.post(url, data=body, headers=headers) as answer:
                assert answer.status in (403, 415)
        assert server.clock.time() == NOW
        assert len(server.faults) == 0
        async with http.post(url, data=body, headers=JSON) as answer:
            assert answer.status == 200


@pytest.mark.asyncio
async def test_a_rebound_name_reads_nothing_on_the_consoles_port() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        for path in ("/_control/state", "/_control/events", "/v2/console/notification"):
            async with http.get(server.console_url + path, headers=REBOUND) as answer:
                assert answer.status == 403


@pytest.mark.asyncio
async def test_the_client_api_keeps_taking_every_name() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        headers = {**REBOUND, "Origin": "https://game.example"}
        async with http.get(f"{server.http_url}/healthcheck", headers=headers) as answer:
            assert answer.status == 200


@pytest.mark.asyncio
async def test_on_the_network_the_consoles_login_is_asked_for() -> None:
    settings = {"console.address": "0.0.0.0", "control.allow_host": ["mock"]}
    async with (
        MockServer(Config.from_settings(settings)) as server,
        aiohttp.ClientSession() as http,
    ):
        url = f"http://127.0.0.1:{server.console_url.rpartition(':')[2]}/_control/state"
        login = {"Authorization": "Basic YWRtaW46cGFzc3dvcmQ="}  # admin:password
        for headers, status in (
            ({"Host": "mock"}, 401),
            ({"Host": "mock", **login}, 200),
            ({"Host": "other", **login}, 403),
            (login, 200),
        ):
            async with http.get(url, headers=headers) as answer:
                assert answer.status == status


@pytest.mark.asyncio
async def test_events_have_each_request() -> None:
    async with (
        MockServer() as server,
        aiohttp.ClientSession() as http,
        http.get(f"{server.console_url}/_control/events") as events,
    ):
        assert events.content_type == "text/event-stream"
        async with http.get(f"{server.http_url}/v2/acount") as answer:
            assert answer.status == 404
        read = b""
        while b'"GET /v2/acount"' not in read:
            read += await events.content.readuntil(b"\n\n")
        assert b"event: request\n" in read
