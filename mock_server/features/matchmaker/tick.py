"""One tick of the matchmaker: which tickets match. It decides and changes nothing but intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, field

from mock_server.features.matchmaker.tickets import Ticket
from mock_server.label_query import SearchError

MatchedTickets = Sequence[Ticket]


@define
class TickResult:
    """The outcome of a tick.

    Attributes:
        matches: Which tickets play together.
        expired: Those that look for others no longer.
    """

    matches: list[MatchedTickets] = field(factory=list)
    expired: list[Ticket] = field(factory=list)


@define
class _Combo:
    """Tickets that may play together, with one more that is not among them."""

    tickets: list[Ticket] = field(factory=list)
    session_ids: set[str] = field(factory=set)
    size: int = 0

    def add(self, ticket: Ticket) -> None:
        self.tickets.append(ticket)
        self.session_ids.update(ticket.session_ids)
        self.size += ticket.size


class Tick:
    """The search for matches at one moment.

    Nakama takes the active tickets in random order; here the oldest comes first, so that a test
    has one outcome, which is one of Nakama's.

    Args:
        pool: All tickets, the oldest first.
        max_intervals: In how many ticks a ticket holds out for the largest match.
        is_mutual: Whether the queries of both have to fit; else one of them is enough.
    """

    def __init__(self, pool: Sequence[Ticket], *, max_intervals: int, is_mutual: bool) -> None:
        self._pool = pool
        self._max_intervals = max_intervals
        self._is_mutual = is_mutual
        self._taken: set[Ticket] = set()
        self._found: dict[str, list[Ticket]] = {}

    def run(self, active: Iterable[Ticket]) -> TickResult:
        """Look for matches.

        Args:
            active: The tickets that look for others.
        """
        outcome = TickResult()
        for ticket in active:
            if ticket in self._taken:
                continue
            ticket.intervals += 1
            counts = ticket.counts
            is_last = ticket.intervals >= self._max_intervals or counts.least == counts.most
            if is_last:
                outcome.expired.append(ticket)
            others = self._others(ticket, is_last=is_last)
            if others:
                match = (*others, ticket)
                self._taken.update(match)
                outcome.matches.append(match)
        return outcome

    def _others(self, ticket: Ticket, *, is_last: bool) -> list[Ticket]:
        """The tickets that a ticket is matched with; none where it finds too few."""
        counts = ticket.counts
        hits = self._hits(ticket)
        if not is_last and ticket.size + sum(hit.size for hit in hits) < counts.most:
            return []  # all of them together are not enough yet
        combos: list[_Combo] = []
        for hit in hits:
            if (self._is_mutual and not hit.wants(ticket)) or ticket.meets(hit):
                continue
            combo = self._joined(combos, hit, counts.most - ticket.size)
            size = combo.size + ticket.size
            is_enough = is_last and hit is hits[-1] and counts.least <= size <= counts.most
            if size != counts.most and not is_enough:
                continue
            others = _without_remainder(combo.tickets, size % counts.multiple)
            size = sum(each.size for each in others) + ticket.size
            if size % counts.multiple == 0 and all(each.counts.accept(size) for each in others):
                return others
        return []

    def _hits(self, ticket: Ticket) -> list[Ticket]:
        """The tickets that another one may play with, the best first, then the oldest."""
        counts = ticket.counts
        return [
            hit
            for hit in self._matching(ticket)
            if hit is not ticket
            and hit not in self._taken
            and hit.counts.least >= counts.least
            and hit.counts.most <= counts.most
            and not (ticket.party_id and hit.party_id == ticket.party_id)
        ]

    def _matching(self, ticket: Ticket) -> list[Ticket]:
        """All tickets that a query finds; many tickets have the same one."""
        text = ticket.search.query
        if text not in self._found:
            try:
                found = ticket.query.search((each.document, each) for each in self._pool)
            except SearchError:  # only a search shows it, as in Nakama: nothing is found
                found = []
            found.sort(key=lambda scored: (-scored[0], scored[1].created_at))
            self._found[text] = [each for _, each in found]
        return self._found[text]

    def _joined(self, combos: list[_Combo], hit: Ticket, room: int) -> _Combo:
        """Put a ticket into the first combination that has room for it, or into a new one."""
        for combo in combos:
            if combo.size + hit.size > room:
                continue
            if not combo.session_ids.isdisjoint(hit.session_ids):
                break  # Nakama looks at no further combination either
            if self._is_mutual and not all(
                hit.wants(each) and each.wants(hit) for each in combo.tickets
            ):
                continue
            combo.add(hit)
            return combo
        combos.append(_Combo())
        combos[-1].add(hit)
        return combos[-1]


def _without_remainder(combo: Sequence[Ticket], remainder: int) -> list[Ticket]:
    """A combination without tickets of `remainder` players, where there are such tickets.

    Of all that would do those go that are the oldest on average. Nakama means to keep these.
    """
    if not remainder:
        return list(combo)
    # For each number of players and of tickets the selection with the least sum of times: to try
    # all selections would take exponential time.
    best: dict[tuple[int, int], tuple[int, tuple[Ticket, ...]]] = {(0, 0): (0, ())}
    for ticket in combo:
        for (players, count), (times, selected) in list(best.items()):
            key, total = (players + ticket.size, count + 1), times + ticket.created_at
            if key[0] <= remainder and (key not in best or total < best[key][0]):
                best[key] = total, (*selected, ticket)
    fitting = [
        (times / count, selected)
        for (players, count), (times, selected) in best.items()
        if players == remainder
    ]
    removed = min(fitting, key=lambda each: each[0])[1] if fitting else ()
    return [ticket for ticket in combo if ticket not in removed]
