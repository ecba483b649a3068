"""A device on which its user is seen is kept; others expire."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from mock_server import MockServer
from nakama_client import Client, Session
from tests.mock_server.push.conftest import Start, client_of

DAY = 86_400
EXPIRY = 30 * DAY
Act = Callable[[Client, Session], Awaitable[Any]]


async def phone_of(client: Client, device_id: str, **variables: str) -> Session:
    return await client.authenticate_device(device_id, username="ada", vars=variables)


async def tokens(server: MockServer, session: Session) -> set[str | None]:
    return {each.identifier for each in await server.devices(session.user_id)}


async def log_in(client: Client, session: Session) -> None:
    await client.authenticate_device("phone-of-ada")


async def open_a_socket(client: Client, session: Session) -> None:
    async with client.socket(session):
        pass


async def refresh(client: Client, session: Session) -> None:
    await client.refresh_session(session)


@pytest.mark.parametrize("act", [log_in, open_a_socket, refresh])
@pytest.mark.asyncio
async def test_a_device_is_kept_where_its_user_is_seen(start: Start, act: Act) -> None:
    settings = {"session__refresh_token_expiry_sec": 10_000_000}
    async with start(**settings) as server, client_of(server) as client:
        phone = await phone_of(client, "phone-of-ada")
        await client.link_device(phone, "tablet-of-ada")
        tablet = await client.authenticate_device("tablet-of-ada")
        await client.register_push(phone, device_type=1, identifier="phone")
        await client.register_push(tablet, device_type=1, identifier="tablet")
        server.clock.advance(EXPIRY - DAY)
        await act(client, phone)
        server.clock.advance(2 * DAY)
        assert await tokens(server, phone) == {"phone"}
        server.clock.advance(EXPIRY)
        assert await tokens(server, phone) == set()


@pytest.mark.asyncio
async def test_a_device_is_kept_while_a_socket_is_open_on_it(start: Start) -> None:
    async with start() as server, client_of(server) as client:
        phone = await phone_of(client, "phone-of-ada")
        await client.register_push(phone, device_type=1, identifier="phone")
        async with client.socket(phone):
            server.clock.advance(2 * EXPIRY)
            assert await tokens(server, phone) == {"phone"}
            server.clock.advance(2 * EXPIRY)
        server.clock.advance(EXPIRY - DAY)
        assert await tokens(server, phone) == {"phone"}


@pytest.mark.parametrize("name", ["device_id", "installation_id", "os_player_id"])
@pytest.mark.asyncio
async def test_session_variables_name_the_device(start: Start, name: str) -> None:
    player_id = "3ea5608a-43c3-41e7-90f9-7b9397165f34"
    registration = {
        "oneSignalUserId": player_id,
        "oneSignalPushToken": "phone",
        "installationId": "the installation",
    }
    told = {
        "device_id": "the device",
        "installation_id": "the installation",
        "os_player_id": player_id,
    }[name]
    async with start() as server, client_of(server) as client:
        first = await client.authenticate_custom("ada-of-custom", vars={"device_id": "the device"})
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                f"{server.http_url}/push/registration",
                json=registration,
                headers={"Authorization": f"Bearer {first.token}"},
            ) as answer,
        ):
            assert answer.status == 200
        server.clock.advance(EXPIRY - DAY)
        await client.authenticate_custom("ada-of-custom", vars={name: told})
        server.clock.advance(2 * DAY)
        assert await tokens(server, first) == {"phone"}


@pytest.mark.asyncio
async def test_a_login_without_a_device_or_with_another_users_keeps_none(start: Start) -> None:
    async with start() as server, client_of(server) as client:
        ada = await client.authenticate_custom("ada-of-custom")
        await client.register_push(ada, device_type=1, identifier="phone")
        bob = await client.authenticate_custom("bob-of-custom", vars={"device_id": "shared"})
        await client.register_push(bob, device_type=1, identifier="other")
        server.clock.advance(EXPIRY - DAY)
        await client.authenticate_custom("ada-of-custom")
        await client.authenticate_custom("ada-of-custom", vars={"device_id": "shared"})
        server.clock.advance(2 * DAY)
        assert await tokens(server, ada) == set()
        assert await tokens(server, bob) == set()
