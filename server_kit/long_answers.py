"""JSON answers of any length, which are encoded and sent a piece at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

import msgspec
from aiohttp import web

PIECE = 256 * 1024
"""Bytes after which others get a turn."""

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


async def answer_list(
    request: web.Request, name: str, items: Iterable[object], **others: object
) -> web.StreamResponse:
    """Answer with a JSON object that has a long list.

    Args:
        request: The request.
        name: The member that is the list.
        items: What is in it, as msgspec can encode it; the next is asked for when it is its turn.
        others: The other members.
    """
    piece = bytearray(b'{"%s":[' % name.encode())
    begin = len(piece)
    response: web.StreamResponse | None = None
    for item in items:
        if len(piece) > begin:
            piece += b","
        piece += _encoded(item)
        if len(piece) >= PIECE:
            if response is None:
                response = web.StreamResponse(headers=_HEADERS)
                await response.prepare(request)
            await response.write(bytes(piece))
            piece, begin = bytearray(), -1
            await asyncio.sleep(0)
    piece += b"]" + b"".join(
        b',"%s":%s' % (member.encode(), _encoded(value)) for member, value in others.items()
    )
    piece += b"}"
    if response is None:
        return web.Response(body=bytes(piece), headers=_HEADERS)
    await response.write_eof(bytes(piece))
    return response


def _encoded(item: object) -> bytes:
    try:
        return msgspec.json.encode(item)
    except UnicodeEncodeError:  # half of a surrogate pair, which a client may have sent
        return json.dumps(msgspec.to_builtins(item)).encode()
