"""How operators move the members of a group, and add to them."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server import MockServer
from tests.mock_server.players import Player
from tests.mock_server.test_console_content import ask

pytestmark = pytest.mark.asyncio

NOBODY = "11111111-1111-4111-8111-111111111111"
REFRESH = "Refresh the page to see any updates."


async def refused(player: Player, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """The code and the message of a call that fails."""
    _, answer = await ask(player, method, path, body or {})
    return answer["code"], answer["message"]


async def test_promote_moves_anybody_but_a_superadmin(
    server: MockServer, ada: Player, bob: Player
) -> None:
    group = server.nk.group_create(ada.user_id, "Guild")["id"]
    server.nk.group_user_join(group, bob.user_id, "bob")
    server.nk.group_users_ban(group, [bob.user_id])
    moves = f"/group/{group}/account/{bob.user_id}/promote"
    for state in (3, 2, 1, 0):
        assert await ask(ada, "POST", moves, {}) == (200, {})
        _, members = await ask(ada, "GET", f"/group/{group}/member")
        states = {each["user"]["id"]: each["state"] for each in members["group_users"]}
        assert states[bob.user_id] == state
    assert await refused(ada, "POST", moves) == (9, "Cannot promote user in the group.")
    _, found = await ask(ada, "GET", f"/group/{group}")
    assert found["edge_count"] == 2


@pytest.mark.parametrize("verb", ["promote", "demote"])
async def test_changing_users_of_an_unknown_group_is_refused(ada: Player, verb: str) -> None:
    path = f"/group/{NOBODY}/account/{ada.user_id}/{verb}"
    message = f"An error occurred while trying to {verb} the user in the group."
    assert await refused(ada, "POST", path) == (13, message)


async def test_adding_group_users_with_bad_arguments_is_refused(
    server: MockServer, ada: Player
) -> None:
    group = server.nk.group_create(ada.user_id, "Guild")["id"]
    ids = {"ids": NOBODY}
    request = {"ids": NOBODY, "join_request": True}
    adding = "An error occurred while trying to"
    assert await refused(ada, "POST", "/group/x/add", ids) == (5, "Invalid group ID format.")
    assert await refused(ada, "POST", f"/group/{group}/add", {"ids": " x "}) == (
        3,
        "Invalid user ID format: x",
    )
    assert await refused(ada, "POST", f"/group/{group}/add", request) == (
        3,
        f"User not found: {NOBODY}. {REFRESH}",
    )
    assert await refused(ada, "POST", f"/group/{NOBODY}/add", {"ids": ada.user_id}) == (
        13,
        f"{adding} add the users: group not found",
    )
    request["ids"] = ada.user_id
    assert await refused(ada, "POST", f"/group/{NOBODY}/add", request) == (
        13,
        f"{adding} join an user to the group, refresh the page: group not found. {REFRESH}",
    )


async def test_the_system_user_is_found_by_its_id(ada: Player) -> None:
    nil = "00000000-0000-0000-0000-000000000000"
    _, page = await ask(ada, "GET", f"/account?filter={nil}")
    assert [each["id"] for each in page["users"]] == [nil]
