"""A server with the multiplayer modules, and players who speak to its matches."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mock_server import Config, MockServer
from tests.mock_server.runtime.game import Game, Socket, playing

LUA = Path(__file__).parents[2] / "lua_multiplayer"
NODE = "nakama1"


@asynccontextmanager
async def arena(folder: Path, **settings: Any) -> AsyncIterator[Game]:
    """Start a server with the multiplayer modules; `match__max_empty_sec` is a setting."""
    shutil.copytree(LUA, folder, dirs_exist_ok=True)
    named = {name.replace("__", "."): value for name, value in settings.items()}
    defaults = {
        "name": NODE,
        "runtime.path": str(folder),
        "match.label_update_interval_ms": 1,
        "session.token_expiry_sec": 7200,
    }
    async with playing(MockServer(Config.from_settings(defaults | named))) as game:
        yield game


async def create(game: Game, **params: Any) -> str:
    """Make a match of `mp_match`, and return its id."""
    answer = await game.rpc("mp.match_create", json.dumps({"params": params}))
    assert answer.status == 200, answer.body
    match_id: str = answer.body["match_id"]
    return match_id


async def join(socket: Socket, match_id: str, **metadata: str) -> Any:
    """Join a match, and return the reply."""
    return await socket.ask(match_join={"match_id": match_id, "metadata": metadata})


async def send(socket: Socket, match_id: str, op_code: int, data: str | None = None) -> None:
    """Send data to a match."""
    message: dict[str, Any] = {"match_id": match_id, "op_code": str(op_code)}
    if data is not None:
        message["data"] = base64.b64encode(data.encode()).decode()
    await socket.send(match_data_send=message)


async def received(socket: Socket, op_code: int) -> str:
    """The text of the next data with this op code."""
    while True:
        data = (await socket.receive()).get("match_data", {})
        if data.get("op_code") == str(op_code):
            return base64.b64decode(data.get("data", "")).decode()
