"""What storage, boards, tournaments and purchases refuse over HTTP, in Nakama's words."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server import MockServer
from tests.mock_server.players import Player

pytestmark = pytest.mark.asyncio

OBJECT = {"collection": "c", "key": "k", "value": "{}"}
SET_BOTH = "Invalid collection or key value supplied. They must be set."
NO_OBJECT = "Value must be a JSON object."
READ = "Invalid Read permission supplied. It must be either 0, 1 or 2."
WRITE = "Invalid Write permission supplied. It must be either 0 or 1."
CONFLICT = "Storage write rejected - version check failed."
NOT_DELETED = "Storage delete rejected - not found, version check failed, or permission denied."
BAD_USER = "Invalid user ID - make sure user ID is a valid UUID."
TO_100 = "Invalid limit - limit must be between 1 and 100."
TO_1000 = "Invalid limit - limit must be between 1 and 1000."
NO_BOARD = "Leaderboard not found."
NO_CUP = "Tournament not found."
NO_JSON = "Metadata value must be JSON, if provided."
BAD_CURSOR = "Cursor is invalid or expired."
BAD_OWNER = "Invalid owner ID provided."

WRITES: list[tuple[list[dict[str, Any]], int, str]] = [
    ([{**OBJECT, "collection": ""}], 3, SET_BOTH),
    ([{**OBJECT, "key": ""}], 3, SET_BOTH),
    ([{**OBJECT, "value": ""}], 3, SET_BOTH),
    ([{**OBJECT, "value": "[1]"}], 3, NO_OBJECT),
    ([{**OBJECT, "value": "null"}], 3, NO_OBJECT),
    ([{**OBJECT, "value": "{x"}], 3, NO_OBJECT),
    ([OBJECT, {**OBJECT, "collection": "x" * 129}], 13, "Error writing storage objects."),
    ([OBJECT, {**OBJECT, "permission_read": 3}], 3, READ),
    ([OBJECT, {**OBJECT, "permission_read": -1}], 3, READ),
    ([OBJECT, {**OBJECT, "permission_write": 2}], 3, WRITE),
    ([OBJECT, {**OBJECT, "key": "b", "version": "x"}], 3, CONFLICT),
]
CALLS: list[tuple[str, str, object, int, str]] = [
    ("POST", "storage", {"object_ids": [{"collection": "", "key": "k"}]}, 3, SET_BOTH),
    ("POST", "storage", {"object_ids": [{"collection": "c", "key": ""}]}, 3, SET_BOTH),
    (
        "POST",
        "storage",
        {"object_ids": [{"collection": "c", "key": "k", "user_id": "x"}]},
        3,
        BAD_USER,
    ),
    ("PUT", "storage/delete", {"object_ids": [{"collection": "", "key": "k"}]}, 3, SET_BOTH),
    ("PUT", "storage/delete", {"object_ids": [{"collection": "c", "key": ""}]}, 3, SET_BOTH),
    (
        "PUT",
        "storage/delete",
        {"object_ids": [{"collection": "c", "key": "k", "version": "x"}]},
        3,
        NOT_DELETED,
    ),
    *(("GET", f"storage/c?limit={limit}", None, 3, TO_100) for limit in (-1, 0, 101)),
    ("GET", "storage/c?user_id=x", None, 3, BAD_USER),
    ("GET", "storage/c?cursor=x", None, 3, "Malformed cursor was used."),
    ("GET", "leaderboard/none", None, 5, NO_BOARD),
    *(("GET", f"leaderboard/open?limit={limit}", None, 3, TO_1000) for limit in (-1, 0, 1001)),
    ("GET", "leaderboard/open?cursor=x", None, 3, BAD_CURSOR),
    ("GET", "leaderboard/open?owner_ids=x", None, 3, "One or more owner IDs are invalid."),
    ("POST", "leaderboard/none", {"score": "1"}, 5, NO_BOARD),
    ("POST", "leaderboard/open", {"score": "-1"}, 13, "Error writing score to leaderboard."),
    (
        "POST",
        "leaderboard/open",
        {"score": "1", "subscore": "-1"},
        13,
        "Error writing score to leaderboard.",
    ),
    ("POST", "leaderboard/open", {"score": "1", "metadata": "[]"}, 3, NO_JSON),
    ("POST", "leaderboard/open", {"score": "1", "metadata": "x"}, 3, NO_JSON),
    (
        "POST",
        "leaderboard/open",
        {"score": "1", "operator": 9},
        13,
        "Error writing score to leaderboard.",
    ),
    (
        "POST",
        "leaderboard/open",
        {"score": str(1 << 63)},
        3,
        'proto:\u00a0(line 1:11): invalid value for int64 field score: "9223372036854775808"',
    ),
    (
        "POST",
        "leaderboard/closed",
        {"score": "1"},
        7,
        "Leaderboard only allows authoritative score submissions.",
    ),
    ("DELETE", "leaderboard/none", None, 5, NO_BOARD),
    (
        "DELETE",
        "leaderboard/closed",
        None,
        7,
        "Leaderboard only allows authoritative score deletions.",
    ),
    ("GET", "leaderboard/none/owner/{id}", None, 5, NO_BOARD),
    ("GET", "leaderboard/open/owner/x", None, 3, BAD_OWNER),
    *(
        ("GET", f"leaderboard/open/owner/{{id}}?limit={limit}", None, 3, TO_100)
        for limit in (0, 101)
    ),
    *(
        ("GET", f"tournament?limit={limit}", None, 3, "Limit must be between 1 and 100.")
        for limit in (0, 101)
    ),
    (
        "GET",
        "tournament?category_start=5&category_end=4",
        None,
        3,
        "Tournament category end must be greater than category start.",
    ),
    (
        "GET",
        "tournament?start_time=5&end_time=4",
        None,
        3,
        "Tournament end time must be greater than start time.",
    ),
    ("GET", "tournament?cursor=x", None, 2, "leaderboard cursor invalid"),
    ("GET", "tournament/none", None, 5, NO_CUP),
    *(("GET", f"tournament/cup?limit={limit}", None, 3, TO_100) for limit in (0, 101)),
    ("GET", "tournament/cup?cursor=x", None, 3, BAD_CURSOR),
    ("POST", "tournament/none", {"score": "1"}, 5, NO_CUP),
    (
        "POST",
        "tournament/cup",
        {"score": "1"},
        9,
        "Must join tournament before attempting to write value.",
    ),
    ("POST", "tournament/cup", {"score": "1", "metadata": "x"}, 3, NO_JSON),
    (
        "POST",
        "tournament/future",
        {"score": "1"},
        9,
        "Tournament is not active and cannot accept new scores.",
    ),
    ("POST", "tournament/none/join", None, 5, NO_CUP),
    (
        "POST",
        "tournament/full/join",
        None,
        3,
        "Tournament cannot be joined as it has reached its max size.",
    ),
    ("DELETE", "tournament/none", None, 13, "Error deleting score from tournament."),
    ("GET", "tournament/none/owner/{id}", None, 5, NO_CUP),
    ("GET", "tournament/cup/owner/x", None, 3, BAD_OWNER),
    ("POST", "iap/purchase/apple", {"receipt": "x"}, 9, "Apple IAP is not configured."),
    ("POST", "iap/purchase/google", {"purchase": "x"}, 9, "Google IAP is not configured."),
    ("POST", "iap/purchase/apple", {"receipt": ""}, 3, "Receipt cannot be empty."),
    ("POST", "iap/subscription", {"limit": 101}, 3, TO_1000),
    ("POST", "iap/subscription", {"cursor": "x"}, 2, "subscriptions list cursor invalid"),
    ("GET", "iap/subscription/none", None, 5, "subscription not found"),
    *(("GET", f"friend/friends?limit={limit}", None, 3, TO_100) for limit in (0, 1001)),
    ("GET", "friend/friends?cursor=x", None, 3, "Cursor is invalid."),
]


async def test_a_refused_write_of_storage_objects_writes_none_of_them(ada: Player) -> None:
    for objects, code, message in WRITES:
        _, answer = await ada.call("PUT", "/v2/storage", {"objects": objects})
        assert (answer["code"], answer["message"]) == (code, message), objects
        assert await ada.call("GET", "/v2/storage/c?limit=1") == (200, {})


async def test_calls_are_refused_in_nakamas_words(
    server: MockServer, ada: Player, bob: Player
) -> None:
    nk = server.nk
    nk.leaderboard_create("open", False, "desc", "best")
    nk.leaderboard_create("closed", True, "desc", "best")
    later = int(server.clock.time()) + 1000
    for name, start, size in (("cup", 0, 9), ("future", later, 9), ("full", 0, 1)):
        nk.tournament_create(
            name, False, "desc", "best", 3600, "", {}, name, "", 0, start, 0, size, 3, True, True
        )
    nk.tournament_join("full", bob.user_id, "bob")
    for method, path, body, code, message in CALLS:
        _, answer = await ada.call(method, f"/v2/{path.format(id=ada.user_id)}", body)
        assert (answer.get("code"), answer.get("message")) == (code, message), (method, path, body)
    assert await ada.call("GET", "/v2/leaderboard/open") == (200, {})
