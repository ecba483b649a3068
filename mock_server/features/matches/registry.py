"""The matches with a handler: making, finding, signalling and ending them."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from mock_server.config import MatchConfig
from mock_server.features.matches.dispatcher import MatchDispatcher
from mock_server.features.matches.ids import MatchId, parse_match_id
from mock_server.features.matches.labels import IndexEntry, LabelIndex
from mock_server.features.matches.match import Match
from mock_server.features.matches.members import MatchMembers
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.stream import Presence, Stream
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.context import Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.match_handler import MatchFactory, MatchPresence, PresenceReason
from mock_server.runtime.registrations import Registrations
from server_kit import Clock

_log = logging.getLogger("mock_server.matches")

ID_INVALID = "match id invalid"
NOT_FOUND = "match not found"
BUSY = "match busy"

# How many matches may be made within each other's `match_init`. Without end they would take all
# threads, which then wait for each other, or all memory.
_MOST_NESTED = 4

# Within how many of them the current code runs. Threads of the runtimes inherit it.
_nesting: contextvars.ContextVar[int] = contextvars.ContextVar("_nesting", default=0)


class MatchRegistry:
    """The running matches of one server that have a handler.

    Args:
        node: The server's name.
        config: The settings of matches.
        clock: The server's time.
        registry: The open sockets.
        tracker: Where members are.
        router: Sends.
        registrations: The handlers.
        contexts: Makes the contexts of callbacks.

    Attributes:
        labels: The index of their labels.
    """

    def __init__(
        self,
        node: str,
        config: MatchConfig,
        clock: Clock,
        *,
        outgoing_queue_size: int,
        registry: SessionRegistry,
        tracker: Tracker,
        router: Router,
        registrations: Registrations,
        contexts: Contexts,
    ) -> None:
        self.labels = LabelIndex(clock, config.label_update_interval_ms / 1000)
        self._node = node
        self._config = config
        self._outgoing_queue_size = outgoing_queue_size
        self._clock = clock
        self._sessions = registry
        self._tracker = tracker
        self._router = router
        self._registrations = registrations
        self._contexts = contexts
        self._matches: dict[str, Match] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def create(self, handler_name: str, params: Mapping[str, Any] | None) -> MatchId:
        """Make a match.

        Args:
            handler_name: The module, or the name under which its handler is registered.
            params: What `match_init` is given.

        Raises:
            ModuleError: There is no such handler, it makes no match, or too many matches are made
                within each other.
        """
        nesting = _nesting.get()
        if nesting >= _MOST_NESTED:
            raise ModuleError(
                f"a match_init makes a match whose match_init makes another, and so on: {nesting} "
                "are under way, and there may be no more"
            )
        within = _nesting.set(nesting + 1)
        try:
            match = await self._made(handler_name, _copied(params))
        finally:
            _nesting.reset(within)
        self._matches[match.id.uuid] = match
        self._index(match.id)
        # A context of its own: what the match makes when it runs is within nothing.
        running = asyncio.create_task(match.run(), context=contextvars.Context())
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return match.id

    async def _made(self, handler_name: str, params: Mapping[str, Any] | None) -> Match:
        """Make a match, which does not run yet."""
        factory = self._factory(handler_name)
        match_id = MatchId(str(uuid.uuid4()), self._node)
        members = MatchMembers()
        dispatcher = MatchDispatcher(
            match_id,
            members,
            router=self._router,
            tracker=self._tracker,
            queue_size=self._config.deferred_queue_size,
            outgoing_queue_size=self._outgoing_queue_size,
            relabel=lambda: self._index(match_id),
        )
        context = self._contexts.new("match", match_id=str(match_id), match_node=self._node)
        handler = await factory(context, dispatcher)
        try:
            if self._is_stopping:
                raise ModuleError("shutdown in progress")
            setup = await handler.init(params)
        except ModuleError as error:
            handler.close()
            raise ModuleError(f"error creating match: {error.message}") from error
        except BaseException:
            handler.close()
            raise
        dispatcher.label, dispatcher.tick_rate = setup.label, setup.tick_rate
        return Match(
            match_id,
            handler_name,
            handler=handler,
            dispatcher=dispatcher,
            members=members,
            config=self._config,
            clock=self._clock,
            ended=self._ended,
        )

    def all(self) -> list[Match]:
        """Every running match, the oldest first."""
        return list(self._matches.values())

    def find(self, match_id: MatchId) -> Match | None:
        """The match of this id, or None."""
        return self._matches.get(match_id.uuid) if self.runs_here(match_id) else None

    def runs_here(self, match_id: MatchId) -> bool:
        """Whether a match's handler would be on this server."""
        return match_id.node == self._node

    def __len__(self) -> int:
        return len(self._matches)

    async def signal(self, text: str, data: str) -> str:
        """Signal a match, and return what its handler answers.

        Raises:
            ModuleError: The id is none, there is no such match, or the match gives no answer.
        """
        match_id = parse_match_id(text)
        if match_id is None:
            raise ModuleError(ID_INVALID)
        match = self.find(match_id)
        if match is None:
            raise ModuleError(NOT_FOUND)
        answer = await match.signal(data)
        if answer is None:
            raise ModuleError(BUSY)
        return answer

    def joined(self, stream: Stream, presences: Sequence[Presence]) -> None:
        """Hear that joiners have appeared in a match's stream."""
        match = self.find(MatchId(stream.subject, stream.label))
        if match is not None:
            for presence in presences:
                match.confirm(presence.session_id)

    def left(self, stream: Stream, presences: Sequence[Presence]) -> None:
        """Hear that members have left a match's stream."""
        match = self.find(MatchId(stream.subject, stream.label))
        if match is not None:
            match.leave([self._leaver(presence) for presence in presences])

    async def settle(self) -> None:
        """Return once all matches have worked what is due."""
        for match in tuple(self._matches.values()):
            await match.settle()

    async def close(self) -> None:
        """End all matches at once, without a word to anybody."""
        for task in self._running:
            task.cancel()
        for task in tuple(self._running):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self.forget()

    async def shut_down(self, grace_seconds: int) -> None:
        """Tell all handlers that the server stops, and wait until all have ended, or time is up."""
        self._is_stopping = True
        for match in tuple(self._matches.values()):
            match.terminate(grace_seconds)
        if self._running:
            await asyncio.wait(self._running, timeout=grace_seconds)

    def forget(self) -> None:
        """Forget all matches."""
        self._matches.clear()
        self.labels.clear()

    def _factory(self, name: str) -> MatchFactory:
        known = self._registrations.active.matches
        factory = known.get(name) or known.get(name.replace("/", "."))
        if factory is None:
            raise ModuleError("error creating match: not found")
        return factory

    def _index(self, match_id: MatchId) -> None:
        match = self.find(match_id)
        if match is None:  # it is being made, or has ended
            return
        self.labels.update(
            IndexEntry(
                str(match_id),
                self._node,
                match.label,
                match.tick_rate,
                match.handler_name,
                match.create_time_ms,
            )
        )

    def _ended(self, match: Match, disconnected: Sequence[MatchPresence]) -> None:
        self._matches.pop(match.id.uuid, None)
        self.labels.remove(str(match.id))
        self._tracker.untrack_stream(match.id.stream)
        for presence in disconnected:
            session = self._sessions.get(presence.session_id)
            if session is not None:
                session.disconnect()

    def _leaver(self, presence: Presence) -> MatchPresence:
        ending = self._sessions.ending(presence.session_id)
        return MatchPresence(
            presence.user_id,
            presence.session_id,
            presence.username,
            self._node,
            PresenceReason(ending.presence_reason) if ending else PresenceReason.LEAVE,
        )


def _copied(params: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    try:
        return copy.deepcopy(params)
    except TypeError:  # a thing that is no plain value
        raise ModuleError("error creating match: cannot encode params") from None
