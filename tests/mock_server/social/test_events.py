"""What Nakama tells users of by itself, frame by frame, and what it keeps quiet.

In the tables Bob, or a server module, does something; Alice and Bob are connected.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.mock_server.social.game import Game, Player, notifications_in, open_game

SYSTEM = "00000000-0000-0000-0000-000000000000"

Step = Callable[[Game, Player, Player], Awaitable[Any]]


async def nothing(game: Game, alice: Player, bob: Player) -> None:
    pass


async def bob_invites(game: Game, alice: Player, bob: Player) -> None:
    await bob.post("/v2/friend", ids=alice.id)


async def alice_invites(game: Game, alice: Player, bob: Player) -> None:
    await alice.post("/v2/friend", usernames="bob")


async def bob_removes(game: Game, alice: Player, bob: Player) -> None:
    await bob.delete("/v2/friend", ids=alice.id)


async def bob_blocks(game: Game, alice: Player, bob: Player) -> None:
    await bob.post("/v2/friend/block", ids=alice.id)


async def alice_founds(game: Game, alice: Player, bob: Player) -> None:
    await alice.post("/v2/group", {"name": "Dragons"})


async def bob_founds(game: Game, alice: Player, bob: Player) -> None:
    await bob.post("/v2/group", {"name": "Dragons"})


async def bob_chats(game: Game, alice: Player, bob: Player) -> None:
    await bob.ask(channel_join={"target": alice.id, "type": 2})


async def alice_is_on_facebook(game: Game, alice: Player, bob: Player) -> None:
    await alice.post("/v2/account/link/facebook", {"token": "fb:A:"})


async def bob_imports(game: Game, alice: Player, bob: Player) -> None:
    await bob.post("/v2/friend/facebook", {"token": "fb:B:A"})


async def module_adds_friend(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.friends_add(bob.id, "bob", [alice.id])


async def module_removes_friend(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.friends_delete(bob.id, "bob", [], ["alice"])


async def module_adds_to_group(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.group_users_add(group_id(game), [alice.id])


async def module_adds_for_bob(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.group_users_add(group_id(game), [alice.id], bob.id)


async def module_lets_bob_join(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.group_user_join(group_id(game), bob.id, "bob")


async def bob_adds_to_group(game: Game, alice: Player, bob: Player) -> None:
    await bob.post(f"/v2/group/{group_id(game)}/add", user_ids=alice.id)


async def bob_asks_to_join(game: Game, alice: Player, bob: Player) -> None:
    await bob.post(f"/v2/group/{group_id(game)}/join")


def group_id(game: Game) -> str:
    (group,), _ = game.server.nk.groups_list()
    return str(group["id"])


CHAT = (-1, "bob wants to chat", '{"username":"bob"}', "bob")
INVITE = (-2, "bob wants to add you as a friend", '{"username":"bob"}', "bob")
ACCEPT = (-3, "bob accepted your friend request", '{"username":"bob"}', "bob")
ADDED = (-4, "You've been added to group Dragons", '{"group_id":"%s","name":"Dragons"}', "bob")
ASKS = (-5, "User bob wants to join your group", '{"group_id":"%s","username":"bob"}', "bob")
JOINED = (-6, "Your friend has just joined the game", '{"username":"bob"}', "bob")
REMOVED = (-9, "bob removed you as a friend", '{"username":"bob"}', "bob")

TOLD: list[tuple[str, Step, Step, tuple[int, str, str, str]]] = [
    ("a direct chat", nothing, bob_chats, CHAT),
    ("an invite", nothing, bob_invites, INVITE),
    ("an invite by a module", nothing, module_adds_friend, INVITE),
    ("accepting", alice_invites, bob_invites, ACCEPT),
    ("accepting by a module", alice_invites, module_adds_friend, ACCEPT),
    ("adding to a group", bob_founds, bob_adds_to_group, ADDED),
    ("adding by a module for Bob", bob_founds, module_adds_for_bob, ADDED),
    ("adding by a module", bob_founds, module_adds_to_group, (*ADDED[:3], "")),
    ("asking to join", alice_founds, bob_asks_to_join, ASKS),
    ("asking by a module", alice_founds, module_lets_bob_join, ASKS),
    ("importing", alice_is_on_facebook, bob_imports, JOINED),
    ("removing", bob_invites, bob_removes, REMOVED),
    ("rejecting", alice_invites, bob_removes, REMOVED),
    ("removing by a module", bob_invites, module_removes_friend, REMOVED),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("before", "cause", "wanted"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD]
)
async def test_an_action_sends_alice_its_notification(
    before: Step, cause: Step, wanted: tuple[int, str, str, str]
) -> None:
    code, subject, content, sender = wanted
    async with open_game() as game:
        alice, bob = await game.players("alice", "bob")
        await before(game, alice, bob)
        await alice.received()
        await bob.received()
        await cause(game, alice, bob)
        (live,) = await alice.received_notifications()
        if "%s" in content:
            content %= group_id(game)
        assert list(live.items()) == [
            ("id", live["id"]),
            ("subject", subject),
            ("content", content),
            ("code", code),
            ("sender_id", bob.id if sender else SYSTEM),
            ("create_time", live["create_time"]),
            ("persistent", True),
        ]
        listed = (await alice.notifications())[-1]
        assert json.loads(listed.pop("content")) == json.loads(live.pop("content"))
        del live["create_time"], listed["create_time"]
        assert {"sender_id": SYSTEM, **listed} == live
        assert await bob.received_notifications() == []


async def console_bans(game: Game, alice: Player) -> None:
    async with game.http.post(
        f"{game.server.console_url}/v2/console/authenticate",
        json={"username": "admin", "password": "password"},
    ) as answer:
        token = (await answer.json())["token"]
    url = f"{game.server.console_url}/v2/console/account/{alice.id}/ban"
    headers = {"Authorization": f"Bearer {token}"}
    async with game.http.post(url, headers=headers) as answer:
        assert answer.status == 200


async def module_bans(game: Game, alice: Player) -> None:
    game.server.nk.users_ban_id([alice.id])


async def alice_connects_again(game: Game, alice: Player) -> None:
    await (await game.login("alice")).connect()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("cause", "code", "subject"),
    [
        (alice_connects_again, -7, "single_socket"),
        (console_bans, -8, "banned"),
        (module_bans, -8, "banned"),
    ],
)
async def test_a_socket_gets_the_reason_of_its_end(
    cause: Callable[[Game, Player], Awaitable[None]], code: int, subject: str
) -> None:
    async with open_game({"session.single_socket": True}) as game:
        (alice,) = await game.players("alice")
        await cause(game, alice)
        (live,) = notifications_in(await alice.until_closed())
        assert live == {
            "id": live["id"],
            "subject": subject,
            "content": "{}",
            "code": code,
            "create_time": live["create_time"],
        }
        game.server.nk.users_unban_id([alice.id])
        assert await (await game.login("alice")).notifications() == []


async def module_blocks(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.friends_block(bob.id, "bob", [alice.id])


async def module_writes(game: Game, alice: Player, bob: Player) -> None:
    channel = game.server.nk.channel_id_build(bob.id, alice.id, 2)
    game.server.nk.channel_message_send(channel, {"text": "hi"}, bob.id, "bob", True)


async def module_ranks_and_removes(game: Game, alice: Player, bob: Player) -> None:
    nk, group = game.server.nk, group_id(game)
    nk.group_users_promote(group, [bob.id])
    nk.group_users_demote(group, [bob.id])
    nk.group_users_kick(group, [bob.id])


async def module_bans_from_group(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.group_users_ban(group_id(game), [bob.id])


async def bob_is_a_member(game: Game, alice: Player, bob: Player) -> None:
    await alice_founds(game, alice, bob)
    game.server.nk.group_users_add(group_id(game), [bob.id])


async def bob_asked_to_join(game: Game, alice: Player, bob: Player) -> None:
    await alice_founds(game, alice, bob)
    await bob_asks_to_join(game, alice, bob)


async def module_lets_bob_leave(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.group_user_leave(group_id(game), bob.id, "bob")


async def module_changes_the_group(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.group_update(group_id(game), None, "Wyverns")
    game.server.nk.group_delete(group_id(game))


async def module_changes_notifications(game: Game, alice: Player, bob: Player) -> None:
    nk, (stored,) = game.server.nk, await alice.notifications()
    nk.notifications_update([{"id": stored["id"], "content": {"read": True}}])
    nk.notifications_delete([{"user_id": alice.id, "notification_id": stored["id"]}])


async def bob_deletes_their_account(game: Game, alice: Player, bob: Player) -> None:
    await bob.delete("/v2/account")


async def module_disconnects_bob(game: Game, alice: Player, bob: Player) -> None:
    game.server.nk.session_disconnect(bob.session_id)


QUIET: list[tuple[str, Step, Step]] = [
    ("a friend who is known", bob_invites, bob_invites),
    ("a block", alice_invites, bob_blocks),
    ("a block by a module", nothing, module_blocks),
    ("an invite across a block", module_blocks, alice_invites),
    ("unblocking", bob_blocks, bob_removes),
    ("removing a stranger", nothing, bob_removes),
    ("a message by a module", nothing, module_writes),
    ("joining a chat once more", bob_chats, bob_chats),
    ("asking again to join", bob_asked_to_join, bob_asks_to_join),
    ("taking a request back", bob_asked_to_join, module_lets_bob_leave),
    ("rejecting a request", bob_asked_to_join, module_bans_from_group),
    ("leaving", bob_is_a_member, module_lets_bob_leave),
    ("ranks and a kick", bob_is_a_member, module_ranks_and_removes),
    ("a ban from a group", bob_is_a_member, module_bans_from_group),
    ("the end of a group", bob_is_a_member, module_changes_the_group),
    ("changing notifications", bob_invites, module_changes_notifications),
    ("a friend's account is deleted", bob_invites, bob_deletes_their_account),
    ("a friend is disconnected", bob_invites, module_disconnects_bob),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("before", "cause"), [row[1:] for row in QUIET], ids=[row[0] for row in QUIET]
)
async def test_an_action_without_a_notification_sends_none(before: Step, cause: Step) -> None:
    async with open_game() as game:
        alice, bob = await game.players("alice", "bob")
        await before(game, alice, bob)
        await alice.received()
        await bob.received()
        stored = [each["id"] for each in await alice.notifications()]
        await cause(game, alice, bob)
        assert await alice.received_notifications() == []
        if cause in (bob_deletes_their_account, module_disconnects_bob):
            assert notifications_in(await bob.until_closed()) == []
        else:
            assert await bob.received_notifications() == []
        assert {each["id"] for each in await alice.notifications()} <= set(stored)


@pytest.mark.asyncio
async def test_a_join_request_notifies_every_admin_and_no_member() -> None:
    async with open_game() as game:
        alice, bob, cleo, dan = await game.players("alice", "bob", "cleo", "dan")
        group = (await alice.post("/v2/group", {"name": "Dragons"}))["id"]
        await alice.post(f"/v2/group/{group}/add", user_ids=[bob.id, cleo.id])
        await alice.post(f"/v2/group/{group}/promote", user_ids=bob.id)
        for player in (alice, bob, cleo):
            await player.received()
        await dan.post(f"/v2/group/{group}/join")
        codes = [
            [each["code"] for each in await player.received_notifications()]
            for player in (alice, bob, cleo)
        ]
        assert codes == [[-5], [-5], []]


@pytest.mark.asyncio
async def test_a_user_hears_on_every_socket_and_finds_it_after_being_away() -> None:
    async with open_game() as game:
        alice, bob, cleo = await game.players("alice", "bob", "cleo")
        other = await game.login("alice")
        await other.connect()
        await bob.post("/v2/friend", ids=[alice.id, cleo.id])
        assert [each["code"] for each in await alice.received_notifications()] == [-2]
        assert await other.received_notifications() == [
            (await alice.notifications())[0]
            | {
                "content": '{"username":"bob"}',
                "create_time": (await alice.notifications())[0]["create_time"],
            }
        ]
        await cleo.disconnect()
        await bob.delete("/v2/friend", ids=cleo.id)
        assert [each["code"] for each in await cleo.notifications()] == [-2, -9]
