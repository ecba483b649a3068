"""Each event that Nakama tells somebody about, caused through the SDK, and those it keeps quiet.

In the first table Bob does something and Alice is told; in the second nobody is.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nakama_client import ChannelType, NotificationCode
from tests.integration.social.fixtures import Fixtures, three_players

Step = Callable[[Fixtures], Awaitable[Any]]


async def nothing(players: Fixtures) -> None:
    pass


async def bob_invites(players: Fixtures) -> None:
    await players.client.add_friends(players.bob.session, [players.alice.id])


async def alice_invites(players: Fixtures) -> None:
    await players.client.add_friends(players.alice.session, [players.bob.id])


async def both_are_friends(players: Fixtures) -> None:
    await alice_invites(players)
    await bob_invites(players)


async def bob_removes(players: Fixtures) -> None:
    await players.client.delete_friends(players.bob.session, [players.alice.id])


async def bob_blocks(players: Fixtures) -> None:
    await players.client.block_friends(players.bob.session, [players.alice.id])


async def bobs_group(players: Fixtures) -> None:
    players.group_id = (await players.client.create_group(players.bob.session, "Dragons")).id


async def alices_group(players: Fixtures) -> None:
    players.group_id = (await players.client.create_group(players.alice.session, "Dragons")).id


async def alices_open_group(players: Fixtures) -> None:
    group = await players.client.create_group(players.alice.session, "Dragons", open=True)
    players.group_id = group.id


async def bob_adds_alice(players: Fixtures) -> None:
    await players.client.add_group_users(players.bob.session, players.group_id, [players.alice.id])


async def alice_asked_to_join(players: Fixtures) -> None:
    await bobs_group(players)
    await players.client.join_group(players.alice.session, players.group_id)


async def bob_joins(players: Fixtures) -> None:
    await players.client.join_group(players.bob.session, players.group_id)


async def bob_opens_direct_chat(players: Fixtures) -> None:
    await players.bob.socket.join_channel(players.alice.id, ChannelType.DIRECT)


async def bob_came_and_went(players: Fixtures) -> None:
    channel = await players.bob.socket.join_channel(players.alice.id, ChannelType.DIRECT)
    await players.bob.socket.leave_channel(channel.id)


async def alice_hides_in_direct_chat(players: Fixtures) -> None:
    await players.alice.socket.join_channel(players.bob.id, ChannelType.DIRECT, hidden=True)


async def alice_is_on_facebook(players: Fixtures) -> None:
    await players.client.link_facebook(players.alice.session, "fb:A:")


async def bob_imports_facebook(players: Fixtures) -> None:
    await players.client.import_facebook_friends(players.bob.session, "fb:B:A")


async def bob_links_facebook(players: Fixtures) -> None:
    await players.client.link_facebook(players.bob.session, "fb:B:A")


async def bob_imported_before(players: Fixtures) -> None:
    await alice_is_on_facebook(players)
    await bob_imports_facebook(players)


async def bob_imports_facebook_anew(players: Fixtures) -> None:
    await players.client.import_facebook_friends(players.bob.session, "fb:B:A", reset=True)


CODE = NotificationCode
BOB = {"username": "bob"}
CHAT = (CODE.DM_REQUEST, "bob wants to chat", BOB)
INVITE = (CODE.FRIEND_REQUEST, "bob wants to add you as a friend", BOB)
ACCEPT = (CODE.FRIEND_ACCEPT, "bob accepted your friend request", BOB)
ADDED = (
    CODE.GROUP_ADD,
    "You've been added to group Dragons",
    {"group_id": "the group's", "name": "Dragons"},
)
ASKS = (
    CODE.GROUP_JOIN_REQUEST,
    "User bob wants to join your group",
    {"group_id": "the group's", "username": "bob"},
)
JOINED = (CODE.FRIEND_JOIN_GAME, "Your friend has just joined the game", BOB)
REMOVED = (CODE.FRIEND_REMOVE, "bob removed you as a friend", BOB)

TOLD: list[tuple[str, Step, Step, tuple[int, str, dict[str, str]]]] = [
    ("a direct chat", nothing, bob_opens_direct_chat, CHAT),
    ("a direct chat once more", bob_came_and_went, bob_opens_direct_chat, CHAT),
    ("a direct chat to one who hides", alice_hides_in_direct_chat, bob_opens_direct_chat, CHAT),
    ("an invite", nothing, bob_invites, INVITE),
    ("an invite that is accepted", alice_invites, bob_invites, ACCEPT),
    ("adding to a group", bobs_group, bob_adds_alice, ADDED),
    ("accepting a request", alice_asked_to_join, bob_adds_alice, ADDED),
    ("asking to join", alices_group, bob_joins, ASKS),
    ("importing friends", alice_is_on_facebook, bob_imports_facebook, JOINED),
    ("linking with friends", alice_is_on_facebook, bob_links_facebook, JOINED),
    ("importing anew", bob_imported_before, bob_imports_facebook_anew, JOINED),
    ("ending a friendship", both_are_friends, bob_removes, REMOVED),
    ("taking back an invite", bob_invites, bob_removes, REMOVED),
    ("rejecting an invite", alice_invites, bob_removes, REMOVED),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("before", "cause", "wanted"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD]
)
async def test_alice_gets_the_notification(
    before: Step, cause: Step, wanted: tuple[int, str, dict[str, str]]
) -> None:
    code, subject, content = wanted
    async with three_players() as players:
        await before(players)
        stored_before = await players.stored(players.alice)
        told = await players.during(cause)
        (live,) = told.pop("alice")
        assert told == {"bob": [], "carol": []}
        if "group_id" in content:
            content = {**content, "group_id": players.group_id}
        assert (live.code, live.subject, live.content) == (code, subject, content)
        assert (live.sender_id, live.persistent) == (players.bob.id, True)
        stored = await players.stored(players.alice)
        assert stored == [*stored_before, live]


async def bob_invited(players: Fixtures) -> None:
    await bob_invites(players)


async def alice_blocked_bob(players: Fixtures) -> None:
    await players.client.block_friends(players.alice.session, [players.bob.id])


async def bob_blocked_alice(players: Fixtures) -> None:
    await bob_blocks(players)


async def bob_is_in_direct_chat(players: Fixtures) -> None:
    await bob_opens_direct_chat(players)


async def alice_is_in_direct_chat(players: Fixtures) -> None:
    await players.alice.socket.join_channel(players.bob.id, ChannelType.DIRECT)


async def bob_writes(players: Fixtures) -> None:
    channel = await players.bob.socket.join_channel(players.alice.id, ChannelType.DIRECT)
    await players.bob.socket.send_message(channel.id, {"text": "hi"})


async def bob_is_a_member(players: Fixtures) -> None:
    await alices_open_group(players)
    await bob_joins(players)


async def bob_asked_to_join(players: Fixtures) -> None:
    await alices_group(players)
    await bob_joins(players)


async def bob_is_banned(players: Fixtures) -> None:
    await bob_is_a_member(players)
    await alice_bans(players)


async def bob_leaves(players: Fixtures) -> None:
    await players.client.leave_group(players.bob.session, players.group_id)


async def alice_kicks(players: Fixtures) -> None:
    await players.client.kick_group_users(players.alice.session, players.group_id, [players.bob.id])


async def alice_bans(players: Fixtures) -> None:
    await players.client.ban_group_users(players.alice.session, players.group_id, [players.bob.id])


async def alice_adds(players: Fixtures) -> None:
    await players.client.add_group_users(
        players.alice.session, players.group_id, [players.bob.id, players.alice.id]
    )


async def alice_promotes_and_demotes(players: Fixtures) -> None:
    bobs = [players.bob.id]
    await players.client.promote_group_users(players.alice.session, players.group_id, bobs)
    await players.client.demote_group_users(players.alice.session, players.group_id, bobs)


async def alice_changes_the_group(players: Fixtures) -> None:
    await players.client.update_group(players.alice.session, players.group_id, name="Wyverns")


async def alice_deletes_the_group(players: Fixtures) -> None:
    await players.client.delete_group(players.alice.session, players.group_id)


async def bob_changes_their_profile(players: Fixtures) -> None:
    await players.client.update_account(players.bob.session, display_name="Sir Bob")


async def alice_deletes_their_notifications(players: Fixtures) -> None:
    stored = await players.stored(players.alice)
    await players.client.delete_notifications(players.alice.session, [each.id for each in stored])


async def bob_is_disconnected(players: Fixtures) -> None:
    (open_socket,) = [each for each in players.server.sockets() if each.user_id == players.bob.id]
    players.server.nk.session_disconnect(open_socket.id)
    await players.bob.ended.wait()


async def bob_deletes_their_account(players: Fixtures) -> None:
    await players.client.delete_account(players.bob.session)
    await players.bob.ended.wait()


QUIET: list[tuple[str, Step, Step]] = [
    ("a second invite", bob_invited, bob_invites),
    ("adding a friend again", both_are_friends, bob_invites),
    ("inviting across one's own block", bob_blocked_alice, bob_invites),
    ("inviting across the other's block", alice_blocked_bob, bob_invites),
    ("removing a stranger", nothing, bob_removes),
    ("removing across the other's block", alice_blocked_bob, bob_removes),
    ("blocking a stranger", nothing, bob_blocks),
    ("blocking a friend", both_are_friends, bob_blocks),
    ("unblocking", bob_blocked_alice, bob_removes),
    ("importing nobody new", bob_imported_before, bob_imports_facebook),
    ("joining a direct chat again", bob_is_in_direct_chat, bob_opens_direct_chat),
    ("joining one who is there", alice_is_in_direct_chat, bob_opens_direct_chat),
    ("writing to one who is not there", bob_is_in_direct_chat, bob_writes),
    ("joining an open group", alices_open_group, bob_joins),
    ("joining an open group again", bob_is_a_member, bob_joins),
    ("asking to join again", bob_asked_to_join, bob_joins),
    ("leaving a group", bob_is_a_member, bob_leaves),
    ("taking back a request", bob_asked_to_join, bob_leaves),
    ("rejecting a request", bob_asked_to_join, alice_kicks),
    ("kicking", bob_is_a_member, alice_kicks),
    ("banning from a group", bob_is_a_member, alice_bans),
    ("promoting and demoting", bob_is_a_member, alice_promotes_and_demotes),
    ("adding a member again", bob_is_a_member, alice_adds),
    ("adding one who is banned", bob_is_banned, alice_adds),
    ("joining when banned", bob_is_banned, bob_joins),
    ("changing a group", bob_is_a_member, alice_changes_the_group),
    ("deleting a group", bob_is_a_member, alice_deletes_the_group),
    ("changing a profile", both_are_friends, bob_changes_their_profile),
    ("deleting notifications", bob_invited, alice_deletes_their_notifications),
    ("a disconnect by the server", both_are_friends, bob_is_disconnected),
    ("deleting an account", both_are_friends, bob_deletes_their_account),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("before", "cause"), [row[1:] for row in QUIET], ids=[row[0] for row in QUIET]
)
async def test_an_action_without_a_notification_notifies_nobody(before: Step, cause: Step) -> None:
    async with three_players() as players:
        await before(players)
        stored_before = await players.stored(players.alice)
        told = await players.during(cause)
        assert not any(told.values())
        assert {"alice", "carol"} <= set(told)
        stored = await players.stored(players.alice)
        assert stored == ([] if cause is alice_deletes_their_notifications else stored_before)
