"""The console API, as harnesses of games in any language use it."""

import json
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from attrs import frozen
from yarl import URL

from mock_server import Config, ConsoleConfig, MockServer
from tests.mock_server.players import Player

NOBODY = "00000000-0000-4000-8000-000000000000"
SYSTEM_USER = "00000000-0000-0000-0000-000000000000"


@frozen
class Operator:
    """Somebody with a console token."""

    http: aiohttp.ClientSession
    server: MockServer
    token: str

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = body if isinstance(body, str) else json.dumps(body) if body is not None else None
        async with self.http.request(
            method,
            f"{self.server.console_url}/v2/console{path}",
            data=data,
            headers={"Authorization": f"Bearer {self.token}"} if self.token else {},
        ) as answer:
            assert answer.headers["Content-Type"] == "application/json"
            return answer.status, await answer.json()

    async def send(self, *users: Player, **fields: object) -> tuple[int, Any]:
        note = {"user_ids": [each.user_id for each in users], "code": 1, "persistent": True}
        return await self.call("POST", "/notification", note | fields)


@pytest_asyncio.fixture
async def operator(server: MockServer, http: aiohttp.ClientSession) -> Operator:
    status, session = await Operator(http, server, "").call(
        "POST", "/authenticate", {"username": "admin", "password": "password"}
    )
    assert status == 200
    assert session["mfa_code"] is None
    return Operator(http, server, session["token"])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "given",
    [
        {"username": "admin", "password": "Password"},
        {"username": "root", "password": "password"},
        {"username": "admin"},
        {},
    ],
)
async def test_a_wrong_password_opens_nothing(operator: Operator, given: dict[str, str]) -> None:
    status, answer = await operator.call("POST", "/authenticate", given)
    assert (status, answer) == (401, {"code": 16, "message": "Invalid credentials.", "details": []})


@pytest.mark.asyncio
async def test_user_and_password_may_be_set() -> None:
    config = Config(console=ConsoleConfig(username="root", password="s3cret"))
    async with MockServer(config) as server, aiohttp.ClientSession() as http:
        nobody = Operator(http, server, "")
        old = {"username": "admin", "password": "password"}
        assert (await nobody.call("POST", "/authenticate", old))[0] == 401
        new = {"username": "root", "password": "s3cret"}
        assert (await nobody.call("POST", "/authenticate", new))[0] == 200


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/notification"),
        ("GET", f"/notification?user_id={NOBODY}"),
        ("GET", f"/notification/{NOBODY}"),
        ("DELETE", f"/notification/{NOBODY}"),
        ("POST", f"/account/{NOBODY}/ban"),
        ("POST", f"/account/{NOBODY}/unban"),
        ("DELETE", f"/account/{NOBODY}"),
    ],
)
async def test_every_route_asks_for_a_console_token(
    operator: Operator, ada: Player, method: str, path: str
) -> None:
    nobody = Operator(operator.http, operator.server, "")
    status, answer = await nobody.call(method, path)
    assert (status, answer["message"]) == (401, "Console authentication required.")
    for token in ("garbage", ada.token, operator.token[:-4] + "AAAA"):
        intruder = Operator(operator.http, operator.server, token)
        status, answer = await intruder.call(method, path)
        assert (status, answer) == (401, {"code": 16, "message": "Token invalid.", "details": []})


@pytest.mark.asyncio
async def test_a_console_token_expires(operator: Operator) -> None:
    operator.server.clock.advance(86_401)
    assert (await operator.call("GET", f"/notification/{NOBODY}"))[0] == 401


@pytest.mark.asyncio
async def test_send_notification_reaches_the_users_it_names(
    operator: Operator, ada: Player, bob: Player
) -> None:
    socket = await ada.connect()
    assert await operator.send(ada, subject="hello", content={"b": 1, "a": "<"}) == (200, {})
    (note,) = (await socket.receive())["notifications"]["notifications"]
    assert note["content"] == '{"a":"\\u003c","b":1}'
    assert await ada.inbox() == ["hello"]
    assert await bob.inbox() == []
    await socket.close()


@pytest.mark.asyncio
async def test_send_notification_reaches_everybody(
    operator: Operator, ada: Player, bob: Player
) -> None:
    assert await operator.send(subject="to all") == (200, {})
    assert await ada.inbox() == await bob.inbox() == ["to all"]


@pytest.mark.asyncio
async def test_a_notification_that_is_not_persistent_is_not_listed(
    operator: Operator, ada: Player
) -> None:
    socket = await ada.connect()
    assert await operator.send(ada, subject="now", persistent=False) == (200, {})
    assert await socket.subject() == "now"
    assert await ada.inbox() == []
    await socket.close()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"user_ids": ["nobody"]}, 500),
        ({"user_ids": [NOBODY], "subject": "s"}, 500),
        ({"user_ids": [SYSTEM_USER]}, 500),
        ({"sender_id": "nobody"}, 500),
        ({"subject": "x" * 256}, 500),
        ({"code": 40_000}, 500),
        ({"code": "one"}, 400),
        ({"code": 1 << 40}, 400),
        ({"subject": 5}, 400),
        ({"user_ids": "ada"}, 400),
        ({"persistent": "yes"}, 400),
        ({"content": "text"}, 400),
        ({"content": [1]}, 400),
    ],
)
async def test_a_bad_notification_is_refused_whole(
    operator: Operator, ada: Player, fields: dict[str, object], status: int
) -> None:
    given, answer = await operator.send(ada, **({"subject": "s"} | fields))
    assert (given, answer["details"]) == (status, [])
    assert await ada.inbox() == []
    assert operator.server.journal.problems() == []


@pytest.mark.asyncio
@pytest.mark.parametrize("body", ["{", "[]", "null x", '"text"', '{"content":' + "[" * 20_000])
async def test_a_body_that_is_no_object_is_refused(
    operator: Operator, ada: Player, body: str
) -> None:
    status, answer = await operator.call("POST", "/notification", body)
    assert (status, answer["code"]) == (400, 3)
    assert await ada.inbox() == []


@pytest.mark.asyncio
async def test_a_recipient_named_twice_gets_one(operator: Operator, ada: Player) -> None:
    assert await operator.send(ada, ada, subject="once") == (200, {})
    assert await ada.inbox() == ["once"]


@pytest.mark.asyncio
async def test_a_sender_may_be_named_to_everybody_too(operator: Operator, ada: Player) -> None:
    assert await operator.send(subject="s", sender_id=ada.user_id) == (200, {})
    (note,) = await operator.server.notifications.stored(ada.user_id)
    assert note["sender_id"] == ada.user_id


@pytest.mark.asyncio
async def test_list_notifications_pages_with_defaults_written_out(
    operator: Operator, ada: Player, bob: Player
) -> None:
    for number in range(5):
        await operator.send(ada, subject=f"number {number}")
    await operator.send(bob, subject="to bob")
    subjects, cursor, previous = [], "", ""
    while True:
        query = f"?user_id={ada.user_id}&limit=2&cursor={cursor}"
        _, page = await operator.call("GET", f"/notification{query}")
        subjects += [each["subject"] for each in page["notifications"]]
        assert bool(page["prev_cursor"]) is bool(cursor)
        cursor, previous = page["next_cursor"], page["prev_cursor"]
        if not cursor:
            break
    assert subjects == [f"number {number}" for number in range(5)]
    query = f"?user_id={ada.user_id}&limit=2&cursor={previous}"
    _, page = await operator.call("GET", f"/notification{query}")
    assert [each["subject"] for each in page["notifications"]] == ["number 2", "number 3"]
    assert page["next_cursor"]
    assert page["prev_cursor"]
    _, page = await operator.call("GET", f"/notification?user_id={NOBODY}")
    assert page == {"notifications": [], "next_cursor": "", "prev_cursor": ""}


@pytest.mark.asyncio
async def test_list_notifications_lists_those_of_everybody(
    operator: Operator, ada: Player, bob: Player
) -> None:
    await operator.send(subject="to all")
    await operator.send(ada, subject="to ada")
    _, everything = await operator.call("GET", "/notification?limit=100")
    owners = [each["user_id"] for each in everything["notifications"]]
    assert sorted([ada.user_id, ada.user_id, bob.user_id]) == owners
    paged, cursor = [], ""
    for _ in owners:
        _, page = await operator.call("GET", f"/notification?limit=1&cursor={cursor}")
        paged += page["notifications"]
        cursor = page["next_cursor"]
    assert paged == everything["notifications"]
    assert (await operator.call("GET", "/notification?user_id=nobody"))[0] == 500
    assert cursor == ""


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "query", [f"user_id={NOBODY}&limit=4294967296",
              f"user_id={NOBODY}&limit=²", f"user_id={NOBODY}&limit=", f"user_id={NOBODY}&cursor=x"]
)  # fmt: skip
async def test_a_bad_list_query_is_refused(operator: Operator, query: str) -> None:
    status, answer = await operator.call("GET", f"/notification?{query}")
    assert (status, answer["code"]) == (400, 3)


@pytest.mark.asyncio
async def test_a_page_of_notifications_may_be_of_any_size(operator: Operator, ada: Player) -> None:
    for number in range(3):
        await operator.send(ada, subject=str(number), code=0)
    for limit in (101, 1000, 2**32 - 1):
        status, page = await operator.call("GET", f"/notification?limit={limit}")
        assert (status, len(page["notifications"]), page["next_cursor"]) == (200, 3, "")


@pytest.mark.asyncio
async def test_get_and_delete_notification_take_an_id(operator: Operator, ada: Player) -> None:
    await operator.send(ada, subject="one", code=0)
    (stored,) = await operator.server.notifications.stored(ada.user_id)
    status, found = await operator.call("GET", f"/notification/{stored['id']}")
    assert status == 200
    assert found["user_id"] == ada.user_id
    assert (found["subject"], found["code"], found["persistent"]) == ("one", 0, True)
    assert await operator.call("DELETE", f"/notification/{stored['id']}") == (200, {})
    assert await ada.inbox() == []
    assert (await operator.call("GET", f"/notification/{stored['id']}"))[0] == 404
    assert list(found) == [
        "id", "subject", "content", "code", "sender_id", "create_time", "persistent", "user_id",
    ]  # fmt: skip
    assert found["sender_id"] == SYSTEM_USER
    for method, message in (
        ("GET", "failed to fetch notification"),
        ("DELETE", "failed to delete notification"),
    ):
        status, refusal = await operator.call(method, "/notification/nothing")
        assert (status, refusal["message"]) == (500, message)


@pytest.mark.asyncio
async def test_a_ban_reaches_the_sockets_and_ends_the_sessions(
    operator: Operator, ada: Player, bob: Player
) -> None:
    socket, bobs_socket = await ada.connect(), await bob.connect()
    operator.server.clock.advance(1)  # tokens of the ban's own second survive it
    assert await operator.call("POST", f"/account/{ada.user_id}/ban", {}) == (200, {})
    (note,) = (await socket.receive())["notifications"]["notifications"]
    assert (note["code"], note["subject"], note["content"]) == (-8, "banned", "{}")
    assert await socket.end() == (1000, "server-side session disconnect")
    assert await bobs_socket.ask({"ping": {}}) == {"pong": {}}
    assert (await ada.call("GET", "/v2/account"))[0] == 401
    status, refusal = await _authenticate_again(ada)
    assert (status, refusal["message"]) == (403, "User account banned.")
    assert await operator.call("POST", f"/account/{ada.user_id}/unban", {}) == (200, {})
    assert (await _authenticate_again(ada))[0] == 200
    await bobs_socket.close()


async def _authenticate_again(player: Player) -> tuple[int, Any]:
    async with player.http.post(
        f"{player.server.http_url}/v2/account/authenticate/device",
        json={"id": "device-of-ada"},
        headers={"Authorization": aiohttp.encode_basic_auth("defaultkey", "")},
    ) as answer:
        return answer.status, await answer.json()


@pytest.mark.asyncio
async def test_a_ban_of_nobody_is_no_error(operator: Operator) -> None:
    assert await operator.call("POST", f"/account/{NOBODY}/ban", {}) == (200, {})
    for what in ("ban", "unban"):
        status, refusal = await operator.call("POST", f"/account/nobody/{what}", {})
        assert (status, refusal["message"]) == (400, "Requires a valid user ID.")
        status, refusal = await operator.call("POST", f"/account/{SYSTEM_USER}/{what}", {})
        assert (status, refusal["message"]) == (400, f"Cannot {what} the system user.")
    status, refusal = await operator.call("DELETE", f"/account/{SYSTEM_USER}")
    message = "An error occurred while trying to delete the user."
    assert (status, refusal["message"]) == (500, message)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("login", "expected"),
    [
        (aiohttp.encode_basic_auth("admin", "password"), None),
        (aiohttp.encode_basic_auth("admin", "Password"), "Console authentication invalid."),
        (aiohttp.encode_basic_auth("ada", "password"), "Console authentication invalid."),
        ("Basic garbage", "Console authentication invalid."),
        ("Digest garbage", "Console authentication required."),
        ("", "Console authentication required."),
    ],
)
async def test_user_and_password_are_as_good_as_a_token(
    server: MockServer, http: aiohttp.ClientSession, login: str, expected: str | None
) -> None:
    url = f"{server.console_url}/v2/console/notification"
    async with http.get(url, headers={"Authorization": login}) as answer:
        assert answer.headers.get("WWW-Authenticate") == expected
        assert (await answer.json()).get("message") == expected


@pytest.mark.asyncio
async def test_what_the_console_has_not_is_answered_as_its_gateway_does(
    operator: Operator,
) -> None:
    for method, path, status, code in (
        ("GET", "/nothing", 404, 5),
        ("PUT", "/notification", 501, 12),
        ("GET", "/notification/", 400, 3),  # an empty id
    ):
        given, answer = await operator.call(method, path)
        assert (given, answer["code"], answer["details"]) == (status, code, [])


@pytest.mark.asyncio
async def test_a_deleted_account_is_gone_with_its_notifications(
    operator: Operator, ada: Player
) -> None:
    await operator.send(ada, subject="one")
    socket = await ada.connect()
    operator.server.clock.advance(1)
    assert await operator.call("DELETE", f"/account/{ada.user_id}") == (200, {})
    assert await socket.end() == (1000, "server-side session disconnect")
    assert await operator.server.users() == []
    assert await operator.server.notifications.stored(ada.user_id) == []
    assert (await ada.call("GET", "/v2/account"))[0] == 401


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/account?filter=%ff"),
        ("GET", "/account/%ff"),
        ("GET", "/match?match_id=%ff"),
        ("DELETE", "/storage/c/%ff/x"),
    ],
)
async def test_a_text_of_the_url_that_is_no_utf8_is_an_internal_error(
    ada: Player, method: str, path: str
) -> None:
    url = URL(f"{ada.server.console_url}/v2/console{path}", encoded=True)
    admin = {"Authorization": aiohttp.encode_basic_auth("admin", "password")}
    async with ada.http.request(method, url, headers=admin) as answer:
        message = "grpc: error while marshaling: string field contains invalid UTF-8"
        assert (answer.status, (await answer.json())["message"]) == (500, message)
