"""The OneSignal stub: a notification to many, or to everybody, and notifications to one each.

Client and server share one process and one loop; what is counted is the CPU time of both.
"""

from __future__ import annotations

import time
import uuid

import aiohttp
from aiohttp import web

from benchmarks.measure import Row, rates
from onesignal_stub import OneSignalStub

PLAYERS = 100_000
MESSAGES = 500
RUNS = 3
FILTERS = [
    {"field": "tag", "key": "level", "relation": ">", "value": "10"},
    {"field": "session_count", "relation": ">", "value": "1"},
    {"field": "last_session", "relation": "<", "hours_ago": "240"},
]


async def measure(url: str) -> list[Row]:
    async with (
        OneSignalStub() as stub,
        aiohttp.ClientSession(headers={"Authorization": f"Key {stub.rest_key}"}) as http,
    ):
        ids = _register(stub)
        body = {"name": "Regulars", "filters": FILTERS}
        path = f"{stub.url}/apps/{stub.app_id}/segments"
        async with http.post(path, json=body) as answer:
            assert answer.status == 201
        return [
            await _to_a_segment(stub, http, "Regulars"),
            await _to_a_segment(stub, http, "All"),
            await _to_one_each(stub, http, ids),
        ]


def _register(stub: OneSignalStub) -> list[str]:
    """Players straight into the tables: a hundred thousand requests would take a minute."""
    store, now = stub._running.store, int(stub.clock.time())
    ids = [str(uuid.uuid4()) for _ in range(PLAYERS)]
    with store.transaction():
        store.run_many(
            "INSERT INTO users (onesignal_id, app_id, tags, language, first_active, last_active)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (player, stub.app_id, f'{{"level":"{n % 40}"}}', ("en", "de")[n % 2], now, now)
                for n, player in enumerate(ids)
            ],
        )
        store.run_many(
            "INSERT INTO subscriptions (id, app_id, onesignal_id, device_type, token,"
            " session_count, created_at, last_active) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    player,
                    stub.app_id,
                    player,
                    n % 2,
                    f"token {n}",
                    n % 10,
                    now,
                    now - n % 20 * 86400,
                )
                for n, player in enumerate(ids)
            ],
        )
    return ids


async def _to_a_segment(stub: OneSignalStub, http: aiohttp.ClientSession, segment: str) -> Row:
    message = {
        "app_id": stub.app_id,
        "contents": {"en": "Hello", "de": "Hallo"},
        "included_segments": [segment],
    }
    best, reached = float("inf"), 0
    for _ in range(RUNS):
        begun = time.process_time()
        async with http.post(f"{stub.url}/notifications", json=message) as answer:
            reached = (await answer.json())["recipients"]
        best = min(best, time.process_time() - begun)
    name = f"push to {reached:,} of {PLAYERS:,}"
    return Row(name, "", f"{best * 1000:,.0f} ms", f"{best / PLAYERS * 1e6:.1f} µs each", "<= 5 µs")


async def _to_one_each(stub: OneSignalStub, http: aiohttp.ClientSession, ids: list[str]) -> Row:
    async def send(url: str) -> int:
        for player in ids[:MESSAGES]:
            message = {
                "app_id": stub.app_id,
                "contents": {"en": "Hello"},
                "include_player_ids": [player],
            }
            async with http.post(f"{url}/notifications", json=message) as answer:
                await answer.json()
        return MESSAGES

    async def accept(request: web.Request) -> web.Response:
        await request.json()
        return web.json_response({"id": "", "recipients": 1})

    bare = web.Application()
    bare.router.add_post("/notifications", accept)
    runner = web.AppRunner(bare, access_log=None, shutdown_timeout=0.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        bare_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        bare_rate, rate = await rates(lambda: send(bare_url), lambda: send(stub.url))
    finally:
        await runner.cleanup()
    ratio = f"{rate / bare_rate:.2f}"
    return Row("push to one each", f"{bare_rate:,.0f}/s", f"{rate:,.0f}/s", ratio, ">= 1,000/s")
