"""The open sockets of one server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mock_server.signals import Signal

if TYPE_CHECKING:
    from mock_server.realtime.session import SocketSession


class SessionRegistry:
    """Finds socket sessions by id and by user.

    Attributes:
        added: Sent with a socket that has opened.
        removed: Sent with a socket that is removed because either side closes it.
    """

    def __init__(self) -> None:
        self.added: Signal[SocketSession] = Signal()
        self.removed: Signal[SocketSession] = Signal()
        self._by_id: dict[str, SocketSession] = {}
        self._by_user: dict[str, dict[str, SocketSession]] = {}
        self._ending: dict[str, SocketSession] = {}

    def add(self, session: SocketSession) -> None:
        """Register an open socket."""
        self._by_id[session.id] = session
        self._by_user.setdefault(session.user_id, {})[session.id] = session
        self.added.send(session)

    def remove(self, session: SocketSession) -> None:
        """Remove a socket, because either side closes it; once more is no error."""
        if self._by_id.pop(session.id, None) is None:
            return
        self._ending[session.id] = session
        sessions = self._by_user.get(session.user_id)
        if sessions is not None:
            sessions.pop(session.id, None)
            if not sessions:
                del self._by_user[session.user_id]
        self.removed.send(session)

    def ended(self, session: SocketSession) -> None:
        """Remove a socket whose connection is closed."""
        self._ending.pop(session.id, None)

    def get(self, session_id: str) -> SocketSession | None:
        """The open socket of this id, or None."""
        return self._by_id.get(session_id)

    def ending(self, session_id: str) -> SocketSession | None:
        """The socket of this id that is about to be closed, or None."""
        return self._ending.get(session_id)

    def all(self) -> list[SocketSession]:
        """Every open socket."""
        return list(self._by_id.values())

    def of_user(self, user_id: str) -> list[SocketSession]:
        """The open sockets of a user, oldest first."""
        return list(self._by_user.get(user_id, {}).values())

    def disconnect_user(self, user_id: str) -> None:
        """Close every socket of a user."""
        for session in self.of_user(user_id):
            session.disconnect()

    async def abort_all(self) -> None:
        """Drop every connection and its running requests, and wait until all are closed."""
        sessions = [*self.all(), *self._ending.values()]
        for session in sessions:
            session.kill()
        await asyncio.gather(*(session.closed.wait() for session in sessions))
