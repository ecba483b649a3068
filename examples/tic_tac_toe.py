"""Two bots find each other and play tic-tac-toe; the server keeps the board, and decides.

The rules are in examples/modules/tic_tac_toe.lua, a match handler in Lua.

Run it, with the extra `lua`: python examples/tic_tac_toe.py
"""

import asyncio
import json
from pathlib import Path

from mock_server import Config, MockServer
from nakama_client import Client, Match, Notification

START, MOVE, BOARD, REFUSED, OVER = 1, 2, 3, 4, 5


class Bot:
    """A player who takes the first free cell."""

    def __init__(self, client: Client, name: str, waiting: asyncio.Barrier) -> None:
        self.client, self.name, self.waiting = client, name, waiting
        self.results: asyncio.Queue[Notification] = asyncio.Queue()

    async def play(self) -> None:
        session = await self.client.authenticate_device(f"phone-of-{self.name}", username=self.name)
        async with self.client.socket(session) as socket:
            socket.on_notification(self.results.put_nowait)
            matches = socket.matchmaker_matches()
            await socket.add_matchmaker(min_count=2, max_count=2)
            await self.waiting.wait()
            matched = await anext(matches)
            match = await socket.join_match(matched.match_id, token=matched.token)
            mark, last = await self.to_the_end(match)
            result = await self.results.get()
        print(f"{self.name} plays {mark}: {result.subject}")
        if result.subject == "You won":
            cells = [cell or "." for cell in last]
            print("\n".join(" ".join(cells[row : row + 3]) for row in (0, 3, 6)))

    async def to_the_end(self, match: Match) -> tuple[str, list[str]]:
        mark, board = "", [""] * 9
        async for data in match:
            state = json.loads(data.data or b"{}")
            if data.op_code == START:
                mark = state["mark"]
                is_my_turn = state["first"]
            else:
                board = state["board"]
                is_my_turn = state["next"] == mark
            if data.op_code == OVER:
                break
            if is_my_turn:
                await match.send(MOVE, str(board.index("") + 1))
        return mark, board


async def main() -> None:
    modules = Path(__file__).parent / "modules"
    config = Config.from_settings({"runtime.path": str(modules)})
    waiting = asyncio.Barrier(3)
    async with (
        MockServer(config) as server,
        Client(server.http_url) as client,
        asyncio.TaskGroup() as group,
    ):
        for name in ("ada", "bob"):
            group.create_task(Bot(client, name, waiting).play())
        await waiting.wait()
        await server.matchmaker.process()  # a real one looks every 15 seconds


asyncio.run(main())
