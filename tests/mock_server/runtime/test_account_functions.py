"""Runtime functions for accounts, users, logins and sessions."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from mock_server import MockServer, ModuleError
from tests.mock_server.runtime.game import Game, playing

_NOBODY = "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11"


@pytest_asyncio.fixture
async def game() -> AsyncIterator[Game]:
    async with playing(MockServer()) as game:
        yield game


@pytest.mark.asyncio
async def test_logins_create_and_find(game: Game) -> None:
    nk = game.server.nk
    ada, name, created = nk.authenticate_device("device-of-ada", "ada")
    assert (name, created) == ("ada", True)
    assert nk.authenticate_device("device-of-ada") == (ada, "ada", False)
    bob, _, created = nk.authenticate_custom("custom-of-bob", "bob", True)
    assert created
    assert nk.authenticate_custom("custom-of-bob", None, False) == (bob, "bob", False)
    cleo, _, _ = nk.authenticate_email("cleo@example.com", "a password", "cleo")
    assert nk.authenticate_email("CLEO@example.com", "a password")[0] == cleo
    assert nk.authenticate_email("", "a password", "cleo")[0] == cleo
    _, generated, _ = nk.authenticate_device("device-of-somebody")
    assert len(generated) == 10


@pytest.mark.asyncio
async def test_authenticate_functions_raise_nakamas_errors(game: Game) -> None:
    nk = game.server.nk
    nk.authenticate_email("cleo@example.com", "a password", "cleo")
    problems: dict[str, Callable[[], object]] = {
        "NotFound desc = User account not found.": lambda: nk.authenticate_device(
            "device-of-nobody", None, False
        ),
        "Unauthenticated desc = Invalid credentials.": lambda: nk.authenticate_email(
            "cleo@example.com", "anota password"
        ),
        "AlreadyExists desc = Username is already in use.": lambda: nk.authenticate_custom(
            "custom-of-cleo", "cleo"
        ),
    }
    for text, login in problems.items():
        with pytest.raises(ModuleError) as caught:
            login()
        assert str(caught.value) == f"error authenticating: rpc error: code = {text}"


@pytest.mark.asyncio
async def test_a_generated_token_is_a_session(game: Game) -> None:
    nk = game.server.nk
    ada, _, _ = nk.authenticate_device("device-of-ada", "ada")
    token, expiry = nk.authenticate_token_generate(ada, "ada", None, {"role": "tester"})
    assert 0 <= expiry - game.server.clock.time() <= 60
    answer = await game.request("GET", "/v2/account", token)
    assert answer.body["user"]["username"] == "ada"
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["vrs"], claims["exp"]) == ({"role": "tester"}, expiry)
    token, expiry = nk.authenticate_token_generate(ada, "ada", int(game.server.clock.time()) + 5)
    game.server.clock.advance(6)
    assert (await game.request("GET", "/v2/account", token)).status == 401


@pytest.mark.asyncio
async def test_links_add_and_remove_logins(game: Game) -> None:
    nk = game.server.nk
    ada, _, _ = nk.authenticate_device("device-of-ada", "ada")
    bob, _, _ = nk.authenticate_device("device-of-bob", "bob")
    nk.link_device(ada, "tablet-of-ada")
    nk.link_custom(ada, "custom-of-ada")
    nk.link_email(ada, "Ada@example.com", "a password")
    account = nk.account_get_id(ada)
    assert {device["id"] for device in account["devices"]} == {"device-of-ada", "tablet-of-ada"}
    assert (account["custom_id"], account["email"]) == ("custom-of-ada", "ada@example.com")
    with pytest.raises(ModuleError, match="error linking: rpc error: code = AlreadyExists desc"):
        nk.link_custom(bob, "custom-of-ada")
    nk.unlink_device(ada, "device-of-ada")
    nk.unlink_custom(ada)
    nk.unlink_email(ada, "ADA@example.com")
    with pytest.raises(ModuleError, match="error unlinking: rpc error: code = PermissionDenied"):
        nk.unlink_device(ada, "tablet-of-ada")


@pytest.mark.asyncio
async def test_an_account_as_modules_see_it(game: Game) -> None:
    nk = game.server.nk
    ada, _, _ = nk.authenticate_device("device-of-ada", "ada")
    nk.account_update_id(ada, {"level": 7}, None, "Ada L.", "CET", "Rome", "it", "http://x/y.png")
    account = nk.account_get_id(ada)
    user = account.pop("user")
    now = game.server.clock.time()
    assert 0 <= now - user["create_time"] < 60
    assert 0 <= now - user["update_time"] < 60
    assert {name: user[name] for name in user if name not in ("create_time", "update_time")} == {
        "user_id": ada,
        "username": "ada",
        "display_name": "Ada L.",
        "timezone": "CET",
        "location": "Rome",
        "lang_tag": "it",
        "avatar_url": "http://x/y.png",
        "metadata": {"level": 7},
        "online": False,
        "edge_count": 0,
    }
    assert user.items() <= account.items()
    assert account["wallet"] == {}
    assert nk.accounts_get_id([ada, _NOBODY])[0]["user_id"] == ada
    assert nk.accounts_get_id([], ["device-of-ada", "device-of-nobody"])[0]["user_id"] == ada
    assert nk.users_get_id([_NOBODY, ada]) == [user]
    assert nk.users_get_username(["ada", "nobody"]) == [user]
    assert nk.users_get_username([]) == []


@pytest.mark.asyncio
async def test_a_user_is_online_while_their_socket_is_open(game: Game) -> None:
    nk = game.server.nk
    token = await game.login("ada")
    ada = await game.user_id("ada")
    async with game.socket(token) as socket:
        await socket.ask(status_update={"status": "here"})
        assert nk.users_get_id([ada])[0]["online"] is True


@pytest.mark.asyncio
async def test_metadata_is_replaced_and_empty_texts_change_nothing(game: Game) -> None:
    nk = game.server.nk
    ada, _, _ = nk.authenticate_device("device-of-ada", "ada")
    nk.authenticate_device("device-of-bob", "bob")
    nk.account_update_id(ada, {"level": 7, "coins": 1})
    nk.account_update_id(ada, {"coins": 2}, "", "Ada")
    account = nk.account_get_id(ada)
    assert (account["metadata"], account["username"]) == ({"coins": 2}, "ada")
    nk.account_update_id(ada, None, "ada2")
    assert nk.account_get_id(ada)["metadata"] == {"coins": 2}
    with pytest.raises(ModuleError, match="error while trying to update user: "):
        nk.account_update_id(ada, None, "bob")
    with pytest.raises(ModuleError, match="error while trying to update user: "):
        nk.account_update_id(ada)
    assert nk.account_get_id(ada)["username"] == "ada2"


@pytest.mark.asyncio
async def test_a_deleted_account_is_gone(game: Game) -> None:
    nk = game.server.nk
    token = await game.login("ada")
    ada = await game.user_id("ada")
    nk.account_delete_id(ada)
    with pytest.raises(ModuleError, match=f"failed to get account for user_id {ada}: account not"):
        nk.account_get_id(ada)
    # 401 if the token is of an earlier second than the deletion, which does not end younger ones
    assert (await game.request("GET", "/v2/account", token)).status in (401, 404)


@pytest.mark.asyncio
async def test_users_get_random_returns_as_many_users_as_asked_for(game: Game) -> None:
    nk = game.server.nk
    everybody = {nk.authenticate_device(f"device-number-{n}")[0] for n in range(5)}
    assert nk.users_get_random() == []
    some = nk.users_get_random(3)
    assert len({user["user_id"] for user in some} & everybody) == 3
    assert len(nk.users_get_random(1000)) == 5


@pytest.mark.asyncio
async def test_a_ban_ends_sessions_until_it_is_lifted(game: Game) -> None:
    nk = game.server.nk
    token = await game.login("ada")
    ada = await game.user_id("ada")
    game.server.clock.advance(1)  # Nakama tells tokens by the second
    async with game.socket(token) as socket:
        nk.users_ban_id([ada])
        notification = (await socket.receive())["notifications"]["notifications"][0]
        assert notification["code"] == -8
        assert (await socket.receive())[0] == 1000
    assert (await game.request("GET", "/v2/account", token)).status == 401
    assert nk.account_get_id(ada)["disable_time"] > 0
    with pytest.raises(ModuleError, match="PermissionDenied desc = User account banned"):
        nk.authenticate_device("device-of-ada")
    nk.users_unban_id([ada])
    assert nk.authenticate_device("device-of-ada")[0] == ada
    nk.users_ban_id([])


@pytest.mark.asyncio
async def test_sessions_are_disconnected_and_logged_out(game: Game) -> None:
    nk = game.server.nk
    token = await game.login("ada")
    ada = await game.user_id("ada")
    async with game.socket(token) as socket:
        (session,) = game.server.sockets()
        nk.session_disconnect(_NOBODY)
        nk.session_disconnect(session.id, 2)
        code, _ = await socket.receive()
        assert code == 1000
    assert (await game.request("GET", "/v2/account", token)).status == 200
    with pytest.raises(ModuleError, match="failed to logout: "):
        nk.session_logout(ada, "no token")
    nk.session_logout(ada, token)
    assert (await game.request("GET", "/v2/account", token)).status == 401
    token = await game.login("ada")
    game.server.clock.advance(1)
    nk.session_logout(ada)
    assert (await game.request("GET", "/v2/account", token)).status == 401


def _events(received: dict[str, Any], kind: str) -> list[str]:
    return [each["username"] for each in received["stream_presence_event"].get(kind, [])]


@pytest.mark.asyncio
async def test_stream_functions_join_list_send_and_leave(game: Game) -> None:
    nk = game.server.nk
    stream = {"mode": 123, "label": "hall", "subject": _NOBODY}
    tokens = [await game.login(name) for name in ("ada", "bob")]
    async with game.socket(tokens[0]) as ada, game.socket(tokens[1]) as bob:
        first, second = game.server.sockets()
        assert nk.stream_user_join(first.user_id, first.id, stream, False, False, "hi") is True
        assert nk.stream_user_join(first.user_id, first.id, stream) is False
        nk.stream_user_join(second.user_id, second.id, stream, False)
        assert _events(await ada.receive(), "joins") == ["ada"]
        assert _events(await ada.receive(), "joins") == ["bob"]
        assert _events(await bob.receive(), "joins") == ["bob"]
        assert nk.stream_count(stream) == 2
        assert [each["session_id"] for each in nk.stream_user_list(stream)] == [
            first.id,
            second.id,
        ]
        assert nk.stream_user_list(stream, True, False) == []
        assert nk.stream_user_get(first.user_id, first.id, stream) == {
            "hidden": False,
            "persistence": False,
            "username": "ada",
            "status": "hi",
        }
        assert nk.stream_user_get(second.user_id, first.id, stream) is None

        nk.stream_send(stream, "to all")
        nk.stream_send(stream, "to bob", [{"session_id": second.id}], False)
        assert (await ada.receive())["stream_data"] == {
            "stream": stream,
            "data": "to all",
            "reliable": True,
        }
        assert (await bob.receive())["stream_data"]["data"] == "to all"
        assert (await bob.receive())["stream_data"] == {"stream": stream, "data": "to bob"}
        nk.stream_send_raw(stream, {"status_presence_event": {"joins": []}})
        assert "status_presence_event" in await ada.receive()
        await bob.receive()

        nk.stream_user_update(first.user_id, first.id, stream, False, True, "away")
        meta = nk.stream_user_get(first.user_id, first.id, stream)
        assert meta is not None
        assert (meta["status"], meta["persistence"]) == ("away", True)
        event = await bob.receive()
        assert _events(event, "joins") == _events(event, "leaves") == ["ada"]
        nk.stream_user_kick({"user_id": second.user_id, "session_id": second.id}, stream)
        await ada.receive()
        assert _events(await ada.receive(), "leaves") == ["bob"]
        nk.stream_user_leave(first.user_id, first.id, stream)
        nk.stream_close(stream)
        assert nk.stream_count(stream) == 0
