"""How an operator bans a user."""

from __future__ import annotations

import aiohttp

from mock_server import MockServer


async def ban_by_console(server: MockServer, user_id: str) -> None:
    async with aiohttp.ClientSession(server.console_url) as http:
        login = {"username": "admin", "password": "password"}
        async with http.post("/v2/console/authenticate", json=login) as reply:
            token = (await reply.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        path = f"/v2/console/account/{user_id}/ban"
        async with http.post(path, json={}, headers=headers) as reply:
            assert reply.status == 200
