"""The statistics of the matchmaker."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from attrs import define, field

from mock_server.features.matchmaker.tickets import Ticket
from mock_server.wire.output import omit_empty, timestamp

_MAX_COMPLETIONS = 10


@define
class MatchmakerStats:
    """What the last tick found, and who was matched last.

    Attributes:
        ticket_count: How many tickets there were.
        oldest: When the oldest of them was added, in nanoseconds since the epoch; 0 where there
            was none.
        completions: When the players who were matched last had begun to wait, and when they were
            matched, the oldest first.
    """

    ticket_count: int = 0
    oldest: int = 0
    completions: deque[tuple[int, int]] = field(factory=lambda: deque(maxlen=_MAX_COMPLETIONS))

    def look_at(self, pool: Sequence[Ticket]) -> None:
        """Count the tickets at the begin of a tick."""
        self.ticket_count = len(pool)
        self.oldest = min((ticket.created_at for ticket in pool), default=0)

    def complete(self, ticket: Ticket, now: int) -> None:
        """Count a ticket that has matched, for each of its players."""
        self.completions.extend((ticket.created_at, now) for _ in ticket.members)

    def message(self) -> dict[str, Any]:
        """The `MatchmakerStats` message."""
        return omit_empty(
            {
                "ticket_count": self.ticket_count,
                "oldest_ticket_create_time": self.oldest and timestamp(self.oldest, 9),
                "completions": [
                    {"create_time": timestamp(begun, 9), "complete_time": timestamp(done, 9)}
                    for begun, done in self.completions
                ],
            }
        )
