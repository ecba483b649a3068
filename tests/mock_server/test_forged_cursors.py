"""Cursors that someone made up, with a checksum that is right: they are bad cursors."""

from __future__ import annotations

import base64
import itertools
import json
import zlib
from collections.abc import Iterator

import pytest

from mock_server import MockServer
from tests.mock_server.players import Player

pytestmark = pytest.mark.slow  # a thousand cursors for each list

KINDS = (
    "wallet_ledger",
    "friend of friend",
    "channel message",
    "tournament_list",
    "notification",
    "storage",
    "storage_index",
    "leaderboard",
    "leaderboard_list",
    "group",
    "edge",
    "console notification",
)
VALUES: tuple[object, ...] = (None, "", "\ud800", 0, 1 << 70, -5, 1.5, True, [], {"a": 1}, [[0]])
SIZES = range(8)


def forged() -> Iterator[str]:
    """Cursors of every kind with positions of any type and size, and some that are no list."""
    documents: list[object] = [0, None, "notification", {}, [], [[]], [{}]]
    for kind, size in itertools.product(KINDS, SIZES):
        documents += [[kind, *[value] * size] for value in VALUES]
        documents.append([kind, *["", 0] * size])
        documents.append([kind, *[0, ""] * size])
    for document in documents:
        body = json.dumps(document).encode()
        packed = zlib.crc32(body).to_bytes(4) + body
        yield base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    for body in (b"", b"[", b"\xff", b"[" * 3000):
        yield base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4) + body).rstrip(b"=").decode()


PATHS = (
    "/v2/notification?limit=2&cacheable_cursor=",
    "/v2/friend?cursor=",
    "/v2/friend/friends?cursor=",
    "/v2/group?limit=2&cursor=",
    "/v2/group?name=guild&cursor=",
    "/v2/group?open=true&langTag=en&cursor=",
    "/v2/group/{group}/user?cursor=",
    "/v2/user/{user}/group?cursor=",
    "/v2/channel/2...lobby?forward=true&cursor=",
    "/v2/storage/saves?cursor=",
    "/v2/storage/saves/{user}?cursor=",
    "/v2/leaderboard/best?cursor=",
    "/v2/leaderboard/best/owner/{user}?cursor=",
    "/v2/tournament?cursor=",
    "/v2/tournament/best?cursor=",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.asyncio
async def test_a_list_refuses_cursors_that_it_did_not_make(
    server: MockServer, ada: Player, path: str
) -> None:
    server.nk.leaderboard_create("best", False, "desc", "best")
    _, group = await ada.call("POST", "/v2/group", {"name": "guild", "open": True})
    path = path.format(user=ada.user_id, group=group["id"])
    refusal = await ada.call("GET", f"{path}x")
    assert refusal[1]["message"] != "Internal error"
    for cursor in forged():
        status, answer = await ada.call("GET", path + cursor)
        assert status == 200 or (status, answer) == refusal, cursor
    assert server.journal.problems() == []
