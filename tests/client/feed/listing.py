"""A scripted server with stored notifications, for what no Nakama would do."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from tests.client.scripted import Peer

PAGE = 100


class StoredList:
    """Lists rows by their place, at most a hundred at a time.

    Attributes:
        rows: What was stored, each in its place.
        deleted: The ids of each request that deletes.
        requests: How many lists were asked for.
        may_answer: Cleared, no list is answered.
        arrived: Set when a list was asked for.
    """

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)
        self.requests = 0
        self.deleted: list[list[str]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.arrived = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "DELETE":
            self.deleted.append(request.query.getall("ids"))
            return web.json_response({})
        self.requests += 1
        self.arrived.set()
        await self.may_answer.wait()
        gone = {each for ids in self.deleted for each in ids}
        begin = int(request.query.get("cacheable_cursor", 0))
        places = range(begin, len(self.rows))
        left = [place for place in places if self.rows[place]["id"] not in gone][:PAGE]
        found = [self.rows[place] for place in left]
        cursor = str(left[-1] + 1 if left else begin)
        return web.json_response({"notifications": found, "cacheable_cursor": cursor})


def row(number: int) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "subject": str(number),
        "persistent": True,
    }


async def silent(peer: Peer) -> None:
    """Send nothing."""
