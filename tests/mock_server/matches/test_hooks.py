"""Hooks around the socket's requests about matches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock_server.matches.arena import create, join
from tests.mock_server.runtime.game import Game

pytestmark = pytest.mark.asyncio

UNREADABLE = {"code": 7, "message": "Could not complete runtime Before function."}


@pytest.mark.parametrize(
    ("message", "request_of", "returned", "has_cid"),
    [
        ("MatchCreate", {"match_create": {}}, "text", False),
        ("MatchCreate", {"match_create": {}}, {"cid": "1", "match_create": {"x": 1}}, True),
        ("MatchCreate", {"match_create": {}}, {"a": 1, "cid": "1", "match_create": {}}, False),
        ("MatchCreate", {"match_create": {}}, {"match_create": {"x": 1}}, False),
        # The names are read in their order, and `channel_join` is read before `cid`.
        (
            "ChannelJoin",
            {"channel_join": {"target": "x", "type": 1}},
            {"channel_join": {"x": 1}, "cid": "1"},
            False,
        ),
    ],
)
async def test_before_hook_that_returns_no_envelope_may_lose_the_cid(
    game: Game, message: str, request_of: dict[str, Any], returned: Any, has_cid: bool
) -> None:
    game.server.nk.register_rt_before(lambda context, envelope: returned, message)
    async with game.socket(await game.login()) as socket:
        await socket.send(**request_of)
        reply = await socket.receive()

    assert reply == ({"cid": "1", "error": UNREADABLE} if has_cid else {"error": UNREADABLE})


async def test_hooks_are_called_around_each_request_about_matches(game: Game) -> None:
    received: list[tuple[str, str]] = []

    def before(name: str) -> Any:
        def hear(context: Any, envelope: Any) -> Any:
            received.append(("before", name))
            return envelope

        return hear

    names = ("MatchCreate", "MatchJoin", "MatchDataSend", "MatchLeave")
    for name in names:
        game.server.nk.register_rt_before(before(name), name)
        game.server.nk.register_rt_after(
            lambda *call, name=name: received.append(("after", name)), name
        )
    async with game.socket(await game.login()) as socket:
        match_id = (await socket.ask(match_create={}))["match"]["match_id"]
        await socket.ask(match_join={"match_id": match_id})
        await socket.send(match_data_send={"match_id": match_id})
        await socket.ask(match_leave={"match_id": match_id})
        await socket.ask(ping={})

    assert received == [(when, name) for name in names for when in ("before", "after")]


async def test_after_hook_of_a_join_gets_the_reply_and_not_of_one_that_was_refused(
    game: Game,
) -> None:
    replies: list[Any] = []
    game.server.nk.register_rt_after(lambda context, out, env: replies.append(out), "MatchJoin")
    async with game.socket(await game.login()) as socket:
        match_id = await create(game, label="{}")
        refused = await join(socket, match_id, action="reject", reason="no")
        joined = await join(socket, match_id)
        await socket.ask(ping={})

    assert refused["error"] == {"code": 5, "message": "no"}
    assert replies == [joined]
