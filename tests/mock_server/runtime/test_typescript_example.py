"""The server modules in TypeScript of the examples: built, and run for players of the SDK."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mock_server import Config, MockServer
from nakama_client import ApiError, Client, DeviceType
from onesignal_stub import OneSignalStub

EXAMPLES = Path(__file__).parents[3] / "examples"
PROJECT = EXAMPLES / "typescript"


@asynccontextmanager
async def playing(onesignal: OneSignalStub) -> AsyncIterator[Client]:
    """The mock with the bundle, and a client of it."""
    settings = {"runtime.path": str(PROJECT / "build"), "onesignal.url": onesignal.url}
    async with (
        MockServer(Config.from_settings(settings)) as server,
        Client(server.http_url) as client,
    ):
        yield client


@pytest.mark.asyncio
async def test_a_module_notifies_a_player_as_the_documentation_has_it() -> None:
    async with OneSignalStub() as onesignal, playing(onesignal) as client:
        ada = await client.authenticate_device("device-of-ada", username="ada")
        bob = await client.authenticate_device("device-of-bob", username="bob")
        answer = await client.rpc(ada, "unlock_level", {"receiverId": bob.user_id})
        assert answer.json() == {"success": True}
        (notification,) = (await client.list_notifications(bob)).notifications
        assert notification.subject == "You've unlocked level 100!"
        assert notification.content == {"rewardCoins": 1000}
        assert (notification.code, notification.sender_id) == (101, ada.user_id)


@pytest.mark.asyncio
async def test_what_a_module_refuses_reaches_the_player() -> None:
    async with OneSignalStub() as onesignal, playing(onesignal) as client:
        ada = await client.authenticate_device("device-of-ada", username="ada")
        with pytest.raises(ApiError, match="receiverId is missing") as raised:
            await client.rpc(ada, "unlock_level", {})
        assert raised.value.code == 3


@pytest.mark.asyncio
async def test_the_push_tutorial_reaches_segments_filters_and_devices() -> None:
    async with OneSignalStub() as onesignal, playing(onesignal) as client:
        users = {}
        for name in ("ada", "bob"):
            session = await client.authenticate_device(f"device-of-{name}", username=name)
            users[name] = session
            await client.rpc(
                session,
                "register_push",
                {"DeviceType": DeviceType.ANDROID, "Identifier": f"phone of {name}"},
            )
        ada, bob = users.values()
        await client.rpc(ada, "push_to_segments", "to all")
        await client.rpc(ada, "push_by_filters", "by filter")
        await client.rpc(ada, "push_to_users", {"text": "to bob", "userIds": [bob.user_id]})
        metadata = [(await client.get_account(each)).user.metadata for each in (ada, bob)]
        players = [each["os_player_id"] for each in metadata]
        assert [(push.contents, push.player_id) for push in onesignal.pushes] == [
            ("to all", players[0]),
            ("to all", players[1]),
            ("by filter", players[0]),
            ("by filter", players[1]),
            ("to bob", players[1]),
        ]


@pytest.mark.asyncio
async def test_an_error_is_reported_with_its_place_in_typescript(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, "mock_server.modules")
    async with OneSignalStub(rest_key="another key") as onesignal, playing(onesignal) as client:
        ada = await client.authenticate_device("device-of-ada", username="ada")
        with pytest.raises(ApiError, match=r"OneSignal answered 40\d: .* \(index\.js:14:\d+\("):
            await client.rpc(ada, "push_to_segments", "to all")
        (told,) = caplog.messages
        assert "at oneSignal (../src/onesignal.ts:21:" in told
        assert "at pushToSegments (../src/pushes.ts:18:" in told


@pytest.mark.slow
def test_the_bundle_is_what_tsc_makes_of_the_sources(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node and npm are not there")
    version = json.loads((PROJECT / "package.json").read_text("utf-8"))["devDependencies"][
        "typescript"
    ]
    installed = subprocess.run(
        [npm, "install", "--prefix", str(tmp_path), "--no-audit", f"typescript@{version}"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"npm has no typescript: {installed.stderr[-200:]}")
    without_bundles = shutil.ignore_patterns("build")
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=without_bundles)
    for project in ("typescript", "push_devices/typescript"):
        folder = tmp_path / "examples" / project
        built = subprocess.run(
            [node, str(tmp_path / "node_modules" / "typescript" / "bin" / "tsc"), "-p", "."],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert built.returncode == 0, built.stdout
        for there in (EXAMPLES / project / "build").iterdir():
            made = (folder / "build" / there.name).read_text("utf-8")
            assert made == there.read_text("utf-8"), there
