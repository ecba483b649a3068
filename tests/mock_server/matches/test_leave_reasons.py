"""With which reason a handler hears that a member is gone."""

from __future__ import annotations

import json

import pytest

from tests.mock_server.matches.arena import create, join, received
from tests.mock_server.runtime.game import Game


@pytest.mark.asyncio
@pytest.mark.parametrize(("given", "expected"), [(None, 4), (0, 4), (1, 1), (3, 3)])
async def test_session_disconnect_gives_the_handler_its_reason(
    game: Game, given: int | None, expected: int
) -> None:
    match_id = await create(game)
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        await join(ada, match_id)
        reply = await join(bob, match_id)
        game.server.nk.session_disconnect(reply["match"]["self"]["session_id"], given)
        left = json.loads(await received(ada, 101))
        while left["event"] != "leave":
            left = json.loads(await received(ada, 101))
        assert [each["reason"] for each in left["who"]] == [expected]
