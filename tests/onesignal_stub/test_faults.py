"""Faults on the stub: what a backend sees when OneSignal fails."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from attrs import frozen

from onesignal_stub import OneSignalStub
from server_kit import Fault


@frozen
class Backend:
    """Somebody who sends pushes."""

    http: aiohttp.ClientSession
    stub: OneSignalStub

    async def register(self) -> str:
        player = {"app_id": self.stub.app_id, "device_type": 1, "identifier": "token"}
        async with self.http.post(f"{self.stub.url}/players", json=player) as answer:
            identity: str = (await answer.json())["id"]
            return identity

    async def push(self, player_id: str, prefix: str = "") -> tuple[int, Any]:
        notification = {
            "app_id": self.stub.app_id,
            "include_player_ids": [player_id],
            "contents": {"en": "hi"},
        }
        async with self.http.post(
            f"{self.stub.url}{prefix}/notifications",
            json=notification,
            headers={"Authorization": f"Basic {self.stub.rest_key}"},
        ) as answer:
            return answer.status, await answer.text()


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    async with OneSignalStub() as stub, aiohttp.ClientSession() as http:
        yield Backend(http, stub)


@pytest.mark.asyncio
@pytest.mark.parametrize("prefix", ["", "/api/v1"])
async def test_too_many_requests_then_a_bad_gateway_then_all_is_well(
    backend: Backend, prefix: str
) -> None:
    player, stub = await backend.register(), backend.stub
    stub.faults.add(Fault.status(429, headers={"Retry-After": "2"}), "POST /notifications", times=2)
    stub.faults.add(Fault.status(502, body="<html>502</html>"), "POST /notifications", times=1)
    statuses = [(await backend.push(player, prefix))[0] for _ in range(4)]
    assert statuses == [429, 429, 502, 200]
    assert len(stub.pushes) == 1


@pytest.mark.asyncio
async def test_a_push_may_go_out_and_the_answer_be_lost(backend: Backend) -> None:
    player = await backend.register()
    backend.stub.faults.add(Fault.drop_reply(), "POST /notifications", times=1)
    with pytest.raises(aiohttp.ClientError):
        await backend.push(player)
    assert len(backend.stub.pushes) == 1


@pytest.mark.asyncio
async def test_a_black_hole_takes_the_request(backend: Backend) -> None:
    player = await backend.register()
    hole = backend.stub.faults.add(Fault.black_hole(), "/notifications", times=1)
    stuck = asyncio.create_task(backend.push(player))
    await hole.wait_for_hits()
    assert (await backend.push(player))[0] == 200
    assert not stuck.done()
    assert len(backend.stub.pushes) == 1
    await backend.stub.stop()
    with pytest.raises(aiohttp.ClientError):
        await stuck


@pytest.mark.asyncio
async def test_faults_that_need_sockets_or_tokens_are_refused(backend: Backend) -> None:
    for fault in (Fault.close(), Fault.expired_token(), Fault.duplicate()):
        with pytest.raises(ValueError, match="cannot happen"):
            backend.stub.faults.add(fault)


@pytest.mark.asyncio
async def test_faults_are_set_over_http_and_never_happen_to_control_routes(
    backend: Backend,
) -> None:
    url = f"{backend.stub.url}/_control/faults"
    async with backend.http.post(url, json={"fault": "status", "code": 503}) as answer:
        assert answer.status == 200
    assert (await backend.push("any"))[0] == 503
    async with backend.http.get(url) as answer:
        assert [each["hits"] for each in (await answer.json())["faults"]] == [1]
    async with backend.http.delete(url) as answer:
        assert answer.status == 200
    assert (await backend.push(await backend.register()))[0] == 200


@pytest.mark.asyncio
async def test_reset_ends_all_faults(backend: Backend) -> None:
    backend.stub.faults.add(Fault.reset())
    await backend.stub.reset()
    assert len(backend.stub.faults) == 0


@pytest.mark.asyncio
@pytest.mark.parametrize("in_file", [False, True])
async def test_restart_keeps_or_drops_the_data(in_file: bool, tmp_path: Path) -> None:
    data = tmp_path / "stub.db" if in_file else None
    async with OneSignalStub(data=data) as stub, aiohttp.ClientSession() as http:
        backend = Backend(http, stub)
        player = await backend.register()
        address = stub.url
        await stub.restart()
        assert stub.url == address
        assert (await backend.push(player))[0] == 200
        await stub.restart(keep_data=False)
        assert stub.pushes == []
        assert "not subscribed" in (await backend.push(player))[1]


def test_restart_works_in_a_thread() -> None:
    with OneSignalStub() as stub:
        address = stub.url
        stub.run(stub.restart())
        assert stub.url == address
