"""The calls that were recorded from a real Nakama."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest

from mock_server import MockServer
from tests.mock_server.grpc.client import OPERATIONS, SERVICE, GrpcClient, parse, serialize, serving
from tests.tapes.bindings import Bindings
from tests.tapes.matching import match

CASES = json.loads((Path(__file__).parent / "cases.json").read_text("utf-8"))
MODULES = Path(__file__).parents[2] / "lua"


@pytest.mark.asyncio
async def test_calls_answer_as_recorded() -> None:
    async with serving(runtime__path=str(MODULES)) as (server, client):
        bindings = Bindings(CASES["vars"], server.clock.time)
        for case in CASES["cases"]:
            server.clock.advance(case.get("wait_before_ms", 0) / 1000)
            await _play(case, server, client, bindings)


async def _play(
    case: dict[str, Any], server: MockServer, client: GrpcClient, bindings: Bindings
) -> None:
    name, expected = case["method"], case["expect"]
    try:
        data = await client.raw(
            name if name.startswith("/") else f"/{SERVICE}/{name}",
            _request(case, bindings),
            [(key, _value(key, value)) for key, value in bindings.fill(case["metadata"])],
            compression=grpc.Compression.Gzip if case.get("gzip") else None,
        )
        code, text = "OK", ""
    except grpc.aio.AioRpcError as error:
        data, code, text = b"", error.code().name, error.details() or ""
    assert (case["name"], code, text) == (case["name"], expected["code"], text)
    if "message" in expected:
        match(expected["message"], text, bindings)
    if "response" in expected and name in OPERATIONS:
        answer = _sorted(parse(name, data))
        unordered = [path.removeprefix("$.") for path in expected.get("unordered", ())]
        match(_sorted(expected["response"]), answer, bindings, unordered=unordered)


def _request(case: dict[str, Any], bindings: Bindings) -> bytes:
    if "request_hex" in case:
        return bytes.fromhex(case["request_hex"])
    data = serialize(case["method"], bindings.fill(case.get("request", {})))
    return data + bytes.fromhex(case.get("extra_hex", ""))


def _value(key: str, value: str) -> str | bytes:
    return bytes.fromhex(value) if key.endswith("-bin") else value


def _sorted(value: Any) -> Any:
    """The order of keys says nothing in protobuf."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value
