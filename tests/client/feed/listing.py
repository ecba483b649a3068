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
        rows: What is stored.
        requests: How many lists were asked for.
        may_answer: Cleared, no list is answered.
        arrived: Set when a list was asked for.
    """

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)
        self.requests = 0
        self.deleted: list[int] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.arrived = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "DELETE":
            ids = request.query.getall("ids")
            self.deleted.append(len(ids))
            self.rows = [row for row in self.rows if row["id"] not in ids]
            return web.json_response({})
        self.requests += 1
        self.arrived.set()
        await self.may_answer.wait()
        place = int(request.query.get("cacheable_cursor", 0))
        found = self.rows[place : place + PAGE]
        cursor = str(place + len(found))
        return web.json_response({"notifications": found, "cacheable_cursor": cursor})


def row(number: int) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "subject": str(number),
        "persistent": True,
    }


async def silent(peer: Peer) -> None:
    """Send nothing."""
