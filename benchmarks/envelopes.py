"""Realtime envelopes written and read by the mock: protobuf beside JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.measure import Row, rate_row, rates
from mock_server.wire import protobuf, protojson
from mock_server.wire.messages import envelope

REPEATS = 2000

_PRESENCE = {
    "user_id": "7c5a0b0e-0000-4000-8000-000000000001",
    "session_id": "7c5a0b0e-0000-1000-8000-000000000001",
    "username": "alice",
}
_NOTIFICATION = {
    "id": "7c5a0b0e-0000-4000-8000-0000000000aa",
    "subject": "You've unlocked level 100!",
    "content": '{"reward_coins": 1000}',
    "code": 1,
    "sender_id": _PRESENCE["user_id"],
    "create_time": "2026-11-21T22:20:27Z",
    "persistent": True,
}
ENVELOPES: dict[str, dict[str, Any]] = {
    "notification": {"notifications": {"notifications": [_NOTIFICATION]}},
    "match data": {
        "match_data": {
            "match_id": "7c5a0b0e-0000-4000-8000-0000000000bb.",
            "presence": _PRESENCE,
            "op_code": 1,
            "data": b"x" * 32,
            "reliable": True,
        }
    },
    "rpc": {"cid": "12", "rpc": {"id": "clientrpc.rpc", "payload": '{"a":1,"b":"text"}'}},
}


async def measure(url: str) -> list[Row]:
    return [row for name, document in ENVELOPES.items() for row in await _rows(name, document)]


async def _rows(name: str, document: dict[str, Any]) -> list[Row]:
    message = envelope()
    text, data = protojson.encode(message, document), protobuf.encode(message, document)
    return [
        await _row(
            f"protobuf / JSON: write {name}",
            lambda: protojson.encode(message, document),
            lambda: protobuf.encode(message, document),
        ),
        await _row(
            f"protobuf / JSON: read {name}",
            lambda: protojson.decode_frame(message, text),
            lambda: protobuf.decode(message, data),
        ),
    ]


async def _row(name: str, as_json: Callable[[], object], binary: Callable[[], object]) -> Row:
    return rate_row(name, *await rates(_repeated(as_json), _repeated(binary)), target=0.5)


def _repeated(once: Callable[[], object]) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        for _ in range(REPEATS):
            once()
        return REPEATS

    return run
