"""Random requests about a party, and what everybody should be told of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.mock_server.matchmaker.lobby import Lobby

pytestmark = pytest.mark.slow

NAMES = ("ada", "bob", "cleo", "dan")
players = st.sampled_from(NAMES)

Event = tuple[object, ...]
Seat = tuple[str, str]
"""Name and session id."""


class Party:
    """What a party should do: it answers each request, and notes what everybody is told."""

    def __init__(self, creator: Seat, *, is_open: bool, max_size: int) -> None:
        self.is_open, self.max_size = is_open, max_size
        self.leader = creator
        self.members = [creator]
        self.requests: list[Seat] = []
        self.label = ""
        self.told: list[tuple[Seat, Event]] = []
        self.exists = True
        self._tell([creator], self._party())
        self._tell([creator], ("joins", creator))

    def join(self, who: Seat) -> str:
        if len(self.members) >= self.max_size:
            return "Error joining party: party full"
        if self.is_open:
            self._add(who)
            return ""
        if len(self.requests) >= self.max_size:
            return "Error joining party: party join requests full"
        if any(name == who[0] for name, _ in self.requests):
            return "Error joining party: party join request duplicate"
        self.requests.append(who)
        self._tell([self.leader], ("asks", who))
        return ""

    def leave(self, who: Seat) -> None:
        if who not in self.members:
            return
        self.members.remove(who)
        if not self.members:
            self.exists = False
            return
        if who == self.leader:
            self.leader = self.members[0]
            self._tell(self.members, ("leader", self.leader))
        self._tell(self.members, ("leaves", who))

    def accept(self, by: Seat, whom: Seat, *, is_there: bool) -> str:
        doing = "Error accepting party join request: "
        if by != self.leader:
            return doing + "party leader only"
        if len(self.members) >= self.max_size:
            return doing + "party full"
        if whom not in self.requests:
            return doing + "party join request not found"
        self.requests.remove(whom)
        if not is_there:
            return doing + "party could not accept request"
        self._add(whom)
        return ""

    def remove(self, by: Seat, whom: Seat) -> str:
        doing = "Error removing party member or join request: "
        if by != self.leader:
            return doing + "party leader only"
        if whom == self.leader:
            return doing + "party cannot remove self"
        if whom in self.members:
            self.members.remove(whom)
            self._tell(self.members, ("leaves", whom))
            self._tell([whom], ("close",))
            return ""
        if whom in self.requests:
            self.requests.remove(whom)
            return ""
        return doing + "party member not found"

    def promote(self, by: Seat, whom: Seat) -> str:
        doing = "Error promoting new party leader: "
        if by != self.leader:
            return doing + "party leader only"
        if whom not in self.members:
            return doing + "party member not found"
        self.leader = whom
        self._tell(self.members, ("leader", whom))
        return ""

    def close(self, by: Seat) -> str:
        if by != self.leader:
            return "Error closing party: party leader only"
        self._tell(self.members, ("close",))
        self.exists = False
        return ""

    def update(self, by: Seat, label: str, *, is_open: bool) -> str:
        if by != self.leader:
            return "Error updating party: party leader only"
        self.is_open, self.label = is_open, label
        self._tell(self.members, ("update", is_open, label))
        return ""

    def send(self, by: Seat) -> str:
        if by not in self.members:
            return "Error sending party data: party member not found"
        self._tell([each for each in self.members if each != by], ("data", by))
        return ""

    def _add(self, who: Seat) -> None:
        if who not in self.members:
            self.members.append(who)
            self._tell([who], self._party())
            self._tell(self.members, ("joins", who))

    def _party(self) -> Event:
        return "party", self.is_open, self.max_size, self.leader, tuple(self.members)

    def _tell(self, seats: list[Seat], event: Event) -> None:
        self.told += [(seat, event) for seat in seats]


class Parties(RuleBasedStateMachine):
    """One party after the other; four players who do what they may and what they may not."""

    def __init__(self) -> None:
        super().__init__()
        self.lobby = Lobby(*NAMES, party__label_update_interval_ms=1)
        self.lobby.open()
        self.party: Party | None = None
        self.party_id = ""

    def teardown(self) -> None:
        self.lobby.close()

    @precondition(lambda self: self.party is None)
    @rule(by=players, is_open=st.booleans(), max_size=st.integers(1, 3))
    def create(self, by: str, is_open: bool, max_size: int) -> None:
        answer = self.lobby.ask(by, party_create={"open": is_open, "max_size": max_size})
        self.party_id = answer["party"]["party_id"]
        self.party = Party(self.seat(by), is_open=is_open, max_size=max_size)

    @precondition(lambda self: self.party)
    @rule(by=players)
    def join(self, by: str) -> None:
        assert self.party is not None
        wanted = self.party.join(self.seat(by))
        assert self.ask(by, "party_join") == wanted

    @precondition(lambda self: self.party)
    @rule(by=players)
    def leave(self, by: str) -> None:
        assert self.party is not None
        self.party.leave(self.seat(by))
        assert self.ask(by, "party_leave") == ""

    @precondition(lambda self: self.party)
    @rule(by=players)
    def reconnect(self, by: str) -> None:
        assert self.party is not None
        self.party.leave(self.seat(by))
        self.lobby.reconnect(by)

    @precondition(lambda self: self.party)
    @rule(by=players, whom=players)
    def accept(self, by: str, whom: str) -> None:
        assert self.party is not None
        seat = self.seat(whom)
        wanted = self.party.accept(self.seat(by), seat, is_there=True)
        assert self.ask_about(by, seat, "party_accept") == wanted

    @precondition(lambda self: self.party and self.party.requests)
    @rule(by=players)
    def accept_the_oldest(self, by: str) -> None:
        assert self.party is not None
        seat = self.party.requests[0]
        is_there = seat == self.seat(seat[0])
        wanted = self.party.accept(self.seat(by), seat, is_there=is_there)
        assert self.ask_about(by, seat, "party_accept") == wanted

    @precondition(lambda self: self.party)
    @rule(by=players, whom=players)
    def remove(self, by: str, whom: str) -> None:
        assert self.party is not None
        wanted = self.party.remove(self.seat(by), self.seat(whom))
        assert self.ask_about(by, self.seat(whom), "party_remove") == wanted

    @precondition(lambda self: self.party)
    @rule(by=players, whom=players)
    def promote(self, by: str, whom: str) -> None:
        assert self.party is not None
        wanted = self.party.promote(self.seat(by), self.seat(whom))
        assert self.ask_about(by, self.seat(whom), "party_promote") == wanted

    @precondition(lambda self: self.party)
    @rule(by=players)
    def close(self, by: str) -> None:
        assert self.party is not None
        assert self.ask(by, "party_close") == self.party.close(self.seat(by))

    @precondition(lambda self: self.party)
    @rule(by=players, is_open=st.booleans(), label=st.sampled_from(["", '{"a":1}']))
    def update(self, by: str, is_open: bool, label: str) -> None:
        assert self.party is not None
        wanted = self.party.update(self.seat(by), label, is_open=is_open)
        assert self.ask(by, "party_update", open=is_open, label=label) == wanted

    @precondition(lambda self: self.party)
    @rule(by=players)
    def send(self, by: str) -> None:
        assert self.party is not None
        assert self.ask(by, "party_data_send", op_code="1") == self.party.send(self.seat(by))

    @invariant()
    def everybody_is_told(self) -> None:
        received = self.lobby.received()
        told = [] if self.party is None else self.party.told
        for name in NAMES:
            events = [self.event(frame) for frame in received[name]]
            wanted = [event for seat, event in told if seat == self.seat(name)]
            assert sorted(events, key=str) == sorted(wanted, key=str), name
        if self.party is not None:
            told.clear()
            self.party = self.party if self.party.exists else None

    @invariant()
    def the_leader_sees_the_requests(self) -> None:
        if self.party is None:
            return
        answer = self.lobby.ask(
            self.party.leader[0], party_join_request_list={"party_id": self.party_id}
        )
        asking = answer["party_join_request"].get("presences", [])
        assert [_seat(each) for each in asking] == self.party.requests

    @invariant()
    def the_list_shows_it(self) -> None:
        self.lobby.advance(0.001)
        listed = self.lobby.get("/v2/party").get("parties", [])
        if self.party is None:
            assert listed == []
            return
        (shown,) = listed
        assert shown["party_id"] == self.party_id
        assert shown.get("open", False) == self.party.is_open
        assert shown["label"] == (self.party.label or "{}")

    def seat(self, name: str) -> Seat:
        return name, self.lobby.session_id(name)

    def ask(self, by: str, kind: str, **fields: object) -> str:
        """The refusal of a request; empty for a bare cid."""
        answer = self.lobby.ask(by, **{kind: {"party_id": self.party_id, **fields}})
        if not answer:
            return ""
        assert answer["error"]["code"] == 3
        message: str = answer["error"]["message"]
        return message

    def ask_about(self, by: str, seat: Seat, kind: str) -> str:
        presence = {**self.lobby.presence(seat[0]), "session_id": seat[1]}
        return self.ask(by, kind, presence=presence)

    def event(self, frame: dict[str, dict[str, Any]]) -> Event:
        ((kind, body),) = frame.items()
        assert body["party_id"] == self.party_id
        if kind == "party":
            members = tuple(_seat(each) for each in body["presences"])
            is_open = body.get("open", False)
            return "party", is_open, body["max_size"], _seat(body["leader"]), members
        if kind == "party_presence_event":
            ((change, (presence,)),) = (
                (name, value) for name, value in body.items() if name in ("joins", "leaves")
            )
            return change, _seat(presence)
        if kind == "party_join_request":
            (presence,) = body["presences"]
            return "asks", _seat(presence)
        if kind == "party_leader":
            return "leader", _seat(body["presence"])
        if kind == "party_data":
            return "data", _seat(body["presence"])
        if kind == "party_update":
            return "update", body.get("open", False), body.get("label", "")
        assert kind == "party_close"
        return ("close",)


def _seat(presence: object) -> Seat:
    assert isinstance(presence, dict)
    return presence["username"], presence["session_id"]


TestParties = pytest.mark.timeout(120)(Parties.TestCase)
TestParties.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
