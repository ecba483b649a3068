"""A server that is killed loses no registration and no push, and sends nothing twice."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from nakama_client import Client
from onesignal_stub import OneSignalStub
from tests.mock_server.push.flaky import FlakyOneSignal, loses_the_answer

pytestmark = pytest.mark.slow


def rules() -> list[dict[str, Any]]:
    """A rule for an event, and one for a time of the day that is far from now."""
    hour = (datetime.now(UTC).hour + 12) % 24
    return [
        {"event": "event:order_delivered", "contents": {"en": "Order $order is here"}},
        {
            "event": "schedule:come_back",
            "cron": f"0 {hour} * * *",
            "contents": {"en": "We miss you"},
            "included_segments": ["All"],
        },
    ]


class Killable:
    """A server in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, addresses: dict[str, str]) -> None:
        self.url = addresses["Nakama client API"]
        self._control = addresses["Nakama console API and /_control"]
        self._process = process

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{self._control}/_control/{path}", json=body or None) as answer,
        ):
            return await answer.json()


@asynccontextmanager
async def server(folder: Path, onesignal_url: str) -> AsyncIterator[Killable]:
    file = folder / "rules.json"
    if not file.exists():
        file.write_text(json.dumps(rules()))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "mock_server", "--socket.port=0", "--console.port=0"),
        f"--data={folder / 'nakama.db'}",
        f"--onesignal.url={onesignal_url}",
        f"--push.on_event={file}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(3)]
    started = Killable(process, dict(line.split(": ") for line in lines))
    try:
        yield started
    finally:
        await started.kill()


async def login(client: Client) -> Any:
    return await client.authenticate_device("device-of-ada", username="ada")


async def order_delivered(started: Killable, token: str) -> None:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http,
        http.post(
            f"{started.url}/v2/event",
            json={"name": "order_delivered", "properties": {"order": "7"}},
        ) as answer,
    ):
        assert answer.status == 200


async def outcomes(started: Killable) -> list[str]:
    return [each["outcome"] for each in (await started.ask("GET", "pushes"))["pushes"]]


async def all_sent(started: Killable, number: int) -> None:
    async with asyncio.timeout(20):
        while await outcomes(started) != ["sent"] * number:
            pass


@pytest.mark.asyncio
async def test_a_registration_that_waits_when_the_server_is_killed_is_made_by_the_next(
    tmp_path: Path,
) -> None:
    async with OneSignalStub() as onesignal, FlakyOneSignal(onesignal.url) as flaky:
        flaky.then(flaky.hangs)
        async with server(tmp_path, flaky.url) as first, Client(first.url) as client:
            ada = await login(client)
            registering = asyncio.create_task(
                client.register_push(ada, device_type=1, identifier="phone")
            )
            await flaky.received(1)
            (waiting,) = (await first.ask("GET", "devices"))["devices"]
            assert waiting["state"] == "waiting"
            await first.kill()
            await asyncio.gather(registering, return_exceptions=True)
        async with server(tmp_path, flaky.url) as second, Client(second.url) as client:
            await flaky.received(2)
            async with asyncio.timeout(20):
                while (await second.ask("GET", "devices"))["devices"][0]["state"] == "waiting":
                    pass
            (device,) = (await second.ask("GET", "devices"))["devices"]
            assert device["state"] == "registered"
            await order_delivered(second, (await login(client)).token)
            push = await onesignal.wait_for_push(player_id=device["player_id"])
            assert push.contents == "Order 7 is here"
        assert [path for path, _ in flaky.requests].count("POST /api/v1/players") == 2


@pytest.mark.asyncio
async def test_pushes_of_users_and_of_schedules_are_sent_once_over_a_kill(tmp_path: Path) -> None:
    async with OneSignalStub() as onesignal, FlakyOneSignal(onesignal.url) as flaky:
        async with server(tmp_path, flaky.url) as first, Client(first.url) as client:
            ada = await login(client)
            phone = await client.register_push(ada, device_type=1, identifier="phone")
            flaky.requests.clear()
            flaky.then(loses_the_answer, flaky.hangs, flaky.hangs)
            await order_delivered(first, ada.token)
            await flaky.received(2)  # it was sent, the answer was lost, and it is asked again
            await first.ask("POST", "clock", advance=86_400)
            await flaky.received(3)
            await first.kill()
        flaky.forget()
        async with server(tmp_path, flaky.url) as second:
            await all_sent(second, 2)
            records = (await second.ask("GET", "pushes"))["pushes"]
            assert [record["event"] for record in records] == [
                "event:order_delivered",
                "schedule:come_back",
            ]
        async with server(tmp_path, flaky.url) as third:
            assert await outcomes(third) == []
        assert sorted((push.player_id, push.contents) for push in onesignal.pushes) == [
            (phone.player_id, "Order 7 is here"),
            (phone.player_id, "We miss you"),
        ]
    keys = [body["idempotency_key"] for _, body in flaky.requests]
    assert [keys.count(record["id"]) for record in records] == [3, 2]


@pytest.mark.asyncio
async def test_a_schedule_is_kept_over_a_kill_and_not_pushed_again(tmp_path: Path) -> None:
    async with OneSignalStub() as onesignal:
        async with server(tmp_path, onesignal.url) as first, Client(first.url) as client:
            phone = await client.register_push(
                await login(client), device_type=1, identifier="phone"
            )
            await first.ask("POST", "clock", advance=86_400)
            await onesignal.wait_for_push(player_id=phone.player_id, contains="miss")
            await all_sent(first, 1)
            await first.kill()
        async with server(tmp_path, onesignal.url) as second:
            await second.ask("POST", "clock", advance=0)  # answered when all that is due is done
            assert await outcomes(second) == []
            await second.ask("POST", "clock", advance=2 * 86_400)
            await all_sent(second, 1)
        assert len(onesignal.pushes) == 2
