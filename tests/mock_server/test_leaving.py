import aiohttp
import pytest

from mock_server import MockServer
from tests.mock_server.test_server import get, login


@pytest.mark.asyncio
async def test_a_disconnected_player_is_offline_before_his_client_answers() -> None:
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
