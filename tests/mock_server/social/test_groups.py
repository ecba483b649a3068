from collections.abc import Sequence
from typing import Any

import pytest

from tests.mock_server.social.game import OK, open_game, refused
from tests.mock_server.social.guild import (
    ADMIN,
    BANNED,
    MEMBER,
    REQUEST,
    SUPERADMIN,
    change,
    found,
    members,
    names,
    users,
)

STRANGER = "7c2f5a56-31f5-4c1a-8f2c-0b5d5f2b7a11"
NOBODY = "00000000-0000-0000-0000-000000000000"

DENIED = refused(5, "Group not found or permission denied.")
FULL = refused(3, "Group is full.")
LAST = refused(3, "Cannot leave group when you are the last superadmin.")


@pytest.mark.asyncio
async def test_a_new_group_has_its_founder_and_the_defaults() -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        group = await ada.post("/v2/group", {"name": "Dragons"})
        assert group.pop("create_time") == group.pop("update_time")
        assert group == {
            "id": group["id"],
            "creator_id": ada.id,
            "name": "Dragons",
            "lang_tag": "en",
            "metadata": "{}",
            "open": False,
            "edge_count": 1,
            "max_count": 100,
        }
        assert await users(ada, group["id"]) == {"ada": SUPERADMIN}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, refused(3, "Group name must be set.")),
        ({"name": "A", "max_count": -1}, refused(3, "Group max count must be >= 1 when set.")),
        ({"name": "Dragons"}, refused(6, "Group name is in use.")),
        ({"name": "A" * 256}, refused(13, "Error while trying to create group.")),
        ({"name": "A", "lang_tag": "e" * 19}, refused(13, "Error while trying to create group.")),
        ({"name": "A\0"}, refused(13, "Error while trying to create group.")),
    ],
)
async def test_groups_that_cannot_be_founded(fields: dict[str, Any], answer: Any) -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        await found(ada)
        assert await ada.post("/v2/group", fields) == answer
        assert await names(ada, limit=100) == ["Dragons"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, refused(3, "Specify at least one field to update.")),
        ({"name": ""}, refused(3, "Group name cannot be empty.")),
        ({"lang_tag": ""}, refused(3, "Group language cannot be empty.")),
        ({"name": "Wyverns"}, refused(3, "Group name is in use.")),
        ({"description": "d" * 256}, refused(13, "Error while trying to update group.")),
        ({"avatar_url": "\0"}, refused(13, "Error while trying to update group.")),
        ({"description": "", "open": True, "name": "Drakes"}, OK),
    ],
)
async def test_update_group_changes_the_given_fields_or_is_refused(
    fields: dict[str, Any], answer: Any
) -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        group = await found(ada, description="fire")
        await found(ada, "Wyverns")
        assert await ada.put(f"/v2/group/{group}", fields) == answer
        (listed,) = [
            each["group"]
            for each in (await ada.get(f"/v2/user/{ada.id}/group"))["user_groups"]
            if each["group"]["id"] == group
        ]
        assert listed["name"] == ("Drakes" if answer == OK else "Dragons")
        assert listed.get("description") == (None if answer == OK else "fire")
        assert listed["open"] == (answer == OK)


@pytest.mark.asyncio
async def test_only_admins_change_a_group_and_only_superadmins_delete_it() -> None:
    async with open_game() as game:
        ada, bob, cleo = [await game.login(name) for name in ("ada", "bob", "cleo")]
        group = await found(ada)
        await change(ada, group, "add", bob, cleo)
        await change(ada, group, "promote", bob)
        assert await bob.put(f"/v2/group/{group}", {"description": "by bob"}) == OK
        assert await cleo.put(f"/v2/group/{group}", {"description": "by cleo"}) == refused(
            5, "Group not found or you're not allowed to update."
        )
        refusal = refused(3, "Group not found or you're not allowed to delete.")
        assert await bob.delete(f"/v2/group/{group}") == refusal
        assert await ada.delete(f"/v2/group/{STRANGER}") == refusal
        assert await ada.delete("/v2/group/dragons") == refused(3, "Group ID must be a valid ID.")
        assert await ada.delete(f"/v2/group/{group}") == OK
        assert await users(bob, group) == {}
        assert await bob.get(f"/v2/user/{bob.id}/group") == {}


@pytest.mark.asyncio
async def test_a_full_group_admits_nobody() -> None:
    async with open_game() as game:
        ada, bob, cleo, dan = [await game.login(name) for name in ("ada", "bob", "cleo", "dan")]
        group = await found(ada, max_count=2, open=True)
        assert await change(ada, group, "add", cleo, dan) == FULL
        assert await users(ada, group) == {"ada": SUPERADMIN}
        assert await cleo.notifications() == []
        assert await bob.post(f"/v2/group/{group}/join") == OK
        assert await cleo.post(f"/v2/group/{group}/join") == FULL
        assert await bob.post(f"/v2/group/{group}/join") == FULL
        assert await change(ada, group, "add", bob) == OK
        assert await members(ada, group) == 2
        assert await bob.post(f"/v2/group/{group}/leave") == OK
        assert await cleo.post(f"/v2/group/{group}/join") == OK


@pytest.mark.asyncio
async def test_the_last_superadmin_stays_while_there_are_members() -> None:
    async with open_game() as game:
        ada, bob, cleo = [await game.login(name) for name in ("ada", "bob", "cleo")]
        group = await found(ada)
        await change(ada, group, "add", bob)
        assert await ada.post(f"/v2/group/{group}/leave") == LAST
        await change(ada, group, "promote", bob)
        assert await ada.post(f"/v2/group/{group}/leave") == LAST
        await change(ada, group, "promote", bob)
        assert await ada.post(f"/v2/group/{group}/leave") == OK
        assert await users(ada, group) == {"bob": SUPERADMIN}
        assert await cleo.post(f"/v2/group/{group}/join") == OK
        assert await bob.post(f"/v2/group/{group}/leave") == OK
        assert await names(ada, limit=100) == []
        assert await cleo.get(f"/v2/user/{cleo.id}/group") == {}


@pytest.mark.asyncio
async def test_leaving_what_one_is_not_in_changes_nothing() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        group = await found(ada)
        assert await bob.post(f"/v2/group/{group}/leave") == OK
        assert await bob.post(f"/v2/group/{STRANGER}/leave") == OK
        assert await bob.post(f"/v2/group/{STRANGER}/join") == refused(5, "Group not found.")
        await change(ada, group, "add", bob)
        await change(ada, group, "ban", bob)
        assert await bob.post(f"/v2/group/{group}/leave") == OK
        assert await users(ada, group, state=BANNED) == {"bob": BANNED}


@pytest.mark.asyncio
async def test_a_ban_lasts_until_a_kick() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        group = await found(ada, open=True)
        assert await change(ada, group, "ban", bob) == OK
        assert await users(ada, group, state=BANNED) == {}
        await bob.post(f"/v2/group/{group}/join")
        assert await change(ada, group, "ban", bob) == OK
        assert await members(ada, group) == 1
        assert await bob.post(f"/v2/group/{group}/join") == OK
        assert await change(ada, group, "add", bob) == OK
        assert await users(ada, group) == {"ada": SUPERADMIN}
        assert await change(ada, group, "kick", bob) == OK
        assert await bob.post(f"/v2/group/{group}/join") == OK
        assert await users(ada, group) == {"ada": SUPERADMIN, "bob": MEMBER}


@pytest.mark.asyncio
async def test_of_several_bans_in_one_call_the_first_is_kept() -> None:
    async with open_game() as game:
        ada, bob, cleo = [await game.login(name) for name in ("ada", "bob", "cleo")]
        group = await found(ada)
        await change(ada, group, "add", bob, cleo)
        assert await change(ada, group, "ban", cleo, bob) == OK
        assert await users(ada, group, state=BANNED) == {"cleo": BANNED}
        assert await users(ada, group) == {"ada": SUPERADMIN}
        assert await members(ada, group) == 1


RANKS: list[tuple[str, str, Sequence[str], dict[str, int]]] = [
    ("ada", "promote", ["dan"], {"dan": ADMIN}),
    ("ada", "promote", ["bob"], {"bob": SUPERADMIN}),
    ("ada", "promote", ["ada"], {}),
    ("ada", "promote", ["eve"], {}),
    ("ada", "demote", ["bob"], {"bob": MEMBER}),
    ("ada", "demote", ["dan"], {}),
    ("ada", "demote", ["ada"], {}),
    ("bob", "promote", ["dan"], {"dan": ADMIN}),
    ("bob", "promote", ["cleo"], {}),
    ("bob", "promote", ["bob"], {}),
    ("bob", "demote", ["cleo"], {"cleo": MEMBER}),
    ("bob", "demote", ["ada"], {}),
    ("bob", "kick", ["cleo"], {}),
    ("bob", "kick", ["ada"], {}),
    ("bob", "ban", ["cleo"], {}),
    ("bob", "kick", ["dan", "eve"], {"dan": -1, "eve": -1}),
    ("ada", "kick", ["cleo", "ada"], {"cleo": -1}),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("actor", "verb", "others", "changes"), RANKS)
async def test_each_rank_in_a_group_may_make_its_changes_and_no_others(
    actor: str, verb: str, others: Sequence[str], changes: dict[str, int]
) -> None:
    async with open_game() as game:
        players = {name: await game.login(name) for name in ("ada", "bob", "cleo", "dan", "eve")}
        ada, bob, cleo, dan, eve = players.values()
        group = await found(ada)
        await change(ada, group, "add", bob, cleo, dan)
        await change(ada, group, "promote", bob, cleo)
        await eve.post(f"/v2/group/{group}/join")
        before = {"ada": SUPERADMIN, "bob": ADMIN, "cleo": ADMIN, "dan": MEMBER, "eve": REQUEST}
        answer = await change(players[actor], group, verb, *(players[name] for name in others))
        assert answer == OK
        after = {name: state for name, state in (before | changes).items() if state >= 0}
        assert await users(ada, group) == after
        assert await members(ada, group) == sum(state <= MEMBER for state in after.values())


@pytest.mark.asyncio
@pytest.mark.parametrize("verb", ["add", "kick", "ban", "promote", "demote"])
async def test_members_and_strangers_have_no_rank(verb: str) -> None:
    async with open_game() as game:
        ada, bob, cleo = [await game.login(name) for name in ("ada", "bob", "cleo")]
        group = await found(ada)
        await change(ada, group, "add", bob)
        assert await change(bob, group, verb, cleo) == DENIED
        assert await change(cleo, group, verb, bob) == DENIED
        assert await change(ada, STRANGER, verb, bob) == DENIED
        nobody = refused(3, "User ID must be a valid ID.")
        for bad in ("bob", NOBODY):
            assert await ada.post(f"/v2/group/{group}/{verb}", user_ids=bad) == nobody
        assert await users(ada, group) == {"ada": SUPERADMIN, "bob": MEMBER}


@pytest.mark.asyncio
async def test_group_calls_without_user_ids_succeed_except_demote() -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        group = await found(ada)
        for verb in ("add", "kick", "ban", "promote"):
            assert await change(ada, group, verb) == OK
        assert await change(ada, group, "demote") == refused(3, "User IDs must be set.")


@pytest.mark.asyncio
async def test_unknown_users_are_not_added() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        group = await found(ada)
        answer = await ada.post(f"/v2/group/{group}/add", user_ids=[bob.id, STRANGER])
        assert answer == refused(3, "One or more users not found.")
        assert await users(ada, group) == {"ada": SUPERADMIN}
        assert await bob.notifications() == []


@pytest.mark.asyncio
async def test_a_deleted_account_leaves_its_groups() -> None:
    async with open_game() as game:
        ada, bob, cleo = [await game.login(name) for name in ("ada", "bob", "cleo")]
        adas, bobs = await found(ada), await found(bob, "Wyverns")
        await change(ada, adas, "add", bob)
        await change(bob, bobs, "add", cleo)
        assert await bob.delete("/v2/account") == OK
        assert await users(ada, adas) == {"ada": SUPERADMIN}
        assert await members(ada, adas) == 1
        assert await names(ada, limit=100) == ["Dragons"]
        assert await cleo.get(f"/v2/user/{cleo.id}/group") == {}


@pytest.mark.asyncio
async def test_who_has_no_account_can_ask_but_not_join() -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        ghost = game.stranger(STRANGER, "ghost")
        opened, closed = await found(ada, open=True), await found(ada, "Wyverns")
        answer = await ghost.post(f"/v2/group/{opened}/join")
        assert answer == refused(13, "Error while trying to join group.")
        assert await members(ada, opened) == 1
        assert await ghost.post(f"/v2/group/{closed}/join") == OK
        assert [each["code"] for each in await ada.notifications()] == [-5]
        assert await users(ada, closed) == {"ada": SUPERADMIN}
        answer = await ghost.post(f"/v2/group/{closed}/leave")
        assert answer == refused(13, "Error while trying to leave group.")
