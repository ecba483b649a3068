"""What this mock does not serve, or nobody does, says so, and looks like no broken game."""

from __future__ import annotations

import logging

import aiohttp
import pytest

from mock_server import MockServer, wiring
from mock_server.feature import Feature
from tests.mock_server.players import Player, sign_up

ACCESS = "server_kit.access"


def without(monkeypatch: pytest.MonkeyPatch, feature: str) -> None:
    """Let servers start without a feature."""
    monkeypatch.setattr(wiring, feature, lambda *given, **named: Feature())


@pytest.mark.asyncio
async def test_an_unserved_request_gets_an_error_and_the_socket_lives(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    without(monkeypatch, "status_feature")
    async with MockServer() as server, aiohttp.ClientSession() as http:
        socket = await (await sign_up(http, server)).connect()
        reply = await socket.ask({"status_update": {"status": "here"}})
        assert "status_update is not in this mock of Nakama" in reply["error"]["message"]
        assert await socket.ask({"ping": {}}) == {"pong": {}}
        await socket.close()
        (problem,) = server.journal.problems()
        assert (problem.kind, problem.name) == ("frame", "status_update")
    assert any("no answer for status_update" in text for text in caplog.messages)


@pytest.mark.asyncio
async def test_an_unserved_operation_is_501_with_its_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    without(monkeypatch, "friends_feature")
    async with MockServer() as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        status, answer = await ada.call("POST", "/v2/friend/block?ids=x")
        assert (status, answer["code"]) == (501, 12)
        assert answer["message"].startswith("BlockFriends (POST /v2/friend/block) is not in this")
        assert [entry.name for entry in server.journal.problems()] == ["POST /v2/friend/block"]
    assert any("no answer for POST /v2/friend/block" in text for text in caplog.messages)


@pytest.mark.asyncio
async def test_every_operation_of_nakama_is_served(server: MockServer, ada: Player) -> None:
    from mock_server.http.operations import OPERATIONS

    for line in OPERATIONS.strip().splitlines():
        method, path, _ = line.split()
        status, _ = await ada.call(method, path.replace("{", "").replace("}", ""))
        assert status != 501, line


@pytest.mark.asyncio
async def test_a_mistyped_path_is_404_and_logged_with_the_nearest(
    server: MockServer, ada: Player, caplog: pytest.LogCaptureFixture
) -> None:
    assert await ada.call("GET", "/v2/acount") == (404, {"code": 5, "message": "Not Found"})
    (record,) = [each for each in caplog.records if each.name == ACCESS]
    assert record.levelno == logging.WARNING
    assert "GET /v2/acount" in record.getMessage()
    assert record.getMessage().endswith("the nearest is GET /v2/account")


@pytest.mark.asyncio
async def test_at_debug_each_request_and_frame_is_logged_without_its_query(
    server: MockServer, ada: Player, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, ACCESS):
        await ada.call("GET", "/v2/notification?limit=1&token=secret")
        socket = await ada.connect()
        await socket.close()
    texts = [each.getMessage() for each in caplog.records if each.name == ACCESS]
    assert f"http GET /v2/notification 200 {ada.user_id}" in texts
    assert f"frame ping - {ada.user_id}" in texts
    assert "secret" not in "".join(texts)
