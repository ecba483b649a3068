"""How large a body, a head and a frame may be."""

import gzip
from collections.abc import AsyncIterator

import pytest

from mock_server import MockServer
from tests.mock_server.players import Player

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.asyncio
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_has_a_limit(server: MockServer, eve: Player, chunked: bool) -> None:
    async def pieces(size: int) -> AsyncIterator[bytes]:
        for start in range(0, size, 65_536):
            yield b"x" * min(65_536, size - start)

    limit = server.config.socket.max_request_size_bytes
    server.rpc("echo")(lambda context, payload: payload)
    url = f"{server.http_url}/v2/rpc/echo?unwrap"
    for size, expected in ((limit, 200), (limit + 1, 400)):
        data = pieces(size) if chunked else b"x" * size
        async with eve.http.post(url, data=data, headers=eve.headers) as answer:
            assert answer.status == expected
    async with eve.http.post(
        f"{server.http_url}/v2/event", data=b" " * (limit + 1), headers=eve.headers
    ) as answer:
        assert await answer.json() == {"code": 3, "message": "http: request body too large"}


@pytest.mark.slow
@pytest.mark.asyncio
async def test_a_small_body_does_not_grow_large(server: MockServer, eve: Player) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    async with eve.http.post(
        f"{server.http_url}/v2/event",
        data=bomb,
        headers={**eve.headers, "Content-Encoding": "gzip"},
    ) as answer:
        assert answer.status == 400
        assert (await answer.json())["message"] == "http: request body too large"


@pytest.mark.asyncio
async def test_a_head_has_a_limit(server: MockServer, eve: Player) -> None:
    for path, headers in (
        (f"/v2/notification?{'ids=' + NOBODY + '&' * 300}" * 40, {}),
        ("/v2/account", {"X-Large": "x" * 10_000}),
        ("/v2/account", {f"X-{number}": "x" * 100 for number in range(100)}),
        ("/v2/account", {"X-Huge": "x" * 900_000}),
    ):
        async with eve.http.get(
            server.http_url + path, headers={**eve.headers, **headers}
        ) as answer:
            assert answer.status == 431
            assert await answer.text() == "431 Request Header Fields Too Large"


@pytest.mark.asyncio
async def test_many_query_parameters_are_read_in_time(server: MockServer, eve: Player) -> None:
    for name in ("ids", "usernames", "limit", "x"):
        query = "&".join(f"{name}={number}" for number in range(500))
        status, _ = await eve.call("GET", f"/v2/user?{query}")
        assert status in (200, 400)
    assert server.journal.problems() == []


@pytest.mark.asyncio
async def test_a_frame_has_a_limit(server: MockServer, eve: Player) -> None:
    limit = server.config.socket.max_message_size_bytes
    envelope = '{"cid":"1","ping":{}}'
    socket = await eve.connect()
    await socket.connection.send_str(envelope.ljust(limit))
    assert await socket.receive() == {"cid": "1", "pong": {}}
    await socket.connection.send_str(envelope.ljust(limit + 1))
    assert await socket.end() == (1009, "")
    assert (await eve.call("GET", "/v2/account"))[0] == 200
