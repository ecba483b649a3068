"""Founding groups, changing what users are in them, and listing them."""

from __future__ import annotations

from typing import Any

from tests.mock_server.social.game import Player

SUPERADMIN, ADMIN, MEMBER, REQUEST, BANNED = range(5)


async def found(player: Player, name: str = "Dragons", **fields: Any) -> str:
    """The id of a new group."""
    group = await player.post("/v2/group", {"name": name, **fields})
    return str(group["id"])


async def change(player: Player, group: str, verb: str, *others: Player) -> Any:
    """The answer to a player who adds, kicks, bans, promotes or demotes others."""
    return await player.post(f"/v2/group/{group}/{verb}", user_ids=[each.id for each in others])


async def users(player: Player, group: str, **query: object) -> dict[str, int]:
    """What users are in a group, by name, in the order of the list."""
    listed = await player.pages(f"/v2/group/{group}/user", "group_users", **query)
    return {each["user"]["username"]: each["state"] for each in listed}


async def members(player: Player, group: str) -> int:
    """How many members the group shows."""
    groups = await player.pages(f"/v2/user/{player.id}/group", "user_groups")
    (count,) = [each["group"]["edge_count"] for each in groups if each["group"]["id"] == group]
    return int(count)


async def names(player: Player, **query: object) -> list[str]:
    """The names of the groups in the list."""
    listed = await player.pages("/v2/group", "groups", **query)
    return [each["name"] for each in listed]
