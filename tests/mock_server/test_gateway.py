import aiohttp
import pytest

from mock_server import MockServer
from tests.mock_server.test_server import login


@pytest.mark.asyncio
async def test_a_field_of_the_path_is_not_read_from_the_query() -> None:
    async with MockServer() as server, aiohttp.ClientSession() as client:
        headers = await login(client, server, "ada")
        url = f"{server.http_url}/v2/iap/subscription/gold?product_id=a&product_id=b"
        async with client.get(url, headers=headers) as answer:
            assert await answer.json() == {"code": 5, "message": "subscription not found"}
        assert list(server.journal)[-1].ignored == ("query: product_id",)
