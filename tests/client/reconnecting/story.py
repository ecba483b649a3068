"""What a socket tells of its connection."""

import asyncio

from nakama_client import (
    Socket,
)


class Story:
    """What a socket told, in the order in which it did."""

    def __init__(self, socket: Socket) -> None:
        self.events: list[object] = []
        self._news = asyncio.Event()
        socket.on_connected(self._note)
        socket.on_disconnect(self._note)
        socket.on_reconnecting(self._note)
        socket.on_error(self._note)

    def _note(self, event: object) -> None:
        self.events.append(event)
        self._news.set()

    def kinds(self) -> list[type]:
        return [type(event) for event in self.events]

    async def until(self, kind: type, count: int = 1) -> None:
        """Wait until so many of a kind were told."""
        while self.kinds().count(kind) < count:
            self._news.clear()
            await self._news.wait()
