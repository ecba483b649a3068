"""Random tickets, and what has to be true of every match that the matchmaker makes of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.mock_server.matchmaker.lobby import Lobby

pytestmark = pytest.mark.slow

NAMES = ("ada", "bob", "cleo", "dan", "eve")
MAX_TICKETS = 3
MAX_INTERVALS = 2
players = st.sampled_from(NAMES)


@define
class Ticket:
    """A ticket that waits."""

    owner: str
    least: int
    most: int
    multiple: int
    tag: str
    ticks: int = 0

    @property
    def is_searching(self) -> bool:
        """Whether it looks for others in the next tick."""
        return self.ticks < (1 if self.least == self.most else MAX_INTERVALS)

    def takes(self, other: Ticket) -> bool:
        """Whether its search finds another one."""
        fits = self.least <= other.least and other.most <= self.most
        return fits and self.tag == other.tag and self.owner != other.owner

    def accepts(self, size: int) -> bool:
        return self.least <= size <= self.most and size % self.multiple == 0


class Matchmaker(RuleBasedStateMachine):
    """Players who add and remove tickets, and leave."""

    def __init__(self) -> None:
        super().__init__()
        self.lobby = Lobby(*NAMES)
        self.lobby.open()
        self.tickets: dict[str, Ticket] = {}
        self.known: list[str] = []

    def teardown(self) -> None:
        self.lobby.close()

    @rule(
        by=players,
        least=st.integers(2, 4),
        more=st.integers(0, 2),
        multiple=st.sampled_from([1, 1, 2]),
        tag=st.sampled_from("xxy"),
    )
    def add(self, by: str, least: int, more: int, multiple: int, tag: str) -> None:
        most = least + more
        answer = self.lobby.ask(
            by,
            matchmaker_add={
                "min_count": least,
                "max_count": most,
                "count_multiple": multiple,
                "query": f"+properties.tag:{tag}",
                "string_properties": {"tag": tag},
            },
        )
        if least % multiple or most % multiple:
            assert answer["error"]["code"] == 3
        elif len([each for each in self.tickets.values() if each.owner == by]) >= MAX_TICKETS:
            assert answer == {"error": {"message": "Error adding to matchmaker"}}
        else:
            ticket_id = answer["matchmaker_ticket"]["ticket"]
            self.tickets[ticket_id] = Ticket(by, least, most, multiple, tag)
            self.known.append(ticket_id)

    @precondition(lambda self: self.known)
    @rule(by=players, which=st.integers(0, 1000))
    def remove(self, by: str, which: int) -> None:
        ticket_id = self.known[which % len(self.known)]
        answer = self.lobby.ask(by, matchmaker_remove={"ticket": ticket_id})
        if ticket_id in self.tickets and self.tickets[ticket_id].owner == by:
            assert answer == {}
            del self.tickets[ticket_id]
        else:
            assert answer["error"]["message"] == "Matchmaker ticket not found"

    @rule(by=players)
    def reconnect(self, by: str) -> None:
        self.lobby.reconnect(by)
        for ticket_id in [key for key, each in self.tickets.items() if each.owner == by]:
            del self.tickets[ticket_id]

    @rule()
    def tick(self) -> None:
        waiting, before = len(self.tickets), dict(self.tickets)
        searching = [key for key, each in before.items() if each.is_searching]
        self.lobby.process()
        assert self.lobby.get("/v2/matchmaker/stats").get("ticket_count", 0) == waiting
        matches = self.matches()
        for group in matches:
            self.check(group, searching)
        for group in matches:
            for ticket_id in group:
                del self.tickets[ticket_id]
        for ticket_id in searching:
            if ticket_id in self.tickets:
                self.tickets[ticket_id].ticks += 1
        self.nobody_is_passed_over(searching)

    def matches(self) -> list[list[str]]:
        """The tickets of each match; all its players are told the same."""
        told: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for name, frames in self.lobby.received().items():
            for frame in frames:
                found = frame["matchmaker_matched"]
                told[found["token"]].append((name, found))
        for group in told.values():
            users = [each["presence"]["username"] for each in group[0][1]["users"]]
            assert sorted(users) == sorted(name for name, _ in group)
            for name, found in group:
                assert found["self"]["presence"] == self.lobby.presence(name)
                assert self.tickets[found["ticket"]].owner == name
        return [[found["ticket"] for _, found in group] for group in told.values()]

    def check(self, group: list[str], searching: list[str]) -> None:
        """A match has room for everybody in it, and one of them found all others."""
        tickets = [self.tickets[each] for each in group]
        assert len({each.owner for each in tickets}) == len(tickets)
        assert all(each.accepts(len(tickets)) for each in tickets)
        assert any(
            key in searching
            and all(self.tickets[key].takes(self.tickets[each]) for each in group if each != key)
            for key in group
        )

    def nobody_is_passed_over(self, searching: list[str]) -> None:
        """Of two tickets for two players that fit, one of which searched, one has matched."""
        pairs = [
            (key, each) for key, each in self.tickets.items() if (each.least, each.most) == (2, 2)
        ]
        for one, ticket in pairs:
            if one in searching:
                assert not any(ticket.takes(other) for _, other in pairs)


TestMatchmaker = pytest.mark.timeout(120)(Matchmaker.TestCase)
TestMatchmaker.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
