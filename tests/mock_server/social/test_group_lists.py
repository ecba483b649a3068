from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.mock_server.social.game import Player, open_game, refused
from tests.mock_server.social.guild import (
    ADMIN,
    BANNED,
    MEMBER,
    REQUEST,
    SUPERADMIN,
    change,
    found,
    names,
    users,
)

STRANGER = "7c2f5a56-31f5-4c1a-8f2c-0b5d5f2b7a11"


BY_AGE = ["Bees", "Cats", "Ants", "Dogs"]

LISTED: list[tuple[dict[str, object], list[str]]] = [
    ({}, BY_AGE),
    ({"name": "Cats"}, ["Cats"]),
    ({"name": "B%"}, ["Bees"]),
    ({"name": "_%s"}, ["Ants", "Bees", "Cats", "Dogs"]),
    ({"name": "_eeS"}, ["Bees"]),
    ({"name": "%ts"}, []),  # Nakama drops percent signs at the beginning
    ({"name": "%"}, BY_AGE),
    ({"open": "true"}, ["Bees", "Dogs"]),
    ({"open": "false"}, ["Cats", "Ants"]),
    ({"lang_tag": "de"}, ["Cats", "Dogs"]),
    ({"lang_tag": "d"}, []),
    ({"members": 2}, ["Ants", "Cats", "Bees"]),
    ({"members": 1}, ["Cats", "Bees"]),
    ({"members": 0}, []),
    ({"members": -1}, BY_AGE),
    ({"open": "true", "lang_tag": "de"}, ["Dogs"]),
    ({"open": "false", "members": 1, "lang_tag": "de"}, ["Cats"]),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lister() -> AsyncIterator[Player]:
    """A player of a game with four groups, who only lists them."""
    async with open_game() as game:
        ada, bob, cleo = [await game.login(name) for name in ("ada", "bob", "cleo")]
        ants = await found(ada, "Ants")
        await found(ada, "Bees", open=True)
        await found(ada, "Cats", lang_tag="de")
        dogs = await found(ada, "Dogs", lang_tag="de", open=True)
        await change(ada, ants, "add", bob)
        await change(ada, dogs, "add", bob, cleo)
        yield ada


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("query", "wanted"), LISTED)
async def test_list_groups_returns_the_groups_that_match_the_filters(
    lister: Player, query: dict[str, object], wanted: list[str]
) -> None:
    for limit in (1, 3, 100):
        assert await names(lister, limit=limit, **query) == wanted


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (
            {"name": "A", "open": "true"},
            refused(3, "name filter cannot be combined with any other filter"),
        ),
        ({"cursor": "garbage"}, refused(13, "Error while trying to list groups.")),
        ({"name": "\0"}, refused(13, "Error while trying to list groups.")),
        ({"lang_tag": "\0"}, refused(13, "Error while trying to list groups.")),
        ({"limit": 0}, refused(3, "Invalid limit - limit must be between 1 and 100.")),
        ({"limit": 101}, refused(3, "Invalid limit - limit must be between 1 and 100.")),
    ],
)
async def test_lists_that_are_refused(query: dict[str, object], answer: Any) -> None:
    async with open_game() as game:
        ada = await game.login("ada")
        assert await ada.get("/v2/group", **query) == answer


@pytest.mark.asyncio
async def test_users_and_groups_page_by_state_then_age() -> None:
    async with open_game() as game:
        ada, bob, cleo, dan, eve, fay = [
            await game.login(name) for name in ("ada", "bob", "cleo", "dan", "eve", "fay")
        ]
        group = await found(ada)
        for player in (eve, bob, cleo):
            await player.post(f"/v2/group/{group}/join")
        await change(ada, group, "add", dan)
        await change(ada, group, "add", cleo, fay)
        await change(ada, group, "promote", dan)
        await change(ada, group, "ban", fay)
        wanted = {"ada": SUPERADMIN, "dan": ADMIN, "cleo": MEMBER, "eve": REQUEST, "bob": REQUEST}
        for limit in (1, 2, 100):
            assert list((await users(ada, group, limit=limit)).items()) == list(wanted.items())
        assert await users(ada, group, state=REQUEST, limit=1) == {"eve": REQUEST, "bob": REQUEST}
        assert await users(ada, group, state=BANNED) == {"fay": BANNED}
        assert await fay.get(f"/v2/user/{fay.id}/group", state=BANNED) == {}
        second = await found(eve, "Wyverns")
        mine = await fay.pages(f"/v2/user/{eve.id}/group", "user_groups", limit=1)
        assert [(each["group"]["id"], each["state"]) for each in mine] == [
            (second, SUPERADMIN),
            (group, REQUEST),
        ]


@pytest.mark.asyncio
async def test_cursors_and_states_of_users_are_checked() -> None:
    async with open_game() as game:
        ada, bob = [await game.login(name) for name in ("ada", "bob")]
        group = await found(ada)
        await change(ada, group, "add", bob)
        path = f"/v2/group/{group}/user"
        cursor = (await ada.get(path, limit=1))["cursor"]
        bad_cursor = refused(3, "Cursor is invalid.")
        bad_state = refused(3, "Invalid state - state must be between 0 and 4.")
        assert await ada.get(path, cursor=cursor, state=REQUEST) == bad_cursor
        assert await ada.get(path, cursor="garbage") == bad_cursor
        assert await ada.get(path, state=5) == bad_state
        assert await ada.get(f"/v2/user/{ada.id}/group", state=-1) == bad_state
        assert await ada.get("/v2/user/ada/group") == refused(3, "Group ID must be a valid ID.")
        assert await ada.get(f"/v2/user/{STRANGER}/group") == {}
        assert await ada.get(f"/v2/group/{STRANGER}/user") == {}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_name_that_ends_in_an_escape_fails_where_a_group_goes_on_behind_it(
    lister: Player,
) -> None:
    for name in ("\\", "An\\", "_\\"):
        answer = await lister.get("/v2/group", name=name)
        assert answer == refused(13, "Error while trying to list groups.")
    for name in ("Antz\\", "Ants\\", "An\\\\", "\\Cats\\\\"):
        assert await lister.get("/v2/group", name=name) == {}
