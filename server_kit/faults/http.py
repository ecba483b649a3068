"""Apply a fault to an HTTP request and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from aiohttp import web

from server_kit.faults.connection import black_hole, reset
from server_kit.faults.fault import Fault, FaultKind
from server_kit.faults.rules import FaultDecision

_TICK = 0.05  # seconds between two pieces of a slow body

Respond = Callable[[], Awaitable[web.StreamResponse]]


async def answer(
    request: web.Request, decision: FaultDecision, respond: Respond
) -> web.StreamResponse:
    """Answer a request, with the fault that was decided for it.

    Args:
        request: The request.
        decision: What happens to it.
        respond: Handles the request and makes the server's own answer; not called where the fault
            prevents that.
    """
    if decision.delay:
        await asyncio.sleep(decision.delay)
    if decision.fault is None:
        return await respond()
    match decision.kind:
        case FaultKind.STATUS:
            return _status(decision.fault)
        case FaultKind.RESET:
            reset(request.transport)
        case FaultKind.BLACK_HOLE:
            await black_hole(request.transport).wait()
        case FaultKind.GARBAGE:
            _write_and_close(request, garbage(decision.random, decision.fault.size))
        case FaultKind.DROP_REPLY:
            await respond()
            _write_and_close(request)
        case FaultKind.TRUNCATED:
            return await _cut(request, await respond())
        case FaultKind.BANDWIDTH:
            return await _slow(request, await respond(), decision.fault.bytes_per_second)
        case _:
            return await respond()
    return web.Response()  # aiohttp requires one, also on a closed connection


def garbage(random: Random, size: int) -> bytes:
    """Random bytes that are neither HTTP nor a WebSocket frame."""
    return b"\xff" + random.randbytes(size - 1)


def _status(fault: Fault) -> web.Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", **fault.headers}
    return web.Response(status=fault.code, headers=headers, body=fault.body.encode())


def _write_and_close(request: web.Request, data: bytes = b"") -> None:
    if request.transport is not None:
        request.transport.write(data)
        request.transport.close()


async def _cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Promise the whole body, send half of it, and close."""
    body = _body(response)
    stream = await _begin(request, response, size=len(body) or 1)
    await stream.write(body[: len(body) // 2])
    _write_and_close(request)
    return stream


async def _slow(
    request: web.Request, response: web.StreamResponse, rate: float
) -> web.StreamResponse:
    body = _body(response)
    stream = await _begin(request, response, size=len(body))
    step = max(1, int(rate * _TICK))
    for start in range(0, len(body), step):
        piece = body[start : start + step]
        await asyncio.sleep(len(piece) / rate)
        await stream.write(piece)
    return stream


async def _begin(
    request: web.Request, response: web.StreamResponse, *, size: int
) -> web.StreamResponse:
    """Send the head of an answer, so that its body can be sent by hand."""
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    stream.content_length = size
    await stream.prepare(request)
    return stream


def _body(response: web.StreamResponse) -> bytes:
    body = response.body if isinstance(response, web.Response) else None
    return body if isinstance(body, bytes) else b""
