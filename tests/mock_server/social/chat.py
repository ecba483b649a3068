"""Joining channels, speaking there, and reading what was said."""

from __future__ import annotations

import json
from typing import Any

from tests.mock_server.social.game import Player

ROOM, DIRECT, GROUP = 1, 2, 3


def error(message: str) -> dict[str, Any]:
    """The answer to a frame that is refused."""
    return {"error": {"code": 3, "message": message}}


async def join(player: Player, target: str, kind: int = ROOM, **flags: bool) -> Any:
    """The channel that a player has joined, or the refusal."""
    answer = await player.ask(channel_join={"target": target, "type": kind, **flags})
    return answer.get("channel", answer)


async def say(player: Player, channel: str, text: str) -> Any:
    """The acknowledgement of a message, or the refusal."""
    content = json.dumps({"text": text})
    answer = await player.ask(channel_message_send={"channel_id": channel, "content": content})
    return answer.get("channel_message_ack", answer)


def text_of(message: Any) -> str:
    """What `say` said."""
    return str(json.loads(message["content"])["text"])


async def texts(player: Player, channel: str, **query: object) -> list[str]:
    """What the history of a channel holds."""
    page = await player.get(f"/v2/channel/{channel}", limit=100, **query)
    return [text_of(each) for each in page.get("messages", [])]


async def group_of(founder: Player, *others: Player) -> str:
    """The id of a new group with these members."""
    group = await founder.post("/v2/group", {"name": "Dragons", "open": True})
    for each in others:
        await each.post(f"/v2/group/{group['id']}/join")
    return str(group["id"])
