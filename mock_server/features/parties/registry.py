"""The parties of a server: making, finding and ending them, and the index of their labels."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from mock_server.config import PartyConfig
from mock_server.features.matchmaker.core import Matchmaker
from mock_server.features.parties.errors import NOT_FOUND, PartyError
from mock_server.features.parties.labels import Label, PartyEntry, check_hidden, read_label
from mock_server.features.parties.party import Party
from mock_server.label_query import BatchedIndex
from mock_server.realtime.stream import Presence, Stream, StreamMode
from mock_server.realtime.tracker import Tracker
from server_kit import Alarm, Clock

_ENOUGH_CHECKS = 2
"""How many checks a move of the clock makes: in the second one nothing has happened since."""


class PartyRegistry:
    """The parties of one server.

    A party ends when its last member leaves or its leader closes it. One in which nobody is and to
    which nothing happens is closed after two checks, every `party.idle_check_interval_ms`.

    Args:
        node: The server's name.
        config: The settings of parties.
        clock: The server's time.
        tracker: Where members are.
        matchmaker: Has the parties' tickets.

    Attributes:
        index: What listings find.
    """

    def __init__(
        self,
        node: str,
        config: PartyConfig,
        clock: Clock,
        *,
        tracker: Tracker,
        matchmaker: Matchmaker,
    ) -> None:
        self.index: BatchedIndex[PartyEntry] = BatchedIndex(
            clock, config.label_update_interval_ms / 1000
        )
        self._node = node
        self._idle_check_interval = config.idle_check_interval_ms / 1000
        self._clock = clock
        self._tracker = tracker
        self._matchmaker = matchmaker
        self._parties: dict[Stream, Party] = {}
        self._entries: dict[Stream, PartyEntry] = {}
        self._checked: dict[Party, int] = {}
        self._alarm = Alarm(clock, self._close_idle)
        self._due = 0.0

    def create(
        self, creator: Presence, *, is_open: bool, hidden: bool, max_size: int, label: str
    ) -> Party:
        """Make a party.

        Args:
            creator: Its leader.
            is_open: Whether one may join without being accepted.
            hidden: Whether clients do not find it; unlike later, it may have a label then.
            max_size: How many members it may have.
            label: Its label.

        Raises:
            PartyError: The label is no JSON object, or too long.
        """
        shown = read_label(label)
        stream = Stream(StreamMode.PARTY, str(uuid.uuid4()), label=self._node)
        party = Party(
            stream,
            creator,
            max_size=max_size,
            is_open=is_open,
            create_time_ns=self._clock.time_ns(),
        )
        self._parties[stream] = party
        self._index(party, shown, hidden=hidden)
        return party

    def all(self) -> list[tuple[Party, PartyEntry]]:
        """Every party with what is indexed of it, the oldest first."""
        return [(party, self._entries[stream]) for stream, party in self._parties.items()]

    def find(self, stream: Stream) -> Party | None:
        """The party whose members are in a stream, or None."""
        return self._parties.get(stream)

    def get(self, stream: Stream) -> Party:
        """The party whose members are in a stream.

        Raises:
            PartyError: There is none.
        """
        party = self.find(stream)
        if party is None:
            raise PartyError(NOT_FOUND)
        return party

    def relabel(self, party: Party, label: str, *, is_open: bool, hidden: bool) -> None:
        """Change what listings show of a party, and whether it is open.

        Raises:
            PartyError: The label is no JSON object, too long, or there with `hidden`.
        """
        check_hidden(label, hidden=hidden)
        shown = read_label(label)
        party.is_open = is_open
        self._index(party, shown, hidden=hidden)

    def close(self, party: Party) -> None:
        """End a party, without a word to anybody."""
        self._parties.pop(party.stream, None)
        self._entries.pop(party.stream, None)
        self._checked.pop(party, None)
        self.index.remove(party.id)
        self._tracker.untrack_stream(party.stream)
        self._matchmaker.forget_party(party.id)

    def start(self) -> None:
        """Begin to look for parties in which nobody is."""
        if self._idle_check_interval:
            self._due = self._clock.time() + self._idle_check_interval
            self._alarm.set(self._due)
            self._alarm.start()

    async def end(self) -> None:
        """Look for them no longer."""
        await self._alarm.close()

    async def settle(self) -> None:
        """Return once those that are due have been closed."""
        await self._alarm.settle()

    def forget(self) -> None:
        """Forget all parties."""
        self._parties.clear()
        self._entries.clear()
        self._checked.clear()
        self.index.clear()

    def _index(self, party: Party, label: Label, *, hidden: bool) -> None:
        entry = PartyEntry(
            party.id,
            self._node,
            party.is_open,
            hidden,
            party.max_size,
            label,
            party.create_time_ns,
        )
        self._entries[party.stream] = entry
        self.index.update(party.id, entry)

    async def _close_idle(self) -> None:
        passed = int((self._clock.time() - self._due) // self._idle_check_interval) + 1
        for _ in range(min(passed, _ENOUGH_CHECKS)):
            self._check(tuple(self._parties.values()))
        self._due += passed * self._idle_check_interval
        self._alarm.set(self._due)

    def _check(self, parties: Iterable[Party]) -> None:
        for party in parties:
            was_quiet = self._checked.get(party) == party.activity
            self._checked[party] = party.activity
            if was_quiet and not self._tracker.of_stream(party.stream, hidden=True):
                self.close(party)
