import aiohttp
import pytest

from mock_server import Config, MockServer
from tests.mock_server.test_server import get, login


@pytest.mark.asyncio
async def test_a_disconnected_player_is_offline_before_their_client_answers() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        url = f"{server.socket_url}?status=true"
        async with client.ws_connect(url, headers=headers, autoclose=False) as socket:
            assert "joins" in (await socket.receive_str())
            (session,) = server.sockets()
            session.disconnect()
            (ada,) = await server.users()
            assert "online" not in ada
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


@pytest.mark.asyncio
async def test_a_player_who_left_is_offline_when_their_client_is_done() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        async with client.ws_connect(f"{server.socket_url}?status=true", headers=headers) as socket:
            assert "joins" in (await socket.receive_str())
        assert server.sockets() == []
        (ada,) = await server.users()
        assert "online" not in ada


@pytest.mark.asyncio
async def test_the_connection_stays_until_the_client_has_answered_the_close() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        async with client.ws_connect(server.socket_url, headers=headers, autoclose=False) as socket:
            (session,) = server.sockets()
            session.disconnect("go")
            message = await socket.receive()
            assert (message.type, message.extra) == (aiohttp.WSMsgType.CLOSE, "go")
            await socket.send_frame(b'{"ping":{}}', aiohttp.WSMsgType.TEXT)
            await socket.send_frame(b"", aiohttp.WSMsgType.PING)
            await get(client, f"{server.http_url}/v2/account", headers)
            assert not session.is_closed
            await socket.close()
        await session.wait_closed()


@pytest.mark.asyncio
async def test_a_client_that_never_answers_the_close_is_dropped() -> None:
    config = Config.from_settings({"socket.close_ack_wait_ms": 20})
    async with MockServer(config) as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        async with client.ws_connect(server.socket_url, headers=headers, autoclose=False) as socket:
            (session,) = server.sockets()
            session.disconnect()
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
            await session.wait_closed()


@pytest.mark.asyncio
async def test_linking_a_device_changes_the_account() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        before = (await server.users())[0]["update_time"]
        for verb in ("link", "unlink"):
            server.clock.advance(2)
            async with client.post(
                f"{server.http_url}/v2/account/{verb}/device",
                json={"id": "a-second-device"},
                headers=headers,
            ) as answer:
                assert answer.status == 200
            after = (await server.users())[0]["update_time"]
            assert after > before
            before = after
        account = await get(client, f"{server.http_url}/v2/account", headers)
        assert isinstance(account, dict)
        assert account["devices"] == [{"id": "device-of-ada"}]
