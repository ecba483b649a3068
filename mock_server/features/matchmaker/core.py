"""The matchmaker: takes tickets, and brings together those that fit at each tick."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mock_server.config import MatchmakerConfig
from mock_server.features.matches.tokens import MatchTokens
from mock_server.features.matchmaker.hook import MatchedHook
from mock_server.features.matchmaker.messages import matched_envelopes
from mock_server.features.matchmaker.pool import TicketPool
from mock_server.features.matchmaker.stats import MatchmakerStats
from mock_server.features.matchmaker.tick import Tick
from mock_server.features.matchmaker.tickets import Ticket, TicketSearch
from mock_server.label_query import InvalidQuery, SearchError, parse_query
from mock_server.realtime.router import Router
from mock_server.realtime.stream import Presence
from server_kit import Alarm, Clock

if TYPE_CHECKING:
    from mock_server.label_query.query import Query

_TOKEN_SECONDS = 30


class MatchmakerError(Exception):
    """A ticket is refused, or there is none; the message is Nakama's."""


class Matchmaker:
    """The matchmaker of one server.

    A tick comes every `matchmaker.interval_sec` of the server's clock, counted from its start.

    Args:
        config: The settings of the matchmaker.
        clock: The server's time.
        router: Sends.
        tokens: Signs the tokens of matches.
        hook: Asks server modules for a match.

    Attributes:
        stats: The statistics.
    """

    def __init__(
        self,
        config: MatchmakerConfig,
        clock: Clock,
        *,
        router: Router,
        tokens: MatchTokens,
        hook: MatchedHook,
    ) -> None:
        self.stats = MatchmakerStats()
        self._config = config
        self._clock = clock
        self._router = router
        self._tokens = tokens
        self._hook = hook
        self._pool = TicketPool()
        self._alarm = Alarm(clock, self._catch_up)
        self._due = 0.0
        self._processing = asyncio.Lock()
        self._ticks: set[asyncio.Task[None]] = set()

    def add(
        self, members: Sequence[Presence], search: TicketSearch, *, party_id: str = ""
    ) -> Ticket:
        """Add a ticket.

        Args:
            members: Who plays: one session, or the members of a party.
            search: What they look for.
            party_id: The party.

        Raises:
            MatchmakerError: The query can't be parsed, or there are `matchmaker.max_tickets` of
                one of the sessions or of the party.
        """
        query = _parsed(search.query)
        most = self._config.max_tickets
        counts = [len(self._pool.of_session(each.session_id)) for each in members]
        if max((*counts, len(self._pool.of_party(party_id)))) >= most:
            raise MatchmakerError("matchmaker too many tickets")
        ticket = Ticket(
            str(uuid.uuid4()), tuple(members), party_id, search, query, self._clock.time_ns()
        )
        self._pool.add(ticket)
        return ticket

    def tickets(self) -> list[Ticket]:
        """Every ticket that waits, the oldest first."""
        return self._pool.all()

    def tickets_of_party(self, party_id: str) -> list[Ticket]:
        """The tickets of a party."""
        return self._pool.of_party(party_id)

    def remove(self, ticket_id: str, session_id: str) -> None:
        """Remove a session's own ticket.

        Raises:
            MatchmakerError: It has no such ticket; that of a party is none of its own.
        """
        ticket = self._pool.get(ticket_id)
        if ticket is None or ticket.party_id or session_id not in ticket.session_ids:
            raise MatchmakerError("matchmaker ticket not found")
        self._pool.remove([ticket])

    def remove_of_party(self, ticket_id: str, party_id: str) -> None:
        """Remove a ticket of a party.

        Raises:
            MatchmakerError: It has no such ticket.
        """
        ticket = self._pool.get(ticket_id)
        if ticket is None or ticket.party_id != party_id:
            raise MatchmakerError("matchmaker ticket not found")
        self._pool.remove([ticket])

    def forget_session(self, session_id: str) -> None:
        """Remove all tickets that a session is in."""
        self._pool.remove(self._pool.of_session(session_id))

    def forget_party(self, party_id: str) -> None:
        """Remove all tickets of a party."""
        self._pool.remove(self._pool.of_party(party_id))

    async def process(self) -> None:
        """Do one tick: bring tickets together, and send the players their match.

        A caller that is cancelled leaves the tick running: the players get their match anyway.
        """
        tick = asyncio.create_task(self._tick())
        self._ticks.add(tick)
        tick.add_done_callback(self._ticks.discard)
        await asyncio.shield(tick)

    def start(self) -> None:
        """Begin to tick."""
        self._due = self._clock.time() + self._config.interval_sec
        self._alarm.set(self._due)
        self._alarm.start()

    async def end(self) -> None:
        """Tick no longer."""
        await self._alarm.close()
        ticks = tuple(self._ticks)
        for tick in ticks:
            tick.cancel()
        await asyncio.gather(*ticks, return_exceptions=True)

    async def settle(self) -> None:
        """Return once all ticks that are due have been done."""
        await self._alarm.settle()

    def forget(self) -> None:
        """Forget all tickets and the statistics."""
        self._pool.clear()
        self.stats = MatchmakerStats()

    async def _catch_up(self) -> None:
        """Do each tick that is due; those in which no ticket looks for others change nothing."""
        while self._due <= self._clock.time():
            await self.process()
            self._due += self._config.interval_sec
            if not self._pool.active():
                missed = (self._clock.time() - self._due) // self._config.interval_sec + 1
                self._due += max(missed, 0) * self._config.interval_sec
        self._alarm.set(self._due)

    async def _tick(self) -> None:
        async with self._processing:
            pool, active = self._pool.all(), self._pool.active()
            self.stats.look_at(pool)
            if not active:
                return
            tick = Tick(
                pool,
                max_intervals=self._config.max_intervals,
                is_mutual=self._config.rev_precision,
            )
            outcome = tick.run(active)
            self._pool.expire(outcome.expired)
            for tickets in outcome.matches:
                self._pool.remove(tickets)
            now = self._clock.time_ns()
            for tickets in outcome.matches:
                await self._complete(tickets, now)

    async def _complete(self, tickets: Sequence[Ticket], now: int) -> None:
        match_id = await self._hook.match_id(tickets)
        if match_id is not None:
            found = {"match_id": match_id}
        else:
            found = {"token": self._tokens.sign(f"{uuid.uuid4()}.", _TOKEN_SECONDS)}
        for ticket in tickets:
            self.stats.complete(ticket, now)
        for session_id, envelope in matched_envelopes(tickets, found):
            self._router.send_to_sessions([session_id], envelope)


def _parsed(text: str) -> Query:
    try:
        query = parse_query(text)
        query.validate()
    except (InvalidQuery, SearchError):
        raise MatchmakerError("matchmaker query invalid") from None
    return query
