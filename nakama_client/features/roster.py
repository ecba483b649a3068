"""Who is in a match or a party, and what is sent there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Self, TypeVar

from nakama_client.errors import NakamaError
from nakama_client.events.subscription import Subscription
from nakama_client.events.topics import Topics
from nakama_client.features.presences import UserPresence
from nakama_client.socket_connection import SocketConnection

T = TypeVar("T")

# So many events wait for a loop that has not begun, and may never begin.
EARLY_LIMIT = 32


def new_queue(connection: SocketConnection, limit: int) -> Subscription[T]:
    """A queue of a socket for a loop, in which so many events may wait."""
    topics = connection.topics
    return Subscription(limit, connection.dispatcher.report, lambda: topics.is_served())


class Roster(Generic[T]):
    """The presences of a match or a party by session, and the queue of what is sent in it.

    An answer with all presences may be older than the events that came before it was read. So what
    changes while it is awaited is noted, and applied to it again.

    Attributes:
        queue: What was sent, for a loop.
        is_joined: Whether this socket is in it.
    """

    def __init__(self, connection: SocketConnection) -> None:
        self.queue: Subscription[T] = new_queue(connection, EARLY_LIMIT)
        self.is_joined = False
        self._topics: Topics = connection.topics
        self._present: dict[str, UserPresence] = {}
        self._changes: dict[str, UserPresence | None] | None = None

    def others(self, own: UserPresence) -> tuple[UserPresence, ...]:
        """All presences but this socket's own."""
        return tuple(each for each in self._present.values() if each.session_id != own.session_id)

    def await_answer(self) -> None:
        """An answer with all presences is asked for."""
        if self._changes is None:
            self._changes = {}

    def answer(self, presences: Iterable[UserPresence]) -> None:
        """It came."""
        changes = self._changes or {}
        self._changes = None
        self._present = {each.session_id: each for each in presences}
        for session_id, presence in changes.items():
            self._present.pop(session_id, None)
            if presence is not None:
                self._present[session_id] = presence
        self.is_joined = True

    def change(self, joins: Iterable[UserPresence], leaves: Iterable[UserPresence]) -> None:
        """Presences left, and others joined; one that changed does both."""
        for each in leaves:
            self._present.pop(each.session_id, None)
            if self._changes is not None:
                self._changes[each.session_id] = None
        for each in joins:
            self._present[each.session_id] = each
            if self._changes is not None:
                self._changes[each.session_id] = each

    def end(self, error: NakamaError | None) -> None:
        """This socket is no longer in it."""
        self.is_joined = False
        self.queue._end(error)

    def read(self) -> Subscription[T]:
        """The queue, for a loop that begins."""
        self.queue._widen(self._topics.queue_limit)
        return self.queue


class JoinedStream(Generic[T]):
    """What a match and a party have in common: presences, and a loop over what is sent."""

    def __init__(self, roster: Roster[T], own_presence: UserPresence) -> None:
        self._roster = roster
        self._own_presence = own_presence

    def __aiter__(self) -> Self:
        self._roster.read()
        return self

    async def __anext__(self) -> T:
        return await self._roster.queue.__anext__()

    @property
    def is_joined(self) -> bool:
        """Whether this socket is in it; False while the connection is lost."""
        return self._roster.is_joined

    @property
    def own_presence(self) -> UserPresence:
        """This socket's own presence, which a reconnect changes; Nakama calls it `self`."""
        return self._own_presence

    @property
    def presences(self) -> tuple[UserPresence, ...]:
        """The others who are in it now, as far as the server's events tell."""
        return self._roster.others(self._own_presence)

    @property
    def dropped(self) -> int:
        """The number of messages that were dropped because the loop was too slow."""
        return self._roster.queue.dropped
