"""Text is text: whatever a field holds, it is never taken for SQL, a header or a path."""

import json
import re
import sqlite3
from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from mock_server import MockServer
from mock_server.http.routing import Auth, Route
from mock_server.wire.messages import envelope
from mock_server.wire.schema import STRING, STRING_VALUE, ListOf, MapOf, Message
from tests.mock_server.features import REQUESTS, ROUTES
from tests.mock_server.hostile import http_request
from tests.mock_server.players import SERVER_KEY, Player, open_tcp

POISONS = [
    "'; DROP TABLE users; --",
    "' OR '1'='1",
    '" OR ""="',
    "1); DELETE FROM notification; --",
    "%' OR username LIKE '%",
    "x\r\nX-Injected: 1\r\n\r\n",
    "\x00\x1b[2J",
    "\ud800\udfff",
    "${jndi:ldap://x}{{7*7}}<script>",
    "../../../../etc/passwd",
]
CASES = [
    pytest.param(poison, id=str(number), marks=() if number in (0, 5, 7) else pytest.mark.slow)
    for number, poison in enumerate(POISONS)
]


def filled(message: Message, poison: str) -> dict[str, Any]:
    """A message with the poison wherever it takes text."""
    fields: dict[str, Any] = {}
    for name, field in message.fields.items():
        kind = field.kind
        if kind in (STRING, STRING_VALUE):
            fields[name] = poison
        elif isinstance(kind, ListOf) and kind.item in (STRING, STRING_VALUE):
            fields[name] = [poison, poison]
        elif isinstance(kind, MapOf) and kind.value == STRING:
            fields[name] = {poison: poison}
        elif isinstance(kind, Message):
            fields[name] = filled(kind, poison)
        elif isinstance(kind, ListOf) and isinstance(kind.item, Message):
            fields[name] = [filled(kind.item, poison)]
    return fields


def encoded(poison: str) -> str:
    return quote(poison.encode(errors="surrogatepass"), safe="")


async def poison_route(eve: Player, route: Route, poison: str) -> None:
    fields = filled(route.message, poison)
    path = re.sub(r"\{[^}]*\}", encoded(poison), route.path)
    query = "&".join(
        f"{name}={encoded(each)}"
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
        if isinstance(each, str)
    )
    body = fields if route.body in (None, "*") else fields[route.body]
    headers = SERVER_KEY if route.auth is Auth.SERVER_KEY else eve.headers
    async with eve.http.request(
        route.method,
        URL(f"{eve.server.http_url}{path}?{query}", encoded=True),
        data=json.dumps(body),
        headers=headers,
        allow_redirects=False,
    ) as answer:
        assert "X-Injected" not in answer.headers
        await answer.read()


@pytest.mark.asyncio
@pytest.mark.parametrize("poison", CASES)
async def test_no_text_of_a_request_is_taken_for_more(
    server: MockServer, ada: Player, eve: Player, poison: str
) -> None:
    await server.notifications.send(ada.user_id, "kept")
    stored, account = await server.notifications.stored(ada.user_id), await account_of(ada)
    tables = await tables_of(server)
    for route in ROUTES:
        if route.name not in ("DeleteAccount", "SessionLogout"):
            await poison_route(eve, route, poison)
    assert [entry.error for entry in server.journal if entry.error] == []
    assert await server.notifications.stored(ada.user_id) == stored
    assert await account_of(ada) == account
    assert await tables_of(server) == tables


async def account_of(player: Player) -> object:
    account = (await player.call("GET", "/v2/account"))[1]
    account["user"].pop("edge_count", None)  # others may invite
    return account


async def tables_of(server: MockServer) -> list[str]:
    """The names of all that is in the database."""
    with sqlite3.connect(":memory:") as copy:
        copy.deserialize(await server.snapshot())
        names = [row[0] for row in copy.execute("SELECT name FROM sqlite_master ORDER BY name")]
    copy.close()
    return names


@pytest.mark.asyncio
@pytest.mark.parametrize("poison", CASES)
async def test_no_text_of_a_frame_is_taken_for_more(
    server: MockServer, ada: Player, eve: Player, poison: str
) -> None:
    account, tables = await account_of(ada), await tables_of(server)
    for request in REQUESTS:
        connection = await eve.http.ws_connect(server.socket_url, headers=eve.headers)
        message = envelope().fields[request.member].kind
        assert isinstance(message, Message)
        frame = {"cid": poison, request.member: filled(message, poison)}
        await connection.send_str(json.dumps(frame))
        await connection.close()
    assert [entry.error for entry in server.journal if entry.error] == []
    assert (await account_of(ada), await tables_of(server)) == (account, tables)


@pytest.mark.asyncio
async def test_poisoned_text_is_kept_as_it_is(server: MockServer, eve: Player) -> None:
    for poison in POISONS[:5]:
        assert await eve.call("PUT", "/v2/account", {"display_name": poison}) == (200, {})
        assert (await eve.call("GET", "/v2/account"))[1]["user"]["display_name"] == poison
        await server.notifications.send(eve.user_id, poison, {poison: poison})
    assert await eve.inbox() == POISONS[:5]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "path",
    [
        "//v2/x%0d%0aX-Injected:%201",
        "/v2/../x%0d%0aX-Injected:%201",
        "//x?%0d%0aX-Injected:%201",
        "/v2/rpc/x%0d%0aX-Injected:%201",
        "/ws?format=%0d%0aX-Injected:%201",
    ],
)
async def test_a_path_adds_no_header(server: MockServer, eve: Player, path: str) -> None:
    line, writer = await open_tcp(server, http_request("GET", path, f"Bearer {eve.token}"))
    head = await line.readuntil(b"\r\n\r\n")
    assert not any(each.startswith(b"X-Injected") for each in head.split(b"\r\n"))
    writer.close()
