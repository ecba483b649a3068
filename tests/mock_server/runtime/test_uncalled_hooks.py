"""Nakama takes some hooks from Lua and JavaScript, and never calls them or for another request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.mock_server.runtime.game import Game, serving
from tests.mock_server.runtime.scripts import rpcs

NAMES = (
    "ListFriendsOfFriends",
    "GetMatchmakerStats",
    "ListParties",
    "ImportSteamFriends",
    "DeleteTournamentRecord",
    "DemoteGroupUsers",
    "ListNotifications",
    "ValidateSubscriptionApple",
    "ValidateSubscriptionGoogle",
)
PASS = "pass:t:expires=4102444800"
REQUESTS: tuple[tuple[str, str, Mapping[str, str] | None], ...] = (
    ("GET", "/v2/friend/friends", None),
    ("GET", "/v2/matchmaker/stats", None),
    ("GET", "/v2/party", None),
    ("POST", "/v2/friend/steam", {"token": "t"}),
    ("DELETE", "/v2/tournament/t", None),
    ("POST", "/v2/group/00000000-0000-4000-8000-000000000000/demote?user_ids=u", None),
    ("GET", "/v2/notification", None),
    ("POST", "/v2/iap/subscription/apple", {"receipt": f"apple:{PASS}"}),
    ("POST", "/v2/iap/subscription/google", {"receipt": f"google:{PASS}"}),
)
"""One of each of `NAMES`."""
SHOP = {"purchases__accept": ("apple", "google")}


def lua(when: str, body: str) -> dict[str, str]:
    """A module with a hook of each request, whose body may say `NAME`."""
    hooks = (
        f'nk.register_req_{when}(function() {body.replace("NAME", name)} end, "{name}")'
        for name in NAMES
    )
    seen = 'nk.register_rpc(function() return nk.localcache_get("seen", "") end, "seen")'
    return {"m.lua": "\n".join(('local nk = require("nakama")', seen, *hooks))}


def javascript(when: str, body: str) -> dict[str, str]:
    """A bundle with a hook of each request, whose body may say `NAME`."""
    hooks = (
        f"function {name}(ctx, logger, nk) {{ {body.replace('NAME', name)} }}" for name in NAMES
    )
    given = "".join(f"initializer.register{when.title()}{name}({name});" for name in NAMES)
    bundle = rpcs({"seen": 'return nk.localcacheGet("seen", "");'}, "\n".join(hooks))
    return {"index.js": bundle.replace("initializer) {", f"initializer) {{ {given}")}


async def refused(game: Game) -> set[str]:
    """Make each request; those that a hook refused."""
    token = await game.login()
    answers = [await game.request(method, path, token, body) for method, path, body in REQUESTS]
    return {name for name, answer in zip(NAMES, answers, strict=True) if "hooked" in str(answer)}


@pytest.mark.asyncio
async def test_before_hooks_that_lua_never_calls(tmp_path: Path) -> None:
    async with serving(tmp_path, lua("before", 'error("hooked")')) as game:
        never = {"ListParties", "ImportSteamFriends", "DeleteTournamentRecord", "DemoteGroupUsers"}
        assert await refused(game) == set(NAMES) - never


@pytest.mark.asyncio
async def test_before_hooks_that_javascript_never_calls(tmp_path: Path) -> None:
    async with serving(tmp_path, javascript("before", 'throw new Error("hooked");')) as game:
        assert await refused(game) == {
            "DemoteGroupUsers",
            "ListNotifications",
            "ValidateSubscriptionApple",
            "ValidateSubscriptionGoogle",
        }


@pytest.mark.asyncio
async def test_after_hooks_that_lua_never_calls(tmp_path: Path) -> None:
    body = 'nk.localcache_put("seen", nk.localcache_get("seen", "") .. "NAME ", 0)'
    async with serving(tmp_path, lua("after", body), **SHOP) as game:
        await refused(game)
        assert (await game.rpc("seen")).body.split() == [
            "GetMatchmakerStats",
            "ListNotifications",
            "ValidateSubscriptionGoogle",  # of Apple's
        ]


@pytest.mark.asyncio
async def test_after_hooks_that_javascript_never_calls(tmp_path: Path) -> None:
    body = 'nk.localcachePut("seen", nk.localcacheGet("seen", "") + "NAME ", 0);'
    async with serving(tmp_path, javascript("after", body), **SHOP) as game:
        await refused(game)
        assert (await game.rpc("seen")).body.split() == [
            "ListNotifications",
            "ValidateSubscriptionGoogle",  # of Apple's
        ]
