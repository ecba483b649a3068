"""The steps of the Nakama tutorial: register a device, send to it, see what it got."""

from __future__ import annotations

import aiohttp
import pytest

from onesignal_stub import OneSignalStub


@pytest.mark.asyncio
@pytest.mark.parametrize("prefix", ["", "/api/v1"])
async def test_a_device_that_registered_gets_its_push(prefix: str) -> None:
    async with OneSignalStub() as stub, aiohttp.ClientSession(stub.url) as http:
        auth = {"Authorization": f"Basic {stub.rest_key}"}
        device = {
            "app_id": stub.app_id,
            "device_type": 0,
            "identifier": "platformspecificdeviceidentifier",
            "language": "en",
            "tags": {"a": 1, "foo": "bar"},
        }
        async with http.post(f"{prefix}/players", json=device, headers=auth) as answer:
            registered = await answer.json()
        assert registered["success"] is True
        message = {
            "app_id": stub.app_id,
            "contents": {"en": "English message"},
            "headings": {"en": "English title"},
            "include_player_ids": [registered["id"]],
        }
        async with http.post(f"{prefix}/notifications", json=message, headers=auth) as answer:
            sent = await answer.json()
        push = await stub.wait_for_push(player_id=registered["id"], contains="English")
        assert (push.heading, push.contents) == ("English title", "English message")
        assert push.notification_id == sent["id"]
        assert sent["recipients"] == 1
        assert stub.pushes == [push]
        await stub.reset()
        assert stub.pushes == []


def test_the_stub_runs_in_a_thread_for_synchronous_tests() -> None:
    with OneSignalStub() as stub:
        assert stub.url.startswith("http://127.0.0.1:")
        assert stub.pushes == []
        with pytest.raises(TimeoutError, match="sent: nothing"):
            stub.run(stub.wait_for_push(timeout=0.0))


@pytest.mark.asyncio
async def test_a_request_without_an_answer_is_reported_with_the_nearest_route() -> None:
    async with OneSignalStub() as stub, aiohttp.ClientSession(stub.url) as http:
        async with http.post("/api/v1/notification", json={}) as answer:
            assert answer.status == 404
        (problem,) = stub.journal.problems()
        assert problem.name == "POST /api/v1/notification"
        assert problem.unmatched == "POST /notifications"
