"""A server that answers in Nakama's shapes as fast as it can, in a process of its own.

Its answers are made before they are asked for, so that a measurement is about the client.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterable, Iterator
from subprocess import PIPE, Popen

from aiohttp import WSMsgType, web

from benchmarks.tokens import decoded, token_of

PAGE_SIZE = 100
PAGES = 100
LONG_PAGES = 10 * PAGES
BURST = 1000
PACED = 300

NOTIFICATION = {
    "id": "40857c06-2b8f-4d5f-9d2b-5a6f0d1c2e3f",
    "subject": "You've unlocked level 100!",
    "content": '{"reward_coins":1000,"item":"a sword"}',
    "code": 101,
    "sender_id": "4c2ae592-b2a7-445e-98ec-697694478b1c",
    "create_time": "2026-11-21T23:17:18Z",
    "persistent": True,
}


@contextlib.contextmanager
def running(module: str = "benchmarks.server") -> Iterator[str]:
    """Start this server, or that of another module, in a process of its own; gives its URL."""
    with Popen([sys.executable, "-m", module], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().decode().strip()
        finally:
            process.stdin.close()


def _frame(text: bytes) -> bytes:
    """One unmasked text frame of a websocket."""
    assert 126 <= len(text) < 65536
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


_PRESENCE = {
    "user_id": NOTIFICATION["sender_id"],
    "session_id": "7c5a0b0e-0000-1000-8000-000000000001",
    "username": "alice",
}
ENVELOPES: dict[str, dict[str, object]] = {
    "burst": {"notifications": {"notifications": [NOTIFICATION]}},
    "match data": {
        "match_data": {
            "match_id": "7c5a0b0e-0000-4000-8000-0000000000bb.",
            "presence": _PRESENCE,
            "op_code": "1",
            "data": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4",
            "reliable": True,
        }
    },
    "chat": {
        "channel_message": {
            "channel_id": "2...room",
            "message_id": NOTIFICATION["id"],
            "code": 0,
            "sender_id": NOTIFICATION["sender_id"],
            "username": "alice",
            "content": '{"text":"hello, are you there?"}',
            "create_time": NOTIFICATION["create_time"],
            "update_time": NOTIFICATION["create_time"],
            "persistent": True,
            "room_name": "room",
        }
    },
}
"""What an RPC of each id makes the server send, `BURST` times."""

_BURSTS = {
    name: BURST * _frame(json.dumps(envelope).encode()) for name, envelope in ENVELOPES.items()
}


_NOTIFIED = _frame(json.dumps(ENVELOPES["burst"]).encode())


def _page(number: int, pages: int) -> bytes:
    if number == pages:
        return json.dumps({"cacheable_cursor": str(number)}).encode()
    ids = (f"40857c06-2b8f-4d5f-9d2b-{number * PAGE_SIZE + each:012x}" for each in range(PAGE_SIZE))
    notifications = [NOTIFICATION | {"id": each} for each in ids]
    body = {"notifications": notifications, "cacheable_cursor": str(number + 1)}
    return json.dumps(body).encode()


_ANSWERS = [_page(number, PAGES) for number in range(PAGES + 1)]
_LONG_ANSWERS = [
    *_ANSWERS[:PAGES],
    *(_page(each, LONG_PAGES) for each in range(PAGES, LONG_PAGES + 1)),
]


async def _list(request: web.Request) -> web.Response:
    number = int(request.query.get("cacheable_cursor", 0))
    answers = _LONG_ANSWERS if request.path.startswith("/long") else _ANSWERS
    return web.Response(body=answers[number], content_type="application/json")


class _Sockets:
    """The open sockets of each user."""

    def __init__(self) -> None:
        self._transports: dict[str, set[asyncio.Transport]] = {}

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse(compress=False)
        await websocket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        others = self._transports.setdefault(_user_of(request), set())
        others.add(request.transport)
        async for message in websocket:
            if message.type is not WSMsgType.TEXT:
                break
            envelope = json.loads(message.data)
            rpc = envelope.get("rpc", {"id": "pong"})
            await _notify(rpc["id"], request.transport, others)
            answer = {"rpc": rpc} if "rpc" in envelope else {"pong": {}}
            await websocket.send_str(json.dumps({"cid": envelope["cid"]} | answer))
        others.discard(request.transport)
        return websocket


async def _notify(
    rpc: str, transport: asyncio.Transport, others: Iterable[asyncio.Transport]
) -> None:
    """Send what an RPC of this id makes the server send."""
    if rpc in _BURSTS:
        transport.write(_BURSTS[rpc])
    elif rpc == "fan":
        for each in others:
            each.write(_NOTIFIED)
    elif rpc == "paced":
        for _ in range(PACED):
            transport.write(_NOTIFIED)
            await asyncio.sleep(0.0005)


def _user_of(request: web.Request) -> str:
    """The user in the token of a handshake, as header or in the address; "" without one."""
    header = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = request.query.get("token") or header
    return decoded(token)["uid"] if token else ""


async def _login(request: web.Request) -> web.Response:
    token = token_of((await request.json())["id"])
    return web.json_response({"token": token, "refresh_token": token})


async def _rpc(request: web.Request) -> web.Response:
    payload = (await request.read()).decode()
    return web.json_response({"id": request.match_info["id"], "payload": json.loads(payload)})


async def _delete(request: web.Request) -> web.Response:
    return web.json_response({})


async def _serve() -> None:
    app = web.Application()
    sockets = _Sockets()
    for prefix in ("", "/long"):
        app.router.add_get(f"{prefix}/v2/notification", _list)
        app.router.add_get(f"{prefix}/ws", sockets.serve)
    app.router.add_post("/v2/account/authenticate/device", _login)
    app.router.add_post("/v2/rpc/{id}", _rpc)
    app.router.add_delete("/v2/notification", _delete)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())
