from urllib.parse import quote

import pytest

from tests.mock_server.social.chat import DIRECT, group_of, join, say, text_of, texts
from tests.mock_server.social.game import OK, Game, Player, open_game, refused


async def fill(game: Game, count: int) -> Player:
    (ada,) = await game.players("ada")
    await join(ada, "lobby")
    for number in range(count):
        await say(ada, "2...lobby", str(number))
    return ada


@pytest.mark.asyncio
@pytest.mark.parametrize("forward", [True, False])
async def test_history_is_read_there_and_back(forward: bool) -> None:
    async with open_game() as game:
        ada = await fill(game, 5)
        wanted = [str(number) for number in (range(5) if forward else reversed(range(5)))]
        query = {"limit": 2, "forward": str(forward).lower()}
        pages, cursor = [], ""
        while True:
            page = await ada.get("/v2/channel/2...lobby", cursor=cursor, **query)
            pages.append(page)
            if "next_cursor" not in page:
                break
            cursor = page["next_cursor"]
        assert [[text_of(each) for each in page["messages"]] for page in pages] == [
            wanted[:2],
            wanted[2:4],
            wanted[4:],
        ]
        assert "prev_cursor" not in pages[0]
        back = await ada.get("/v2/channel/2...lobby", cursor=pages[2]["prev_cursor"], **query)
        assert [text_of(each) for each in back["messages"]] == wanted[2:4]
        first = await ada.get("/v2/channel/2...lobby", cursor=back["prev_cursor"], **query)
        assert [text_of(each) for each in first["messages"]] == wanted[:2]
        assert "prev_cursor" not in first
        again = await ada.get("/v2/channel/2...lobby", cursor=first["next_cursor"], **query)
        assert again["messages"] == pages[1]["messages"]


@pytest.mark.asyncio
async def test_the_cacheable_cursor_leads_to_what_is_new() -> None:
    async with open_game() as game:
        ada = await fill(game, 3)
        kept = (await ada.get("/v2/channel/2...lobby", limit=10))["cacheable_cursor"]
        newest = await ada.get("/v2/channel/2...lobby", limit=1, forward="false")
        assert await texts(ada, "2...lobby", cursor=kept) == []
        await say(ada, "2...lobby", "new")
        assert await texts(ada, "2...lobby", cursor=kept) == ["new"]
        assert await texts(ada, "2...lobby", cursor=newest["cacheable_cursor"]) == ["new"]


@pytest.mark.asyncio
async def test_a_cursor_belongs_to_its_channel_and_direction() -> None:
    async with open_game() as game:
        ada = await fill(game, 3)
        cursor = (await ada.get("/v2/channel/2...lobby", limit=1))["next_cursor"]
        bad = refused(3, "Cursor is invalid or expired.")
        assert await ada.get("/v2/channel/2...other", cursor=cursor) == bad
        assert await ada.get("/v2/channel/2...lobby", cursor=cursor, forward="false") == bad
        assert await ada.get("/v2/channel/2...lobby", cursor="garbage") == bad


@pytest.mark.asyncio
async def test_a_history_is_listed_for_members_and_refused_to_others() -> None:
    async with open_game() as game:
        ada, bob, cleo = await game.players("ada", "bob", "cleo")
        one, two = sorted((ada.id, bob.id))
        direct, group = f"4.{one}.{two}.", f"3.{await group_of(ada, bob)}.."
        assert (await join(ada, bob.id, DIRECT))["id"] == direct
        await say(ada, direct, "secret")
        assert await texts(bob, direct) == ["secret"]
        assert await cleo.get(f"/v2/channel/{direct}") == refused(3, "Channel not found.")
        assert "messages" in await bob.get(f"/v2/channel/{group}")
        assert await cleo.get(f"/v2/channel/{group}") == refused(3, "Group not found.")
        assert await ada.get("/v2/channel/lobby") == refused(3, "Invalid channel ID.")
        assert await cleo.get("/v2/channel/2...empty") == OK


@pytest.mark.asyncio
async def test_the_history_of_a_room_with_a_slash_has_no_path() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        for room, is_found in (("a b", True), ("100%", True), ("a:b", True), ("a/b", False)):
            channel = (await join(ada, room))["id"]
            await say(ada, channel, "hi")
            answer = await ada.get(f"/v2/channel/{quote(channel, safe='')}")
            assert ("messages" in answer) == is_found
            assert is_found or answer == refused(5, "Not Found")
