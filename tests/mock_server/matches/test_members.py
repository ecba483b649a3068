"""Who is in a match, and whom it still waits for."""

from __future__ import annotations

from mock_server.features.matches.members import MatchMembers
from mock_server.runtime.match_handler import MatchPresence

ADA = MatchPresence("ada", "session-of-ada", "ada", "node")
BOB = MatchPresence("bob", "session-of-bob", "bob", "node")


def test_join_adds_each_session_once() -> None:
    members = MatchMembers()

    assert members.join([ADA, BOB]) == [ADA, BOB]
    assert members.join([ADA]) == []
    assert len(members) == 2


def test_leave_returns_those_who_were_there() -> None:
    members = MatchMembers()
    members.join([ADA])

    assert members.leave([BOB, ADA]) == [ADA]
    assert members.leave([ADA]) == []


def test_receivers_are_members_of_the_same_node() -> None:
    members = MatchMembers()
    members.join([ADA, BOB])

    assert members.receivers(None) == [ADA.session_id, BOB.session_id]
    assert members.receivers([]) == []
    assert members.receivers([(ADA.session_id, "node"), (BOB.session_id, "other")]) == [
        ADA.session_id
    ]
    assert members.receivers([("nobody", "node")]) == []


def test_expired_returns_joiners_who_did_not_appear_once() -> None:
    members = MatchMembers()
    members.expect(ADA, deadline=15)
    members.expect(BOB, deadline=15)
    members.confirm(BOB.session_id)

    assert members.expired(14) == []
    assert members.expired(15) == [ADA]
    assert members.expired(16) == []


def test_the_last_member_takes_the_place_of_one_who_left() -> None:
    cleo, dora = (MatchPresence(name, f"session-of-{name}", name, "node") for name in ("c", "d"))
    members = MatchMembers()
    members.join([ADA, BOB, cleo, dora])

    members.leave([BOB])
    assert members.all() == [ADA, dora, cleo]
    members.leave([cleo])
    assert members.all() == [ADA, dora]
