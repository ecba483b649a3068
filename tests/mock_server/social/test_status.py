from typing import Any

import pytest

from tests.mock_server.social.game import Player, open_game

NOBODY = "00000000-0000-0000-0000-000000000000"


def presence(player: Player, status: str) -> dict[str, Any]:
    return {
        "user_id": player.id,
        "session_id": player.session_id,
        "username": player.name,
        "status": status,
    }


def refused(message: str) -> dict[str, Any]:
    return {"error": {"code": 3, "message": message}}


@pytest.mark.asyncio
async def test_a_follower_sees_a_status_come_change_and_go() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        assert await ada.ask(status_follow={"user_ids": [bob.id]}) == {"status": {}}
        assert await bob.ask(status_update={"status": "here"}) == {}
        assert await bob.ask(status_update={"status": ""}) == {}
        assert await bob.ask(status_update={"status": None}) == {}
        assert await bob.ask(status_update={}) == {}
        here, blank = presence(bob, "here"), presence(bob, "")
        assert [frame["status_presence_event"] for frame in await ada.received()] == [
            {"joins": [here]},
            {"joins": [blank], "leaves": [here]},
            {"leaves": [blank]},
        ]


@pytest.mark.asyncio
async def test_following_shows_those_who_are_there() -> None:
    async with open_game() as game:
        ada, cleo = await game.players("ada", "cleo")
        bob = await game.login("bob")
        await bob.connect(status="true")
        await cleo.ask(status_update={"status": "busy"})
        names = {"user_ids": [bob.id, cleo.id, bob.id], "usernames": ["bob", "nobody", "ada"]}
        answer = await ada.ask(status_follow=names)
        assert answer == {"status": {"presences": [presence(bob, ""), presence(cleo, "busy")]}}


@pytest.mark.asyncio
async def test_one_user_may_have_many_followers_and_several_sockets() -> None:
    async with open_game() as game:
        one, *followers = await game.players("bob", "ada", "cleo", "dan")
        for follower in followers:
            await follower.ask(status_follow={"usernames": ["bob"]})
        await one.ask(status_update={"status": "one"})
        two = await game.login("bob")
        await two.connect()
        await two.ask(status_update={"status": "two"})
        await one.disconnect()
        for follower in followers:
            assert [frame["status_presence_event"] for frame in await follower.received()] == [
                {"joins": [presence(one, "one")]},
                {"joins": [presence(two, "two")]},
                {"leaves": [presence(one, "one")]},
            ]


@pytest.mark.asyncio
async def test_a_user_follows_himself_always() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        await ada.ask(status_unfollow={"user_ids": [ada.id]})
        await ada.ask(status_update={"status": "me"})
        (frame,) = await ada.received()
        assert [each["status"] for each in frame["status_presence_event"]["joins"]] == ["me"]


@pytest.mark.asyncio
async def test_following_ends_with_an_unfollow_or_the_socket() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        await ada.ask(status_follow={"user_ids": [bob.id]})
        assert await ada.ask(status_unfollow={"user_ids": [bob.id, NOBODY]}) == {}
        await bob.ask(status_update={"status": "unseen"})
        assert await ada.received() == []
        await ada.ask(status_follow={"user_ids": [bob.id]})
        await ada.disconnect()
        await ada.connect()
        await bob.ask(status_update={"status": "unseen, too"})
        assert await ada.received() == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"status_follow": {"user_ids": ["bob"]}}, "Invalid user identifier"),
        ({"status_follow": {"usernames": [""]}}, "Invalid username"),
        ({"status_unfollow": {"user_ids": ["bob"]}}, "Invalid user identifier"),
        (
            {"status_update": {"status": "é" * 1025}},
            "Status must be 2048 characters or less",
        ),
    ],
)
async def test_status_requests_with_bad_arguments_are_refused(
    request_: dict[str, Any], message: str
) -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        assert await ada.ask(**request_) == refused(message)
        assert await ada.received() == []


@pytest.mark.asyncio
async def test_a_name_that_the_database_cannot_hold_is_not_looked_up() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        answer = await ada.ask(status_follow={"usernames": ["\0"]})
        assert answer == {"error": {"message": "Could not check users"}}


@pytest.mark.asyncio
async def test_those_who_do_not_exist_are_not_followed() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        stranger = "7c2f5a56-31f5-4c1a-8f2c-0b5d5f2b7a11"
        request = {"user_ids": [stranger, NOBODY, ada.id], "usernames": ["nobody"]}
        assert await ada.ask(status_follow=request) == {"status": {}}
        assert await ada.ask(status_follow={}) == {"status": {}}


@pytest.mark.asyncio
async def test_a_newer_socket_of_a_single_socket_user_takes_the_status_over() -> None:
    async with open_game({"session.single_socket": True}) as game:
        ada, bob = await game.players("ada", "bob")
        await ada.ask(status_follow={"user_ids": [bob.id]})
        await bob.ask(status_update={"status": "old"})
        newer = await game.login("bob")
        await newer.connect(status="true")
        events = [frame["status_presence_event"] for frame in await ada.received()]
        assert {"leaves": [presence(bob, "old")]} in events
        assert {"joins": [presence(newer, "")]} in events
