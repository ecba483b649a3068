"""What the mock's clock decides, moved by hand."""

import asyncio

import aiohttp
import pytest

from mock_server import Config, MockServer, SessionConfig
from server_kit import Clock
from tests.mock_server.players import SERVER_KEY, Player, sign_up

LIVES = Config(session=SessionConfig(token_expiry_sec=60, refresh_token_expiry_sec=600))


def stopped() -> Clock:
    return Clock(stopped_at=1_800_000_000.25)


async def refresh(player: Player) -> int:
    async with player.http.post(
        f"{player.server.http_url}/v2/account/session/refresh",
        json={"token": player.refresh_token},
        headers=SERVER_KEY,
    ) as answer:
        return answer.status


@pytest.mark.asyncio
async def test_tokens_live_to_the_second() -> None:
    async with MockServer(LIVES, clock=stopped()) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        server.clock.advance(59.5)
        assert (await ada.call("GET", "/v2/account"))[0] == 200
        server.clock.advance(0.25)
        assert (await ada.call("GET", "/v2/account"))[0] == 401
        server.clock.advance(539)
        assert await refresh(ada) == 200
        server.clock.advance(1)
        assert await refresh(ada) == 401


@pytest.mark.asyncio
async def test_an_open_socket_outlives_its_token_a_new_one_does_not() -> None:
    async with MockServer(LIVES) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        socket = await ada.connect()
        server.clock.advance(61)
        await server.notifications.send(ada.user_id, "still here")
        assert await socket.subject() == "still here"
        with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
            await ada.connect()
        await socket.close()


@pytest.mark.asyncio
async def test_a_ban_spares_the_tokens_of_its_own_second() -> None:
    async with MockServer(LIVES, clock=stopped()) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        server.nk.users_ban_id([ada.user_id])
        assert (await ada.call("GET", "/v2/account"))[0] == 200
        server.clock.advance(1)
        server.nk.users_ban_id([ada.user_id])
        assert (await ada.call("GET", "/v2/account"))[0] == 401


@pytest.mark.asyncio
async def test_what_is_sent_later_is_later_also_while_time_stands_still() -> None:
    async with MockServer(clock=stopped()) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        subjects = [f"number {number}" for number in range(50)]
        for subject in subjects:
            await server.notifications.send(ada.user_id, subject)
        assert await ada.inbox() == subjects


@pytest.mark.asyncio
async def test_moving_the_clock_wakes_what_waits_for_it_in_another_thread() -> None:
    with MockServer(clock=stopped()) as server:
        began = asyncio.Event()
        loop = asyncio.get_running_loop()

        @server.rpc("tomorrow")
        async def sleep_over(context: object, payload: str) -> str:
            tomorrow = server.clock.time() + 86_400
            loop.call_soon_threadsafe(began.set)
            await server.clock.sleep_until(tomorrow)
            return "good morning"

        async with aiohttp.ClientSession() as http:
            ada = await sign_up(http, server)
            waiting = asyncio.create_task(ada.call("POST", "/v2/rpc/tomorrow", ""))
            await began.wait()
            server.clock.advance(86_399)
            assert (await http.get(f"{server.http_url}/healthcheck")).status == 200
            assert not waiting.done()
            server.clock.advance(1)
            assert await waiting == (200, {"payload": "good morning"})
