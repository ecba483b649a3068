"""Ten thousand stored notifications, in pages of a hundred."""

from __future__ import annotations

import aiohttp
import msgspec

from benchmarks.measure import Row, rate_row, rates
from benchmarks.server import PAGE_SIZE, PAGES
from benchmarks.tokens import TOKEN
from nakama_client import Client, Session


async def measure(url: str) -> list[Row]:
    session = Session(TOKEN)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as http, Client(url) as client:

        async def bare_run() -> int:
            found, cursor = [], ""
            while True:
                query = {"limit": str(PAGE_SIZE), "cacheable_cursor": cursor}
                if not cursor:
                    del query["cacheable_cursor"]
                async with http.get(f"{url}/v2/notification", params=query) as response:
                    page = msgspec.json.decode(await response.read())
                if "notifications" not in page:
                    break
                for notification in page["notifications"]:
                    notification["content"] = msgspec.json.decode(notification["content"])
                    found.append(notification)
                cursor = page["cacheable_cursor"]
            assert len(found) == PAGES * PAGE_SIZE
            return len(found)

        async def our_run() -> int:
            found = [each async for each in client.iter_notifications(session)]
            assert len(found) == PAGES * PAGE_SIZE
            return len(found)

        return [rate_row("10,000 listed, by 100", *await rates(bare_run, our_run), 0.8)]
