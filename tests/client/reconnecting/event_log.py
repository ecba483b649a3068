"""The events of a connection, in one list."""

import asyncio

from nakama_client import (
    Socket,
)


class EventLog:
    """What the handlers of a socket got, in order."""

    def __init__(self, socket: Socket) -> None:
        self.events: list[object] = []
        self._added = asyncio.Event()
        socket.on_connected(self._note)
        socket.on_disconnect(self._note)
        socket.on_reconnecting(self._note)
        socket.on_error(self._note)

    def _note(self, event: object) -> None:
        self.events.append(event)
        self._added.set()

    def kinds(self) -> list[type]:
        return [type(event) for event in self.events]

    async def wait_for(self, kind: type, count: int = 1) -> None:
        """Wait until so many of a kind have come."""
        while self.kinds().count(kind) < count:
            self._added.clear()
            await self._added.wait()
