"""The matches that a socket has joined: who is in them, and what is sent there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from attrs import frozen

from nakama_client.errors import ArgumentError, NakamaError, RestoreFailed
from nakama_client.events.listener import Listener
from nakama_client.features.presences import UserPresence
from nakama_client.features.roster import JoinedStream, Roster
from nakama_client.protocol.envelopes import Envelope, single
from nakama_client.protocol.rules import check_count, check_id, check_type, check_unicode
from nakama_client.socket_connection import SocketConnection

_INT64 = range(-(2**63), 2**63)


@frozen(kw_only=True)
class MatchData:
    """What was sent in a match.

    Attributes:
        match_id: The match.
        presence: Who sent it; None for the match handler of an authoritative match.
        op_code: What it is about, as the game numbers it.
        data: The bytes.
        reliable: Whether it was sent reliably.
    """

    match_id: str = ""
    presence: UserPresence | None = None
    op_code: int = 0
    data: bytes = b""
    reliable: bool = False


@frozen(kw_only=True)
class MatchPresenceEvent:
    """Users joined or left a match.

    Attributes:
        match_id: The match.
        joins: The presences that joined, this socket's own included.
        leaves: The presences that left.
    """

    match_id: str = ""
    joins: tuple[UserPresence, ...] = ()
    leaves: tuple[UserPresence, ...] = ()


def _key(match_id: str) -> str:
    """A match's id as a key: the server may send it as another player spelled it."""
    try:
        return canonical_match_id(match_id)
    except ArgumentError:
        return match_id


class MatchReply(msgspec.Struct):
    """The answer to a join; a Struct, because no attrs field can be called `self`."""

    match_id: str = ""
    authoritative: bool = False
    label: str = ""
    presences: tuple[UserPresence, ...] = ()
    own_presence: UserPresence = msgspec.field(name="self", default_factory=UserPresence)


DATA = single("match_data", MatchData)
PRESENCE = single("match_presence_event", MatchPresenceEvent)


class Match(JoinedStream[MatchData]):
    """A match that this socket has joined: `async for data in match` gives what is sent in it.

    What arrives waits in a queue from the join on. It holds 32 messages until a loop begins, and
    then as many as the socket's `queue_limit`; further ones are dropped, and `on_error` gets a
    `QueueOverflow`. The loop ends when the match is left. It goes on after a reconnect, when the
    server lets this socket in again, and raises `RestoreFailed` when it does not.
    """

    def __init__(
        self, connection: SocketConnection, roster: Roster[MatchData], reply: MatchReply
    ) -> None:
        super().__init__(roster, reply.own_presence)
        self._connection = connection
        self._id = _key(reply.match_id)
        self._authoritative = reply.authoritative
        self._label = reply.label

    def __repr__(self) -> str:
        return f"<Match {self._id}, {len(self.presences)} others>"

    @property
    def id(self) -> str:
        """The match's id."""
        return self._id

    @property
    def authoritative(self) -> bool:
        """Whether the server's runtime runs it; otherwise the server only relays."""
        return self._authoritative

    @property
    def label(self) -> str:
        """Its label when it was joined."""
        return self._label

    async def send(
        self,
        op_code: int,
        data: bytes | str = b"",
        *,
        presences: Sequence[UserPresence] = (),
        reliable: bool = True,
    ) -> None:
        """Send data in this match; see `Socket.send_match_state`.

        Raises:
            ArgumentError: As in `Socket.send_match_state`.
            SocketError: As in `Socket.send_match_state`.
        """
        body = data_body(op_code, data, presences)
        check_type("reliable", reliable, bool)
        await self._connection.send(
            "match_data_send", {"match_id": self._id, **body, "reliable": reliable}
        )

    async def leave(self) -> None:
        """Leave this match; see `Socket.leave_match`.

        Raises:
            SocketError: As in `Socket.leave_match`.
        """
        joined_matches(self._connection).leave(self._id)
        await self._connection.request("match_leave", {"match_id": self._id})

    def _rejoined(self, reply: MatchReply) -> None:
        self._own_presence = reply.own_presence
        self._label = reply.label


class JoinedMatches:
    """The joined matches, each with the request that joins it again."""

    def __init__(self) -> None:
        self._connection: SocketConnection | None = None
        self._matches: dict[str, Match] = {}
        self._bodies: dict[str, dict[str, Any]] = {}
        self._rosters: dict[str, Roster[MatchData]] = {}
        self._joining = 0
        self._left: list[set[str]] = []
        self._listeners = (
            Listener(self._received, disconnected=self._disconnected, ended=self._ended),
            Listener(self._changed),
        )

    def attach(self, connection: SocketConnection) -> None:
        """Follow what happens in the matches, until the socket is closed."""
        if self._connection is None:
            self._connection = connection
            connection.topics.observe(DATA, self._listeners[0])
            connection.topics.observe(PRESENCE, self._listeners[1])

    @contextmanager
    def joining(self, known_id: str | None) -> Iterator[_Joining]:
        """A request that joins a match is under way; what comes of it meanwhile is kept.

        A match that is left meanwhile stays so.
        """
        self._joining += 1
        left: set[str] = set()
        self._left.append(left)
        if known_id in self._rosters:
            self._rosters[known_id].await_answer()
        try:
            yield _Joining(self, left)
        finally:
            self._joining -= 1
            self._left = [each for each in self._left if each is not left]
            if not self._joining:
                for each in self._rosters.keys() - self._matches.keys():
                    del self._rosters[each]

    def joined(self, reply: MatchReply, body: dict[str, Any], *, keep: bool) -> Match:
        """The server let this socket in."""
        assert self._connection is not None
        match_id = _key(reply.match_id)
        roster = self._rosters.setdefault(match_id, Roster(self._connection))
        roster.answer(reply.presences)
        match = self._matches.get(match_id)
        if match is None:
            match = Match(self._connection, roster, reply)
        else:
            match._rejoined(reply)
        if keep:
            self._matches[match_id] = match
            self._bodies[match_id] = body
        else:
            roster.end(None)
        return match

    def leave(self, match_id: str) -> None:
        """Do not join it again."""
        for left in self._left:
            left.add(match_id)
        self._end(match_id, None)

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Join them again, except those that were left meanwhile."""
        for match_id in list(self._matches):
            if match_id in self._bodies:
                self._rosters[match_id].await_answer()
                body = self._bodies[match_id]
                yield ("match_create" if "name" in body else "match_join"), body

    def restored(self, body: dict[str, Any], answer: Envelope) -> None:
        """This socket is in the match again, unless it was left meanwhile."""
        reply = answer.decode("match", MatchReply)
        if _key(reply.match_id) in self._matches:
            self.joined(reply, body, keep=True)

    def refused(self, body: dict[str, Any], failure: RestoreFailed) -> None:
        """The match is over, or does not let this socket in."""
        for match_id in [each for each, known in self._bodies.items() if known is body]:
            self._end(match_id, failure)

    def _end(self, match_id: str, error: NakamaError | None) -> None:
        self._bodies.pop(match_id, None)
        self._matches.pop(match_id, None)
        roster = self._rosters.pop(match_id, None)
        if roster is not None:
            roster.end(error)

    def _roster(self, match_id: str) -> Roster[MatchData] | None:
        roster = self._rosters.get(match_id)
        if roster is None and self._joining:
            assert self._connection is not None
            roster = self._rosters[match_id] = Roster(self._connection)
            roster.await_answer()
        return roster

    def _received(self, data: MatchData) -> None:
        roster = self._roster(_key(data.match_id))
        if roster is not None:
            roster.queue._add(data)

    def _changed(self, event: MatchPresenceEvent) -> None:
        roster = self._roster(event.match_id)
        if roster is not None:
            roster.change(event.joins, event.leaves)

    def _disconnected(self) -> None:
        for roster in self._rosters.values():
            roster.is_joined = False

    def _ended(self, error: NakamaError | None) -> None:
        assert self._connection is not None
        for match_id in list(self._rosters):
            self._end(match_id, error)
        self._connection.topics.forget(DATA, self._listeners[0])
        self._connection.topics.forget(PRESENCE, self._listeners[1])
        self._connection = None


class _Joining:
    """A join that is under way."""

    def __init__(self, matches: JoinedMatches, left: set[str]) -> None:
        self._matches = matches
        self._left = left

    def joined(self, reply: MatchReply, body: dict[str, Any]) -> Match:
        """The server let this socket in; a name creates it again, without one its id joins it."""
        match_id = _key(reply.match_id)
        again = body if "name" in body else {"match_id": match_id, **body}
        return self._matches.joined(reply, again, keep=match_id not in self._left)


def joined_matches(connection: SocketConnection) -> JoinedMatches:
    """The joined matches of a socket."""
    matches = connection.restorable(JoinedMatches)
    matches.attach(connection)
    return matches


def canonical_match_id(match_id: str) -> str:
    """A match's id as the server's events have it, whose first part is a UUID.

    Raises:
        ArgumentError: It is no id of a match.
    """
    uuid, dot, node = match_id.partition(".")
    if not dot:
        raise ArgumentError(f"a match's id is a UUID, a dot and a text, not {match_id!r}")
    return f"{check_id('the first part of a match id', uuid)}.{node}"


def data_body(
    op_code: int, data: bytes | str, presences: Sequence[UserPresence] = ()
) -> dict[str, Any]:
    """The body of data that is sent, whose arguments are checked."""
    # A look for what is no int would go through all of the range.
    if check_count("op_code", op_code, least=_INT64[0]) not in _INT64:
        raise ArgumentError(f"op_code must be an int of 64 bits, not {op_code}")
    if isinstance(data, str):
        data = check_unicode("data", data).encode()
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ArgumentError(f"data must be bytes or a text, not {type(data).__name__}")
    body: dict[str, Any] = {"op_code": op_code, "data": data}
    check_type("presences", presences, Sequence)
    if presences:
        body["presences"] = [presence_body(each) for each in presences]
    return body


def presence_body(presence: UserPresence) -> dict[str, str]:
    """A presence in a request."""
    check_type("presence", presence, UserPresence)
    return {
        "user_id": check_id("user_id of a presence", presence.user_id),
        "session_id": check_id("session_id of a presence", presence.session_id),
        "username": presence.username,
    }
