"""What server modules get from the functions for friends, groups and chat, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from mock_server import ModuleError
from tests.mock_server.social.game import Game, open_game

STRANGER = "7c2f5a56-31f5-4c1a-8f2c-0b5d5f2b7a11"
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.mark.asyncio
async def test_friend_functions_return_tables() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        nk = game.server.nk
        nk.friends_add(ada.id, "ada", [bob.id], [], {"met": "here"})
        ((edge,), cursor) = nk.friends_list(ada.id)
        assert cursor is None
        assert (edge["state"], edge["metadata"]) == (1, {"met": "here"})
        assert (edge["user"]["user_id"], edge["user"]["username"]) == (bob.id, "bob")
        assert isinstance(edge["update_time"], int)
        nk.friend_metadata_update(ada.id, bob.id, {"met": "there"})
        assert nk.friends_list(ada.id, 1, 1)[0][0]["metadata"] == {"met": "there"}
        assert nk.friends_list(ada.id, 1, 0) == ([], None)
        assert nk.users_get_friend_status(bob.id, [ada.id, STRANGER])[0]["state"] == 2
        nk.friends_block(bob.id, "bob", None, ["ada"])
        assert [each["state"] for each in nk.friends_list(bob.id)[0]] == [3]
        nk.friends_delete(bob.id, "bob", [ada.id], None)
        assert nk.friends_list(bob.id) == ([], None)


@pytest.mark.asyncio
async def test_who_has_no_account_gets_no_friends_from_modules() -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        for function in (game.server.nk.friends_add, game.server.nk.friends_block):
            with pytest.raises(ModuleError, match="user_edge_source_id_fkey"):
                function(STRANGER, "ghost", [ada.id])
        assert await ada.friends() == {}


@pytest.mark.asyncio
async def test_friends_list_functions_page_through_all_friends() -> None:
    async with open_game() as game:
        ada, bob, cleo, dan = [await game.login(name) for name in ("ada", "bob", "cleo", "dan")]
        nk = game.server.nk
        for one, other in ((ada, bob), (bob, cleo), (bob, dan)):
            nk.friends_add(one.id, one.name, [other.id])
            nk.friends_add(other.id, other.name, [one.id])
        first, cursor = nk.friends_list(bob.id, 2)
        rest, end = nk.friends_list(bob.id, 2, None, cursor)
        names = [each["user"]["username"] for each in first + rest]
        assert (names, end) == (["ada", "cleo", "dan"], None)
        first, cursor = nk.friends_of_friends_list(ada.id, 1)
        rest, end = nk.friends_of_friends_list(ada.id, 1, cursor)
        assert {each["user"]["username"] for each in first + rest} == {"cleo", "dan"}
        assert ({each["referrer"] for each in first + rest}, end) == ({bob.id}, None)


@pytest.mark.asyncio
async def test_group_functions_return_tables() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        nk = game.server.nk
        made = nk.group_create(ada.id, "Dragons", None, "de", "fire", None, True, {"rank": 1}, 3)
        assert made == {
            "id": made["id"],
            "creator_id": NOBODY,
            "name": "Dragons",
            "lang_tag": "de",
            "description": "fire",
            "avatar_url": "",
            "edge_count": 1,
            "max_count": 3,
            "open": True,
            "metadata": {"rank": 1},
            "create_time": made["create_time"],
            "update_time": made["create_time"],
        }
        nk.group_update(made["id"], ada.id, "Drakes", ada.id, None, None, "x.png", False, None, 2)
        (group,) = nk.groups_get_id([made["id"], STRANGER])
        assert (group["name"], group["creator_id"], group["avatar_url"], group["open"]) == (
            "Drakes",
            ada.id,
            "x.png",
            False,
        )
        nk.group_user_join(made["id"], bob.id, "bob")
        users, _ = nk.group_users_list(made["id"])
        assert [(each["user"]["username"], each["state"]) for each in users] == [
            ("ada", 0),
            ("bob", 3),
        ]
        nk.group_users_add(made["id"], [bob.id])
        ((mine,), _) = nk.user_groups_list(bob.id)
        assert (mine["group"]["edge_count"], mine["state"]) == (2, 2)
        assert nk.groups_get_random(5) == [nk.groups_get_id([made["id"]])[0]]
        nk.group_delete(made["id"])
        nk.group_delete(made["id"])
        assert nk.groups_list() == ([], None)


@pytest.mark.asyncio
async def test_a_module_makes_and_unmakes_superadmins() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        nk = game.server.nk
        group = nk.group_create(ada.id, "Dragons")["id"]
        nk.group_users_add(group, [bob.id])
        for _ in range(3):
            nk.group_users_promote(group, [bob.id])
        assert [each["state"] for each in nk.group_users_list(group)[0]] == [0, 0]
        nk.group_users_demote(group, [ada.id, bob.id])
        states = {each["user"]["username"]: each["state"] for each in nk.group_users_list(group)[0]}
        assert states == {"ada": 1, "bob": 0}
        nk.group_users_kick(group, [bob.id])
        assert len(nk.group_users_list(group)[0]) == 2


# Arguments in braces stand for ids: {ada}, {bob}, {group}.
REFUSED: list[tuple[str, tuple[Any, ...], str]] = [
    ("friends_list", ("ada",), "#1 to friends_list (expects user ID to be a valid identifier)"),
    ("friends_list", ("{ada}", 0), "#2 to friends_list (expects limit to be 1-1000)"),
    ("friends_list", ("{ada}", 1, 4), "#3 to friends_list (expects state to be 0-3)"),
    (
        "friends_list",
        ("{ada}", 1, None, "x"),
        "error while trying to list friends for a user: friend cursor invalid",
    ),
    ("friends_add", ("{ada}", ""), "#2 to friends_add (expects username string)"),
    ("friends_add", ("{ada}", "ada", [1]), "#3 to friends_add (each user id must be a string)"),
    ("friends_add", ("{ada}", "ada", ["x"]), "#3 to friends_add (invalid user ID x)"),
    ("friends_add", ("{ada}", "ada", ["{ada}"]), "#3 to friends_add (cannot add self as friend)"),
    ("friends_delete", ("{ada}", "ada", None, ["ada"]), "(cannot delete self)"),
    ("friends_block", ("{ada}", "ada", None, ["x"]), "no valid ID or username was provided"),
    ("users_get_friend_status", ("ada", []), "#1 to users_get_friend_status (invalid user id)"),
    ("users_get_friend_status", ("{ada}", []), "(invalid user ids list)"),
    ("users_get_friend_status", ("{ada}", [1]), "(each user id must be a string)"),
    ("group_create", ("{ada}", ""), "#2 to group_create (expects group name not be empty)"),
    ("group_create", ("{ada}", "Dragons"), "error while trying to create group: group name in use"),
    (
        "group_create",
        ("{ada}", "New", None, None, None, None, None, None, 0),
        "#9 to group_create (expects max_count to be >= 1)",
    ),
    ("group_update", ("{group}",), "error while trying to update group: no group updates"),
    (
        "group_update",
        ("{group}", "{bob}", "New"),
        "error while trying to update group: group permission denied",
    ),
    ("group_user_join", (STRANGER, "{bob}", "bob"), "group not found"),
    (
        "group_user_join",
        ("{group}", "{bob}", ""),
        "#3 to group_user_join (expects username string)",
    ),
    (
        "group_user_leave",
        ("{group}", "{ada}", "ada"),
        "error while trying to leave a group: user is last group superadmin",
    ),
    ("group_users_add", ("{group}", [STRANGER]), "add users into a group: user not found"),
    ("group_users_add", ("{group}", [NOBODY]), "(cannot add the root user)"),
    ("group_users_ban", ("{group}", ["{ada}"], "{bob}"), "a group: group permission denied"),
    ("group_users_kick", (STRANGER, ["{ada}"]), "kick users from a group: group not found"),
    ("group_users_list", ("{group}", 0), "#2 to group_users_list (expects limit to be 1-10000)"),
    ("group_users_list", ("{group}", 1, 5), "#3 to group_users_list (expects state to be 0-4)"),
    ("groups_get_id", (None,), "#1 to groups_get_id (invalid group id list)"),
    ("groups_get_random", (1001,), "#1 to groups_get_random (count must be 0-1000)"),
    ("groups_list", ("D%", "de"), "name filter cannot be combined with any other filter"),
    ("channel_message_send", ("lobby", {}), "invalid channel id"),
    (
        "channel_message_send",
        ("2...lobby", [1]),
        "expects message content to be a valid JSON object",
    ),
    ("channel_message_update", ("2...lobby", "x", {}), "(Invalid message identifier)"),
    ("channel_messages_list", ("2...lobby", 101), "(limit must be 1-100)"),
    ("channel_messages_list", ("2...lobby", 1, True, "x"), "invalid channel cursor"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prepared() -> AsyncIterator[tuple[Game, dict[str, str]]]:
    """A game that no test changes, and the ids of what is there."""
    async with open_game() as game:
        yield game, await prepare(game)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("function", "arguments", "message"), REFUSED)
async def test_social_functions_with_bad_arguments_raise_nakamas_errors(
    prepared: tuple[Game, dict[str, str]], function: str, arguments: tuple[Any, ...], message: str
) -> None:
    game, ids = prepared
    with pytest.raises(ModuleError, match=re.escape(message)):
        getattr(game.server.nk, function)(*filled(arguments, ids))


async def prepare(game: Game) -> dict[str, str]:
    ada, bob = [await game.login(name) for name in ("ada", "bob")]
    nk = game.server.nk
    group = nk.group_create(ada.id, "Dragons")["id"]
    nk.group_users_add(group, [bob.id])
    return {"ada": ada.id, "bob": bob.id, "group": group}


def filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**ids)
    if isinstance(value, tuple | list):
        return type(value)(filled(each, ids) for each in value)
    return value
