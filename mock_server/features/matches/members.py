"""The members of a match with a handler, as its callbacks have seen them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mock_server.runtime.match_handler import MatchPresence


class MatchMembers:
    """Who is in a match.

    It changes between callbacks only, so that the thread in which one runs may read it.
    """

    def __init__(self) -> None:
        self._by_session: dict[str, MatchPresence] = {}
        self._unconfirmed: dict[str, tuple[MatchPresence, int]] = {}

    def __len__(self) -> int:
        return len(self._by_session)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._by_session

    def all(self) -> list[MatchPresence]:
        """Every member, in the order of joining; where one has left, the last one has the place."""
        return list(self._by_session.values())

    def join(self, presences: Iterable[MatchPresence]) -> list[MatchPresence]:
        """Add members, and return those who were not there."""
        joined = [each for each in presences if each.session_id not in self._by_session]
        self._by_session.update({each.session_id: each for each in joined})
        return joined

    def leave(self, presences: Iterable[MatchPresence]) -> list[MatchPresence]:
        """Remove members, and return those who were there."""
        left = [each for each in presences if self._remove(each.session_id)]
        for each in left:
            self.confirm(each.session_id)
        return left

    def receivers(self, wanted: Sequence[tuple[str, str]] | None) -> list[str]:
        """The sessions that data goes to.

        Args:
            wanted: Session id and node of each, of whom only members count; None is every member.
        """
        if wanted is None:
            return list(self._by_session)
        members = ((self._by_session.get(session_id), node) for session_id, node in wanted)
        return [each.session_id for each, node in members if each and each.node == node]

    def expect(self, presence: MatchPresence, deadline: int) -> None:
        """Wait for a joiner to appear in the match's stream, until some tick."""
        self._unconfirmed[presence.session_id] = (presence, deadline)

    def confirm(self, session_id: str) -> None:
        """Note that a joiner is there."""
        self._unconfirmed.pop(session_id, None)

    def expired(self, tick: int) -> list[MatchPresence]:
        """The joiners who have not come by a tick; they are waited for no longer."""
        late = [each for each, deadline in self._unconfirmed.values() if deadline <= tick]
        for each in late:
            self.confirm(each.session_id)
        return late

    def _remove(self, session_id: str) -> bool:
        if session_id not in self._by_session:
            return False
        last_id, last = self._by_session.popitem()
        if last_id != session_id:
            self._by_session = {
                last_id if each == session_id else each: last if each == session_id else member
                for each, member in self._by_session.items()
            }
        return True
