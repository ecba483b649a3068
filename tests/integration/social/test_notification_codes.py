"""Each event that Nakama tells somebody about, caused through the SDK, and those it keeps quiet.

In the first table Bob does something and Alice is told; in the second nobody is.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nakama_client import ChannelType, NotificationCode
from tests.integration.social.stage import Stage, open_stage

Step = Callable[[Stage], Awaitable[Any]]


async def nothing(stage: Stage) -> None:
    pass


async def bob_invites(stage: Stage) -> None:
    await stage.client.add_friends(stage.bob.session, [stage.alice.id])


async def alice_invites(stage: Stage) -> None:
    await stage.client.add_friends(stage.alice.session, [stage.bob.id])


async def both_are_friends(stage: Stage) -> None:
    await alice_invites(stage)
    await bob_invites(stage)


async def bob_removes(stage: Stage) -> None:
    await stage.client.delete_friends(stage.bob.session, [stage.alice.id])


async def bob_blocks(stage: Stage) -> None:
    await stage.client.block_friends(stage.bob.session, [stage.alice.id])


async def bobs_group(stage: Stage) -> None:
    stage.group_id = (await stage.client.create_group(stage.bob.session, "Dragons")).id


async def alices_group(stage: Stage) -> None:
    stage.group_id = (await stage.client.create_group(stage.alice.session, "Dragons")).id


async def alices_open_group(stage: Stage) -> None:
    group = await stage.client.create_group(stage.alice.session, "Dragons", open=True)
    stage.group_id = group.id


async def bob_adds_alice(stage: Stage) -> None:
    await stage.client.add_group_users(stage.bob.session, stage.group_id, [stage.alice.id])


async def alice_asked_to_join(stage: Stage) -> None:
    await bobs_group(stage)
    await stage.client.join_group(stage.alice.session, stage.group_id)


async def bob_joins(stage: Stage) -> None:
    await stage.client.join_group(stage.bob.session, stage.group_id)


async def bob_opens_direct_chat(stage: Stage) -> None:
    await stage.bob.socket.join_channel(stage.alice.id, ChannelType.DIRECT)


async def bob_came_and_went(stage: Stage) -> None:
    channel = await stage.bob.socket.join_channel(stage.alice.id, ChannelType.DIRECT)
    await stage.bob.socket.leave_channel(channel.id)


async def alice_hides_in_direct_chat(stage: Stage) -> None:
    await stage.alice.socket.join_channel(stage.bob.id, ChannelType.DIRECT, hidden=True)


async def alice_is_on_facebook(stage: Stage) -> None:
    await stage.client.link_facebook(stage.alice.session, "fb:A:")


async def bob_imports_facebook(stage: Stage) -> None:
    await stage.client.import_facebook_friends(stage.bob.session, "fb:B:A")


async def bob_links_facebook(stage: Stage) -> None:
    await stage.client.link_facebook(stage.bob.session, "fb:B:A")


async def bob_imported_before(stage: Stage) -> None:
    await alice_is_on_facebook(stage)
    await bob_imports_facebook(stage)


async def bob_imports_facebook_anew(stage: Stage) -> None:
    await stage.client.import_facebook_friends(stage.bob.session, "fb:B:A", reset=True)


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
async def test_alice_is_told(
    before: Step, cause: Step, wanted: tuple[int, str, dict[str, str]]
) -> None:
    code, subject, content = wanted
    async with open_stage() as stage:
        await before(stage)
        stored_before = await stage.stored(stage.alice)
        told = await stage.during(cause)
        (live,) = told.pop("alice")
        assert told == {"bob": [], "carol": []}
        if "group_id" in content:
            content = {**content, "group_id": stage.group_id}
        assert (live.code, live.subject, live.content) == (code, subject, content)
        assert (live.sender_id, live.persistent) == (stage.bob.id, True)
        stored = await stage.stored(stage.alice)
        assert stored == [*stored_before, live]


async def bob_invited(stage: Stage) -> None:
    await bob_invites(stage)


async def alice_blocked_bob(stage: Stage) -> None:
    await stage.client.block_friends(stage.alice.session, [stage.bob.id])


async def bob_blocked_alice(stage: Stage) -> None:
    await bob_blocks(stage)


async def bob_is_in_direct_chat(stage: Stage) -> None:
    await bob_opens_direct_chat(stage)


async def alice_is_in_direct_chat(stage: Stage) -> None:
    await stage.alice.socket.join_channel(stage.bob.id, ChannelType.DIRECT)


async def bob_writes(stage: Stage) -> None:
    channel = await stage.bob.socket.join_channel(stage.alice.id, ChannelType.DIRECT)
    await stage.bob.socket.send_message(channel.id, {"text": "hi"})


async def bob_is_a_member(stage: Stage) -> None:
    await alices_open_group(stage)
    await bob_joins(stage)


async def bob_asked_to_join(stage: Stage) -> None:
    await alices_group(stage)
    await bob_joins(stage)


async def bob_is_banned(stage: Stage) -> None:
    await bob_is_a_member(stage)
    await alice_bans(stage)


async def bob_leaves(stage: Stage) -> None:
    await stage.client.leave_group(stage.bob.session, stage.group_id)


async def alice_kicks(stage: Stage) -> None:
    await stage.client.kick_group_users(stage.alice.session, stage.group_id, [stage.bob.id])


async def alice_bans(stage: Stage) -> None:
    await stage.client.ban_group_users(stage.alice.session, stage.group_id, [stage.bob.id])


async def alice_adds(stage: Stage) -> None:
    await stage.client.add_group_users(
        stage.alice.session, stage.group_id, [stage.bob.id, stage.alice.id]
    )


async def alice_promotes_and_demotes(stage: Stage) -> None:
    bobs = [stage.bob.id]
    await stage.client.promote_group_users(stage.alice.session, stage.group_id, bobs)
    await stage.client.demote_group_users(stage.alice.session, stage.group_id, bobs)


async def alice_changes_the_group(stage: Stage) -> None:
    await stage.client.update_group(stage.alice.session, stage.group_id, name="Wyverns")


async def alice_deletes_the_group(stage: Stage) -> None:
    await stage.client.delete_group(stage.alice.session, stage.group_id)


async def bob_changes_his_profile(stage: Stage) -> None:
    await stage.client.update_account(stage.bob.session, display_name="Sir Bob")


async def alice_reads_her_notifications(stage: Stage) -> None:
    stored = await stage.stored(stage.alice)
    await stage.client.delete_notifications(stage.alice.session, [each.id for each in stored])


async def bob_is_disconnected(stage: Stage) -> None:
    (his,) = [each for each in stage.server.sockets() if each.user_id == stage.bob.id]
    stage.server.nk.session_disconnect(his.id)
    await stage.bob.ended.wait()


async def bob_deletes_his_account(stage: Stage) -> None:
    await stage.client.delete_account(stage.bob.session)
    await stage.bob.ended.wait()


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
    ("changing a profile", both_are_friends, bob_changes_his_profile),
    ("deleting notifications", bob_invited, alice_reads_her_notifications),
    ("a disconnect by the server", both_are_friends, bob_is_disconnected),
    ("deleting an account", both_are_friends, bob_deletes_his_account),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("before", "cause"), [row[1:] for row in QUIET], ids=[row[0] for row in QUIET]
)
async def test_nobody_is_told(before: Step, cause: Step) -> None:
    async with open_stage() as stage:
        await before(stage)
        stored_before = await stage.stored(stage.alice)
        told = await stage.during(cause)
        assert not any(told.values())
        assert {"alice", "carol"} <= set(told)
        stored = await stage.stored(stage.alice)
        assert stored == ([] if cause is alice_reads_her_notifications else stored_before)
