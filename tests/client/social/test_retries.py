"""What is repeated after an answer was lost, and what would do harm."""

import uuid
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from nakama_client import Client, RetryPolicy, Session, Unavailable
from tests.client.scripted import ScriptedServer, make_token

ID = str(uuid.uuid4())

Call = Callable[[Client, Session], Awaitable[object]]

REPEATED: dict[str, Call] = {
    "list friends": lambda c, s: c.list_friends(s),
    "add friends": lambda c, s: c.add_friends(s, [ID]),
    "delete friends": lambda c, s: c.delete_friends(s, [ID]),
    "block friends": lambda c, s: c.block_friends(s, [ID]),
    "import friends": lambda c, s: c.import_facebook_friends(s, "token"),
    "update group": lambda c, s: c.update_group(s, ID, name="Dragons"),
    "join group": lambda c, s: c.join_group(s, ID),
    "leave group": lambda c, s: c.leave_group(s, ID),
    "add users": lambda c, s: c.add_group_users(s, ID, [ID]),
    "kick users": lambda c, s: c.kick_group_users(s, ID, [ID]),
    "ban users": lambda c, s: c.ban_group_users(s, ID, [ID]),
    "list messages": lambda c, s: c.list_channel_messages(s, "2...inn"),
}
NOT_REPEATED: dict[str, Call] = {
    "import friends anew": lambda c, s: c.import_steam_friends(s, "token", reset=True),
    "create group": lambda c, s: c.create_group(s, "Dragons"),
    "promote users": lambda c, s: c.promote_group_users(s, ID, [ID]),
    "demote users": lambda c, s: c.demote_group_users(s, ID, [ID]),
}


def server_that_stumbles() -> ScriptedServer:
    async def answer(request: web.Request) -> web.Response:
        if len(server.requests) == 1:
            return web.json_response({"code": 14, "message": "try again"}, status=503)
        return web.json_response({})

    server = ScriptedServer(answer=answer)
    return server


def client_of(server: ScriptedServer) -> Client:
    return Client(server.url, retry=RetryPolicy(first_delay=0.001))


@pytest.mark.asyncio
@pytest.mark.parametrize("call", REPEATED.values(), ids=REPEATED.keys())
async def test_idempotent_calls_are_repeated(call: Call) -> None:
    async with server_that_stumbles() as server, client_of(server) as client:
        await call(client, Session(make_token()))
        first, second = server.requests
        assert first.path_qs == second.path_qs


@pytest.mark.asyncio
@pytest.mark.parametrize("call", NOT_REPEATED.values(), ids=NOT_REPEATED.keys())
async def test_calls_that_are_not_idempotent_are_not_repeated(call: Call) -> None:
    async with server_that_stumbles() as server, client_of(server) as client:
        with pytest.raises(Unavailable, match="try again"):
            await call(client, Session(make_token()))
        assert len(server.requests) == 1
