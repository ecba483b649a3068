"""Notifications to all users of a server with more users than one batch has."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from mock_server import Config, MockServer
from mock_server.features.notifications.core import BATCH
from nakama_client import Client

USERS = 2 * BATCH + 5
MODULE = """
def init_module(nk):
    def announce(context, payload):
        nk.notification_send_all("Maintenance", {"hour": 5}, 7, True)

    nk.register_rpc(announce, "announce")
"""


def add_users(server: MockServer) -> None:
    """Users straight into the table: so many logins would take a minute."""
    store = server._running().store
    with store.transaction():
        store.run_many(
            "INSERT INTO users (id, username, create_time, update_time) VALUES (?, ?, 0, 0)",
            ((str(uuid.UUID(int=number + 1)), f"player {number}") for number in range(USERS)),
        )


def count_of_stored(server: MockServer) -> int:
    row = server._running().store.one("SELECT count(*), count(DISTINCT user_id) FROM notification")
    assert row is not None
    assert row[0] == row[1]  # nobody has it twice
    return int(row[0])


@pytest.mark.slow
@pytest.mark.asyncio
async def test_send_all_has_reached_every_user_when_it_returns() -> None:
    async with MockServer() as server:
        add_users(server)
        await server.notifications.send_all("Maintenance", {"hour": 5}, code=7)
        assert count_of_stored(server) == USERS


@pytest.mark.asyncio
async def test_a_player_gets_what_a_module_sends_to_all_live_and_stored_under_one_id(
    tmp_path: Path,
) -> None:
    (tmp_path / "announce.py").write_text(MODULE)
    config = Config.from_settings({"runtime.path": str(tmp_path)})
    async with MockServer(config) as server, Client(server.http_url) as client:
        add_users(server)
        session = await client.authenticate_device("device-of-a-player")
        async with client.socket(session) as socket:
            received = socket.notifications()
            await client.rpc(session, "announce")
            live = await anext(received)
            assert live.subject == "Maintenance"
            await server._running().notifications.settle()
            assert count_of_stored(server) == USERS + 1
            [listed] = (await client.list_notifications(session)).notifications
            assert listed.id == live.id


@pytest.mark.slow
@pytest.mark.asyncio
async def test_send_all_goes_on_with_nobody_after_a_reset() -> None:
    async with MockServer() as server:
        add_users(server)
        server._running().notifications.send_all("Maintenance", "{}", 7, persistent=True)
        assert count_of_stored(server) == BATCH
        await server.reset()
        await server.notifications.send_all("Again", code=7)
        assert count_of_stored(server) == 0
