"""CPU time of the mock for each frame that it delivers: match data beside chat and notifications.

Fifty players in one match, one chat room and one server send in rounds, each to all others; the
mock runs in a thread of its own, whose CPU time is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.measure import Row
from mock_server import Config, MockServer
from mock_server.wire import protobuf
from mock_server.wire.messages import envelope
from nakama_client import Client

PLAYERS = 50
ROUNDS = 20
RATE = 10
SECONDS = 5
_DATA = {"op_code": "1", "data": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"}


class _Player:
    """A bare socket that counts the frames of one kind."""

    def __init__(self, connection: ClientConnection, *, is_binary: bool) -> None:
        self._connection = connection
        self.is_binary = is_binary
        self._reading = asyncio.create_task(self._read())
        self._marker = b""
        self._reply: asyncio.Future[bytes] | None = None
        self.received = 0
        self.changed = asyncio.Event()

    async def send(self, document: dict[str, Any]) -> None:
        frame = protobuf.encode(envelope(), document) if self.is_binary else json.dumps(document)
        await self._connection.send(frame)

    async def ask(self, document: dict[str, Any]) -> dict[str, Any]:
        self._reply = asyncio.get_running_loop().create_future()
        await self.send({"cid": "the-cid", **document})
        data = await self._reply
        return protobuf.decode(envelope(), data) if self.is_binary else json.loads(data)

    def count(self, marker: bytes) -> None:
        self._marker, self.received = marker, 0

    async def close(self) -> None:
        await self._connection.close()
        await self._reading

    async def _read(self) -> None:
        async for frame in self._connection:
            data = frame if isinstance(frame, bytes) else frame.encode()
            if self._reply is not None and b"the-cid" in data and not self._reply.done():
                self._reply.set_result(data)
            elif self._marker and self._marker in data:
                self.received += 1
                self.changed.set()


async def measure(url: str) -> list[Row]:
    del url
    settings = {"socket.outgoing_queue_size": 10_000, "session.token_expiry_sec": 3600}
    with MockServer(Config.from_settings(settings)) as server:
        as_json = await _players(server, "json")
        binary = await _players(server, "protobuf")
        chat = await _cost(server, as_json, *await _chat(as_json))
        notifications = await _cost(server, as_json, *_notifications(server, as_json))
        match = await _cost(server, as_json, *await _match(as_json))
        match_binary = await _cost(server, binary, *await _match(binary))
        share = await _share_at_rate(server, as_json)
        for player in (*as_json, *binary):
            await player.close()
    return [
        _row("relay: match data / chat", chat, match, "<= 1.2"),
        _row("relay: match data / notification", notifications, match, "<= 1.0"),
        _row("relay: protobuf / JSON", match, match_binary, "<= 1.2"),
        Row(
            f"relay: {PLAYERS} players, {RATE}/s each",
            "",
            f"{share:.0%} of a core",
            "",
            "< 100%",
        ),
    ]


def _row(name: str, before: float, ours: float, target: str) -> Row:
    return Row(name, f"{before:.1f} µs", f"{ours:.1f} µs", f"{ours / before:.2f}", target)


async def _players(server: MockServer, format_: str) -> list[_Player]:
    players = []
    async with Client(server.http_url) as client:
        for number in range(PLAYERS):
            session = await client.authenticate_device(f"device-{format_}-{number}")
            address = f"{server.socket_url}?token={session.token}&format={format_}"
            connection = await connect(address, compression=None)
            players.append(_Player(connection, is_binary=format_ == "protobuf"))
    return players


Sender = Callable[[_Player], Awaitable[None]]


async def _match(players: list[_Player]) -> tuple[bytes, Sender, int]:
    reply = await players[0].ask({"match_create": {}})
    match_id = reply["match"]["match_id"]
    for player in players[1:]:
        await player.ask({"match_join": {"match_id": match_id}})

    async def send(player: _Player) -> None:
        await player.send({"match_data_send": {"match_id": match_id, **_DATA}})

    return b"xxxx" if players[0].is_binary else b"eHh4", send, PLAYERS - 1


async def _chat(players: list[_Player]) -> tuple[bytes, Sender, int]:
    for player in players:
        request = {"type": 1, "target": "relay", "persistence": False}
        channel_id = (await player.ask({"channel_join": request}))["channel"]["id"]

    async def send(player: _Player) -> None:
        content = json.dumps({"data": _DATA["data"]})
        request = {"channel_id": channel_id, "content": content}
        await player.send({"channel_message_send": request})

    return b"eHh4", send, PLAYERS


def _notifications(server: MockServer, players: list[_Player]) -> tuple[bytes, Sender, int]:
    async def send(player: _Player) -> None:
        await server.notifications.send_all("eHh4", {}, persistent=False)

    return b"eHh4", send, PLAYERS


async def _cost(
    server: MockServer, players: list[_Player], marker: bytes, send: Sender, each: int
) -> float:
    """The mock's CPU time for each frame delivered, in microseconds, in the best of the rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        for player in players:
            player.count(marker)
        begun = server.run(_cpu_time())
        for player in players:
            await send(player)
        for player in players:
            while player.received < each * PLAYERS / len(players):
                player.changed.clear()
                await player.changed.wait()
        best = min(best, (server.run(_cpu_time()) - begun) / (each * PLAYERS) * 1e6)
    return best


async def _share_at_rate(server: MockServer, players: list[_Player]) -> float:
    """The share of a core that the mock needs while each player sends at the rate, for seconds."""
    marker, send, each = await _match(players)
    for player in players:
        player.count(marker)
    begun, started = server.run(_cpu_time()), time.perf_counter()
    for turn in range(1, RATE * SECONDS + 1):
        for player in players:
            await send(player)
        await asyncio.sleep(max(0, started + turn / RATE - time.perf_counter()))
    for player in players:
        while player.received < each * RATE * SECONDS:
            player.changed.clear()
            await player.changed.wait()
    return (server.run(_cpu_time()) - begun) / (time.perf_counter() - started)


async def _cpu_time() -> float:
    return time.thread_time()
