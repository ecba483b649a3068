"""The parties that a socket has joined: who is in them, and what is sent there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

import msgspec
from attrs import Factory, frozen

from nakama_client.errors import NakamaError, RestoreFailed
from nakama_client.events.listener import Listener
from nakama_client.events.subscription import Subscription
from nakama_client.features.joined_matches import data_body
from nakama_client.features.presences import UserPresence
from nakama_client.features.roster import JoinedStream, Roster, new_queue
from nakama_client.protocol.codec import JsonObject
from nakama_client.protocol.envelopes import Envelope, single
from nakama_client.socket_connection import SocketConnection


@frozen(kw_only=True)
class PartyData:
    """What was sent in a party.

    Attributes:
        party_id: The party.
        presence: Who sent it.
        op_code: What it is about, as the game numbers it.
        data: The bytes.
    """

    party_id: str = ""
    presence: UserPresence = Factory(UserPresence)
    op_code: int = 0
    data: bytes = b""


@frozen(kw_only=True)
class PartyPresenceEvent:
    """Users joined or left a party.

    Attributes:
        party_id: The party.
        joins: The presences that joined, this socket's own included.
        leaves: The presences that left.
    """

    party_id: str = ""
    joins: tuple[UserPresence, ...] = ()
    leaves: tuple[UserPresence, ...] = ()


@frozen(kw_only=True)
class PartyLeader:
    """A party has another leader.

    Attributes:
        party_id: The party.
        presence: The leader.
    """

    party_id: str = ""
    presence: UserPresence = Factory(UserPresence)


@frozen(kw_only=True)
class PartyClose:
    """A party was closed, or this player was removed from it.

    Attributes:
        party_id: The party.
    """

    party_id: str = ""


@frozen(kw_only=True)
class PartyUpdate:
    """The leader changed a party.

    Attributes:
        party_id: The party.
        label: Its label now.
        open: Whether everybody may join.
        hidden: Whether it is in no list.
    """

    party_id: str = ""
    label: JsonObject = Factory(JsonObject)
    open: bool = False
    hidden: bool = False


class PartyReply(msgspec.Struct):
    """A party; a Struct, because no attrs field can be called `self`."""

    party_id: str = ""
    open: bool = False
    hidden: bool = False
    max_size: int = 0
    label: JsonObject = msgspec.field(default_factory=JsonObject)
    leader: UserPresence = msgspec.field(default_factory=UserPresence)
    presences: tuple[UserPresence, ...] = ()
    own_presence: UserPresence = msgspec.field(name="self", default_factory=UserPresence)


PARTY = single("party", PartyReply)
DATA = single("party_data", PartyData)
PRESENCE = single("party_presence_event", PartyPresenceEvent)
LEADER = single("party_leader", PartyLeader)
CLOSE = single("party_close", PartyClose)
UPDATE = single("party_update", PartyUpdate)


class Party(JoinedStream[PartyData]):
    """A party that this socket is in: `async for data in party` gives what is sent in it.

    What arrives waits in a queue. It holds 32 messages until a loop begins, and then as many as the
    socket's `queue_limit`; further ones are dropped, and `on_error` gets a `QueueOverflow`. The
    loop ends when the party is left or closed. After a reconnect this socket joins again; when the
    party is not open, it asks the leader to accept it again. The loop raises `RestoreFailed` when
    the party is gone.
    """

    def __init__(
        self, connection: SocketConnection, roster: Roster[PartyData], reply: PartyReply
    ) -> None:
        super().__init__(roster, reply.own_presence)
        self._connection = connection
        self._state = reply

    def __repr__(self) -> str:
        return f"<Party {self.id}, {len(self.presences)} others>"

    @property
    def id(self) -> str:
        """The party's id."""
        return self._state.party_id

    @property
    def leader(self) -> UserPresence:
        """Who leads it now."""
        return self._state.leader

    @property
    def is_leader(self) -> bool:
        """Whether this socket leads it."""
        return self.leader.session_id == self.own_presence.session_id

    @property
    def open(self) -> bool:
        """Whether everybody may join; otherwise the leader has to accept them."""
        return self._state.open

    @property
    def hidden(self) -> bool:
        """Whether the lists leave it out; known to its creator, and to others after a change."""
        return self._state.hidden

    @property
    def max_size(self) -> int:
        """How many may be in it."""
        return self._state.max_size

    @property
    def label(self) -> JsonObject:
        """Its label; known to its creator, and to others after a change."""
        return self._state.label

    async def send(self, op_code: int, data: bytes | str = b"") -> None:
        """Send data in this party; see `Socket.send_party_data`.

        Raises:
            ArgumentError: As in `Socket.send_party_data`.
            SocketError: As in `Socket.send_party_data`.
        """
        body = {"party_id": self.id, **data_body(op_code, data)}
        await self._connection.request("party_data_send", body)

    async def leave(self) -> None:
        """Leave this party; see `Socket.leave_party`.

        Raises:
            SocketError: As in `Socket.leave_party`.
        """
        joined_parties(self._connection).leave(self.id)
        await self._connection.request("party_leave", {"party_id": self.id})

    def _entered(self, reply: PartyReply) -> None:
        self._own_presence = reply.own_presence
        self._state = msgspec.structs.replace(
            reply,
            label=reply.label or self._state.label,
            hidden=reply.hidden or self._state.hidden,
        )

    def _change(self, **changes: Any) -> None:
        self._state = msgspec.structs.replace(self._state, **changes)


class JoinedParties:
    """The joined parties; the request that joins one again follows from its id."""

    def __init__(self) -> None:
        self._connection: SocketConnection | None = None
        self._parties: dict[str, Party] = {}
        self._rosters: dict[str, Roster[PartyData]] = {}
        self._readers: WeakSet[Subscription[Party]] = WeakSet()
        self._observed: tuple[tuple[Any, Listener[Any]], ...] = (
            (PARTY, Listener(self.entered, disconnected=self._disconnected, ended=self._ended)),
            (DATA, Listener(self._received)),
            (PRESENCE, Listener(self._changed)),
            (LEADER, Listener(self._led)),
            (CLOSE, Listener(self._closed)),
            (UPDATE, Listener(self._updated)),
        )

    def attach(self, connection: SocketConnection) -> None:
        """Follow what happens in the parties, until the socket is closed."""
        if self._connection is None:
            self._connection = connection
            for event, listener in self._observed:
                connection.topics.observe(event, listener)

    def entered(self, reply: PartyReply) -> None:
        """This socket is in a party: it created it, joined it, or was accepted."""
        assert self._connection is not None
        roster = self._rosters.setdefault(reply.party_id, Roster(self._connection))
        roster.answer(reply.presences)
        party = self._parties.get(reply.party_id)
        if party is None:
            party = self._parties[reply.party_id] = Party(self._connection, roster, reply)
        else:
            party._entered(reply)
        for reader in list(self._readers):
            reader._add(party)

    def subscribe(self) -> Subscription[Party]:
        """Collect the parties that this socket comes into for an `async for`."""
        assert self._connection is not None
        reader: Subscription[Party] = new_queue(
            self._connection, self._connection.topics.queue_limit
        )
        self._readers.add(reader)
        return reader

    def created(self, reply: PartyReply) -> Party:
        """This socket created a party; an event may have come already."""
        party = self._parties.get(reply.party_id)
        if party is None:
            self.entered(reply)
            party = self._parties[reply.party_id]
        party._change(label=reply.label, hidden=reply.hidden)
        return party

    def party(self, reply: PartyReply) -> Party:
        """The party that an event is about, also when it was left meanwhile."""
        assert self._connection is not None
        found = self._parties.get(reply.party_id)
        return found or Party(self._connection, Roster(self._connection), reply)

    def leave(self, party_id: str) -> None:
        """Do not join it again."""
        self._end(party_id, None)

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Join them again, except those that were left meanwhile."""
        for party_id in list(self._parties):
            if party_id in self._parties:
                yield "party_join", {"party_id": party_id}

    def restored(self, body: dict[str, Any], answer: Envelope) -> None:
        """An event tells when this socket is in the party, which the leader may have to allow."""

    def refused(self, body: dict[str, Any], failure: RestoreFailed) -> None:
        """The party is gone, or full."""
        self._end(body["party_id"], failure)

    def _end(self, party_id: str, error: NakamaError | None) -> None:
        self._parties.pop(party_id, None)
        roster = self._rosters.pop(party_id, None)
        if roster is not None:
            roster.end(error)

    def _received(self, data: PartyData) -> None:
        if data.party_id in self._rosters:
            self._rosters[data.party_id].queue._add(data)

    def _changed(self, event: PartyPresenceEvent) -> None:
        if event.party_id in self._rosters:
            self._rosters[event.party_id].change(event.joins, event.leaves)

    def _led(self, event: PartyLeader) -> None:
        if event.party_id in self._parties:
            self._parties[event.party_id]._change(leader=event.presence)

    def _updated(self, event: PartyUpdate) -> None:
        if event.party_id in self._parties:
            self._parties[event.party_id]._change(
                label=event.label, open=event.open, hidden=event.hidden
            )

    def _closed(self, event: PartyClose) -> None:
        self._end(event.party_id, None)

    def _disconnected(self) -> None:
        for roster in self._rosters.values():
            roster.is_joined = False

    def _ended(self, error: NakamaError | None) -> None:
        for party_id in list(self._parties):
            self._end(party_id, error)
        for reader in list(self._readers):
            reader._end(error)
        if self._connection is not None:
            for event, listener in self._observed:
                self._connection.topics.forget(event, listener)
            self._connection = None


def joined_parties(connection: SocketConnection) -> JoinedParties:
    """The joined parties of a socket."""
    parties = connection.restorable(JoinedParties)
    parties.attach(connection)
    return parties
