from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.mock_server.social.game import OK, Player, open_game, refused

STRANGER = "7c2f5a56-31f5-4c1a-8f2c-0b5d5f2b7a11"
FRIEND, SENT, RECEIVED, BLOCKED = range(4)


async def add(player: Player, *others: Player) -> None:
    assert await player.post("/v2/friend", ids=[each.id for each in others]) == OK


async def remove(player: Player, *others: Player) -> None:
    assert await player.delete("/v2/friend", ids=[each.id for each in others]) == OK


async def block(player: Player, *others: Player) -> None:
    assert await player.post("/v2/friend/block", ids=[each.id for each in others]) == OK


@pytest.mark.asyncio
async def test_the_list_goes_by_state_then_by_the_first_contact() -> None:
    async with open_game() as game:
        ada, bob, cleo, dan, eve, fay = [
            await game.login(name) for name in ("ada", "bob", "cleo", "dan", "eve", "fay")
        ]
        await add(ada, fay, bob)
        await add(cleo, ada)
        await block(ada, dan)
        await add(eve, ada)
        await add(bob, ada)
        await add(ada, eve)
        wanted = {"bob": FRIEND, "eve": FRIEND, "fay": SENT, "cleo": RECEIVED, "dan": BLOCKED}
        assert list((await ada.friends()).items()) == list(wanted.items())
        for limit in (1, 2, 5):
            pages = await ada.pages("/v2/friend", "friends", limit=limit)
            assert [each["user"]["username"] for each in pages] == list(wanted)
        invited = await ada.pages("/v2/friend", "friends", limit=1, state=SENT)
        assert [each["user"]["username"] for each in invited] == ["fay"]
        assert await ada.edge_count() == 5


@pytest.mark.asyncio
async def test_a_cursor_belongs_to_its_state() -> None:
    async with open_game() as game:
        ada, bob, cleo = [await game.login(name) for name in ("ada", "bob", "cleo")]
        await add(ada, bob, cleo)
        cursor = (await ada.get("/v2/friend", limit=1, state=SENT))["cursor"]
        invalid = refused(3, "Cursor is invalid.")
        assert await ada.get("/v2/friend", limit=1, state=FRIEND, cursor=cursor) == invalid
        assert await ada.get("/v2/friend", cursor="garbage") == invalid
        rest = await ada.get("/v2/friend", cursor=cursor)
        assert [each["user"]["username"] for each in rest["friends"]] == ["cleo"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lonely() -> AsyncIterator[Player]:
    """A player whom no test gives a friend."""
    async with open_game() as game:
        yield await game.login("ada")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("method", "path", "query", "answer"),
    [
        ("post", "", {"ids": "me"}, refused(3, "Invalid user ID 'me'.")),
        ("post", "", {"ids": ""}, refused(3, "Invalid user ID ''.")),
        ("post", "", {"ids": "{ada}"}, refused(3, "Cannot add self as friend.")),
        ("post", "", {"usernames": "ada"}, refused(3, "Cannot add self as friend.")),
        ("post", "", {"usernames": ""}, refused(3, "Username must not be empty.")),
        ("post", "", {"usernames": "x"}, refused(3, "No valid ID or username was provided.")),
        ("post", "", {"usernames": "\0"}, refused(13, "Error while trying to add friends.")),
        ("post", "", {"ids": STRANGER}, OK),
        ("post", "", {}, OK),
        ("delete", "", {"ids": "{ada}"}, refused(3, "Cannot delete self.")),
        ("delete", "", {"usernames": "x"}, OK),
        ("delete", "", {"usernames": "\0"}, refused(13, "Error while trying to delete friends.")),
        ("delete", "", {}, OK),
        ("post", "/block", {"ids": "{ada}"}, refused(3, "Cannot block self.")),
        ("post", "/block", {"usernames": "x"}, refused(3, "No valid ID or username was provided.")),
        (
            "post",
            "/block",
            {"usernames": "\0"},
            refused(13, "Error while trying to block friends."),
        ),
        ("post", "/block", {"ids": STRANGER}, OK),
    ],
)
async def test_friend_calls_refuse_or_ignore_bad_ids_and_names(
    lonely: Player, method: str, path: str, query: dict[str, str], answer: dict[str, Any]
) -> None:
    call = getattr(lonely, method)
    named = {name: value.format(ada=lonely.id) for name, value in query.items()}
    assert await call(f"/v2/friend{path}", **named) == answer
    assert await lonely.friends() == {}
    assert await lonely.edge_count() == 0


@pytest.mark.asyncio
async def test_one_bad_name_spoils_the_whole_call() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        answer = await ada.post("/v2/friend", ids=[bob.id, "nobody"])
        assert answer == refused(3, "Invalid user ID 'nobody'.")
        assert await bob.friends() == {}
        assert await ada.post("/v2/friend", ids=[STRANGER, bob.id], usernames=["x", "bob"]) == OK
        assert await bob.friends() == {"ada": RECEIVED}
        assert len(await bob.notifications()) == 1


@pytest.mark.asyncio
async def test_a_block_is_lifted_by_its_owner_only() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        await add(ada, bob)
        await add(bob, ada)
        await block(ada, bob)
        assert (await ada.friends(), await bob.friends()) == ({"bob": BLOCKED}, {})
        assert (await ada.edge_count(), await bob.edge_count()) == (1, 0)
        await remove(bob, ada)
        await add(bob, ada)
        await add(ada, bob)
        assert (await ada.friends(), await bob.friends()) == ({"bob": BLOCKED}, {})
        await remove(ada, bob)
        assert (await ada.edge_count(), await bob.edge_count()) == (0, 0)
        await add(bob, ada)
        assert await ada.friends() == {"bob": RECEIVED}


@pytest.mark.asyncio
async def test_block_friends_works_in_both_directions() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        await block(ada, bob)
        await block(bob, ada)
        await block(bob, ada)
        assert (await ada.friends(), await bob.friends()) == ({"bob": BLOCKED}, {"ada": BLOCKED})
        assert (await ada.edge_count(), await bob.edge_count()) == (1, 1)
        await remove(ada, bob)
        assert (await ada.friends(), await bob.friends()) == ({}, {"ada": BLOCKED})
        assert (await ada.edge_count(), await bob.edge_count()) == (0, 1)
        assert await ada.notifications() == []


@pytest.mark.asyncio
async def test_each_side_of_a_friendship_has_its_own_metadata() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        await ada.post("/v2/friend", ids=bob.id, metadata='{"met": "at work", "stars": 3}')
        await bob.post("/v2/friend", ids=ada.id, metadata='{"stars": 5}')
        (bobs,) = (await ada.get("/v2/friend"))["friends"]
        (adas,) = (await bob.get("/v2/friend"))["friends"]
        assert bobs["metadata"] == '{"met": "at work", "stars": 3}'
        assert adas["metadata"] == '{"stars": 5}'


@pytest.mark.asyncio
async def test_metadata_must_be_json() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        answer = await ada.post("/v2/friend", ids=bob.id, metadata="{")
        assert answer == refused(13, "Error while trying to add friends.")
        assert await bob.friends() == {}


@pytest.mark.asyncio
async def test_friends_of_friends_are_neither_friends_nor_oneself() -> None:
    async with open_game() as game:
        ada, bob, cleo, dan, eve = [
            await game.login(name) for name in ("ada", "bob", "cleo", "dan", "eve")
        ]
        for one, other in ((ada, bob), (ada, cleo), (bob, cleo), (bob, dan), (cleo, dan)):
            await add(one, other)
            await add(other, one)
        await add(bob, eve)
        found = await ada.get("/v2/friend/friends")
        seen = [
            (each["referrer"], each["user"]["username"]) for each in found["friends_of_friends"]
        ]
        assert seen == [(friend, "dan") for friend in sorted((bob.id, cleo.id))]
        assert await eve.get("/v2/friend/friends") == {}
        assert await ada.get("/v2/friend/friends", limit=101) == refused(
            3, "Invalid limit - limit must be between 1 and 100."
        )


@pytest.mark.asyncio
async def test_a_deleted_user_leaves_the_lists_but_not_the_counts() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        await add(ada, bob)
        assert await bob.delete("/v2/account") == OK
        assert await ada.friends() == {}
        assert await ada.edge_count() == 1


@pytest.mark.asyncio
async def test_who_has_no_account_gets_no_friends() -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        ghost = game.stranger(STRANGER, "ghost")
        answer = await ghost.post("/v2/friend", ids=ada.id)
        assert answer == refused(13, "Error while trying to add friends.")
        answer = await ghost.post("/v2/friend/block", ids=ada.id)
        assert answer == refused(13, "Error while trying to block friends.")
        player = await game.authenticate("facebook", {"token": "fb:17:"}, username="bob")
        answer = await ghost.post("/v2/friend/facebook", {"token": "fb:18:17"})
        assert answer == refused(13, "Error importing Facebook friends.")
        assert (await player.friends(), await player.notifications()) == ({}, [])
        assert await ghost.delete("/v2/friend", ids=ada.id) == OK
        assert await ghost.get("/v2/friend") == {}
        assert (await ada.friends(), await ada.edge_count()) == ({}, 0)
        assert await ada.notifications() == []
