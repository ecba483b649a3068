"""One party: its members, its leader, who asks to join. It decides, and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.features.parties.errors import (
    FULL,
    LEADER_ONLY,
    NO_MEMBER,
    NO_REQUEST,
    REMOVES_SELF,
    REQUEST_DUPLICATE,
    REQUESTS_FULL,
    PartyError,
)
from mock_server.realtime.stream import Presence, Stream


class Party:
    """A party. A session is in it once; two sessions of a user are two members.

    Args:
        stream: Where its members are.
        creator: Its first member and leader; with `max_size` 0 the leader only, as in Nakama.
        max_size: How many members it may have, and how many may ask to join.
        is_open: Whether one joins without being accepted.
        create_time_ns: When it was made, in nanoseconds since the epoch.

    Attributes:
        stream: Where its members are.
        leader: Who decides.
        max_size: How many members it may have.
        is_open: Whether one joins without being accepted.
        create_time_ns: When it was made.
        activity: Counts what happens to it.
    """

    def __init__(
        self,
        stream: Stream,
        creator: Presence,
        *,
        max_size: int,
        is_open: bool,
        create_time_ns: int,
    ) -> None:
        self.stream = stream
        self.leader = creator
        self.max_size = max_size
        self.is_open = is_open
        self.create_time_ns = create_time_ns
        self.activity = 1
        self._members: dict[str, Presence] = {}
        self._requests: list[Presence] = []
        if max_size:
            self._members[creator.session_id] = creator

    @property
    def id(self) -> str:
        """Its id."""
        return f"{self.stream.subject}.{self.stream.label}"

    def members(self) -> list[Presence]:
        """The members, in the order of joining."""
        return list(self._members.values())

    def requests(self) -> list[Presence]:
        """The requests to join, the oldest first."""
        return list(self._requests)

    def check_leader(self, session_id: str) -> None:
        """Check that a session leads.

        Raises:
            PartyError: It does not.
        """
        if self.leader.session_id != session_id:
            raise PartyError(LEADER_ONLY)
        self.activity += 1

    def ask(self, applicant: Presence) -> bool:
        """Ask to join; tells whether the applicant is a member now, else they wait.

        Raises:
            PartyError: There is no room, or the user asks already.
        """
        self.activity += 1
        if len(self._members) >= self.max_size:
            raise PartyError(FULL)
        if self.is_open:
            self._members.setdefault(applicant.session_id, applicant)
            return True
        if len(self._requests) >= self.max_size:
            raise PartyError(REQUESTS_FULL)
        if any(each.user_id == applicant.user_id for each in self._requests):
            raise PartyError(REQUEST_DUPLICATE)
        self._requests.append(applicant)  # a member may ask, too, as in Nakama
        return False

    def accept(self, wanted: Mapping[str, Any]) -> Presence:
        """Take the request of somebody who asks to join, and return it.

        Raises:
            PartyError: There is no room, or no such request.
        """
        if len(self._members) >= self.max_size:
            raise PartyError(FULL)
        applicant = _find(self._requests, wanted)
        if applicant is None:
            raise PartyError(NO_REQUEST)
        self._requests.remove(applicant)
        return applicant

    def remove(self, wanted: Mapping[str, Any]) -> Presence | None:
        """Remove a member, and return it; or a request, which returns None.

        Raises:
            PartyError: There is neither, or it is the leader.
        """
        if _is(self.leader, wanted):
            raise PartyError(REMOVES_SELF)
        member = _find(self.members(), wanted)
        if member is not None:
            return self._members.pop(member.session_id)
        applicant = _find(self._requests, wanted)
        if applicant is None:
            raise PartyError(NO_MEMBER)
        self._requests.remove(applicant)
        return None

    def promote(self, wanted: Mapping[str, Any]) -> Presence:
        """Make a member the leader, and return it.

        Raises:
            PartyError: There is no such member.
        """
        member = _find(self.members(), wanted)
        if member is None:
            raise PartyError(NO_MEMBER)
        self.leader = member
        return member

    def member(self, session_id: str) -> Presence:
        """The member that a session is.

        Raises:
            PartyError: It is none.
        """
        if session_id not in self._members:
            raise PartyError(NO_MEMBER)
        self.activity += 1
        return self._members[session_id]

    def arrive(self, presence: Presence) -> bool:
        """Note that somebody has appeared in the stream; False where there is no room."""
        self.activity += 1
        is_member = presence.session_id in self._members
        if not is_member and len(self._members) >= self.max_size:
            return False
        self._members.setdefault(presence.session_id, presence)
        return True

    def leave(self, session_id: str) -> bool:
        """Note that somebody has left the stream; tells whether it was a member.

        If it was the leader, the member who joined first leads.
        """
        self.activity += 1
        if self._members.pop(session_id, None) is None:
            return False
        if self.leader.session_id == session_id and self._members:
            self.leader = next(iter(self._members.values()))
        return True


def _is(presence: Presence, wanted: Mapping[str, Any]) -> bool:
    return (presence.user_id, presence.session_id, presence.username) == (
        wanted["user_id"],
        wanted["session_id"],
        wanted["username"],
    )


def _find(presences: list[Presence], wanted: Mapping[str, Any]) -> Presence | None:
    return next((each for each in presences if _is(each, wanted)), None)
