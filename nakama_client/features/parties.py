"""Parties: https://heroiclabs.com/docs/nakama/concepts/parties/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from nakama_client.errors import ArgumentError
from nakama_client.events.handlers import Function, Handler
from nakama_client.events.subscription import Subscription
from nakama_client.features import joined_parties as events
from nakama_client.features.base import ClientFeature, SocketFeature
from nakama_client.features.joined_matches import data_body, presence_body
from nakama_client.features.joined_parties import (
    Party,
    PartyClose,
    PartyData,
    PartyLeader,
    PartyPresenceEvent,
    PartyReply,
    PartyUpdate,
    joined_parties,
)
from nakama_client.features.matchmaker import Ticket, matchmaker_body
from nakama_client.features.presences import UserPresence
from nakama_client.protocol.codec import JsonObject, encode_payload
from nakama_client.protocol.envelopes import single
from nakama_client.protocol.paging import Page, PageIterator, paginate
from nakama_client.protocol.requests import Request, present
from nakama_client.protocol.rules import check_count, check_limit, check_present, check_type
from nakama_client.session import Session

_LARGEST_PARTY = 256
_LONGEST_LABEL = 2048


@frozen(kw_only=True)
class ListedParty:
    """A party in a list.

    Attributes:
        party_id: The party's id, to join it.
        open: Whether everybody may join; otherwise the leader has to accept them.
        hidden: Never true: hidden parties are in no list.
        max_size: How many may be in it.
        label: A JSON object that its leader chose.
    """

    party_id: str = ""
    open: bool = False
    hidden: bool = False
    max_size: int = 0
    label: JsonObject = Factory(JsonObject)


@frozen
class PartyPage(Page[ListedParty]):
    """A page of the parties.

    Attributes:
        parties: At most as many as the limit.
        cursor: Where the next page begins; "" when there is none.
    """

    parties: tuple[ListedParty, ...] = ()
    cursor: str = ""


@frozen(kw_only=True)
class PartyJoinRequest:
    """Users ask to join a party that this socket leads.

    Attributes:
        party_id: The party.
        presences: Who asks.
    """

    party_id: str = ""
    presences: tuple[UserPresence, ...] = ()


@frozen(kw_only=True)
class PartyMatchmakerTicket:
    """The leader of a party looks for a match for all of it.

    Attributes:
        party_id: The party.
        ticket: The ticket.
    """

    party_id: str = ""
    ticket: str = ""


_JOIN_REQUEST = single("party_join_request", PartyJoinRequest)
_TICKET = single("party_matchmaker_ticket", PartyMatchmakerTicket)


class PartiesApi(ClientFeature):
    """Finding parties."""

    async def list_parties(
        self,
        session: Session,
        *,
        open: bool | None = None,
        query: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> PartyPage:
        """List parties that are not hidden.

        Args:
            session: The session of any player.
            open: True for those that everybody may join, False for the others, None for both.
            query: Only those whose label fits, as in `+label.mode:ctf`; the best come first.
            limit: 1 to 100.
            cursor: The cursor of the page before, which was listed with the same arguments.

        Raises:
            ArgumentError: The limit is out of range.
            InternalError: The query can't be read, or the cursor is of another list.
        """
        check_limit(limit, 100)
        wanted = present(limit=limit, open=open, query=query or None, cursor=cursor or None)
        return await self._api.call(session, Request("GET", "/v2/party", wanted), PartyPage)

    def iter_parties(
        self,
        session: Session,
        *,
        open: bool | None = None,
        query: str | None = None,
        cursor: str | None = None,
        page_size: int = 100,
    ) -> PageIterator[ListedParty]:
        """Iterate over all parties that match.

        Args:
            session: The session of any player.
            open: As in `list_parties`.
            query: As in `list_parties`.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.

        Raises:
            ArgumentError: The page size is out of range.
        """
        check_limit(page_size, 100)

        return paginate(
            self._api.resumable(
                lambda position: self.list_parties(
                    session, open=open, query=query, limit=page_size, cursor=position
                )
            ),
            lambda page: page.parties,
            cursor=cursor,
        )


class RealtimeParties(SocketFeature):
    """Creating, joining and leading parties, and what is sent in them.

    All of these raise `ArgumentError` for an argument that breaks a rule, `RequestRefused` with the
    server's reason, such as "party not found" or "party leader only", and a `SocketError` as
    `join_party` does.
    """

    async def create_party(
        self,
        *,
        max_size: int,
        open: bool = True,
        label: Mapping[str, Any] | None = None,
        hidden: bool = False,
    ) -> Party:
        """Create a party and lead it.

        Args:
            max_size: How many may be in it, 1 to 256.
            open: Whether everybody may join; otherwise the leader has to accept them.
            label: A JSON object of up to 2048 bytes, which `list_parties` can search.
            hidden: Whether it stays out of the lists.
        """
        if not 1 <= check_count("max_size", max_size) <= _LARGEST_PARTY:
            raise ArgumentError(f"max_size must be 1 to {_LARGEST_PARTY}, not {max_size}")
        check_type("open", open, bool)
        check_type("hidden", hidden, bool)
        body: dict[str, Any] = {"open": open, "max_size": max_size, "hidden": hidden}
        if label is not None:
            body["label"] = _label(label)
        parties = joined_parties(self._connection)
        envelope = await self._connection.request("party_create", body)
        return parties.created(envelope.decode("party", PartyReply))

    async def join_party(self, party_id: str) -> None:
        """Join an open party, or ask the leader of another one; `on_party` gets it once inside.

        Raises:
            ArgumentError: The id is empty.
            RequestRefused: There is no such party, it is full, or this player has asked before.
            NotConnected: The socket is not open.
            ConnectionLost: The socket closed before the answer.
            TimeoutExceeded: There was no answer in time.
        """
        joined_parties(self._connection)
        await self._change("party_join", party_id)

    async def leave_party(self, party_id: str) -> None:
        """Leave a party; leaving one that was not joined does nothing.

        The member who joined first leads it then. It is not joined again after a reconnect, even if
        this fails.
        """
        joined_parties(self._connection).leave(check_present("party_id", party_id))
        await self._change("party_leave", party_id)

    async def close_party(self, party_id: str) -> None:
        """Close a party that this socket leads, for all members."""
        await self._change("party_close", party_id)

    async def update_party(
        self, party_id: str, *, open: bool, label: Mapping[str, Any], hidden: bool = False
    ) -> None:
        """Change a party that this socket leads; all three are replaced.

        Args:
            party_id: The party.
            open: As in `create_party`.
            label: As in `create_party`; a hidden party has none.
            hidden: As in `create_party`.
        """
        body = {"open": open, "label": _label(label), "hidden": hidden}
        await self._change("party_update", party_id, **body)

    async def promote_party_member(self, party_id: str, presence: UserPresence) -> None:
        """Let another member lead a party that this socket leads."""
        await self._change("party_promote", party_id, presence=presence_body(presence))

    async def accept_party_member(self, party_id: str, presence: UserPresence) -> None:
        """Let in somebody who asked to join a party that this socket leads."""
        await self._change("party_accept", party_id, presence=presence_body(presence))

    async def remove_party_member(self, party_id: str, presence: UserPresence) -> None:
        """Remove a member, or reject a request, of a party that this socket leads."""
        await self._change("party_remove", party_id, presence=presence_body(presence))

    async def list_party_join_requests(self, party_id: str) -> list[UserPresence]:
        """List who asks to join a party that this socket leads."""
        body = {"party_id": check_present("party_id", party_id)}
        envelope = await self._connection.request("party_join_request_list", body)
        return list(envelope.decode("party_join_request", PartyJoinRequest).presences)

    async def add_matchmaker_party(
        self,
        party_id: str,
        query: str = "*",
        *,
        min_count: int,
        max_count: int,
        count_multiple: int | None = None,
        string_properties: Mapping[str, str] | None = None,
        numeric_properties: Mapping[str, float] | None = None,
    ) -> str:
        """Look for a match for a whole party that this socket leads.

        When a member joins or leaves, the server removes the ticket and sends no event.

        Args:
            party_id: The party.
            query: As in `add_matchmaker`, like all that follows.
            min_count: The fewest players, the party included.
            max_count: The most players.
            count_multiple: The number of players must be a multiple of this.
            string_properties: Texts that the queries of others look at.
            numeric_properties: Numbers that the queries of others look at.

        Returns:
            The ticket, for `remove_matchmaker_party`.
        """
        body = matchmaker_body(
            query,
            min_count=min_count,
            max_count=max_count,
            count_multiple=count_multiple,
            string_properties=string_properties,
            numeric_properties=numeric_properties,
        )
        body["party_id"] = check_present("party_id", party_id)
        envelope = await self._connection.request("party_matchmaker_add", body)
        return envelope.decode("party_matchmaker_ticket", Ticket).ticket

    async def remove_matchmaker_party(self, party_id: str, ticket: str) -> None:
        """Stop looking for a match for a party that this socket leads."""
        ticket = check_present("the ticket", ticket)
        await self._change("party_matchmaker_remove", party_id, ticket=ticket)

    async def send_party_data(
        self, party_id: str, op_code: int, *, data: bytes | str = b""
    ) -> None:
        """Send data to the others in a party, and wait until the server has taken it.

        Args:
            party_id: A party that this socket is in.
            op_code: What it is about, as the game numbers it; 64 bits.
            data: Up to about 2900 bytes, with the default `max_message_bytes`; a text goes as
                UTF-8.
        """
        await self._change("party_data_send", party_id, **data_body(op_code, data))

    def on_party(self, function: Function[Party]) -> Handler[PartyReply]:
        """Call a function with each party that this socket comes into, its own included.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        joined_parties(self._connection)

        @functools.wraps(function)
        def call(reply: PartyReply) -> Any:
            return function(joined_parties(self._connection).party(reply))

        return self._connection.on(events.PARTY, call)

    def on_party_presence(
        self, function: Function[PartyPresenceEvent]
    ) -> Handler[PartyPresenceEvent]:
        """Call a function when users join or leave a party, this socket included."""
        return self._connection.on(events.PRESENCE, function)

    def on_party_data(self, function: Function[PartyData]) -> Handler[PartyData]:
        """Call a function with what others send in a party."""
        return self._connection.on(events.DATA, function)

    def on_party_leader(self, function: Function[PartyLeader]) -> Handler[PartyLeader]:
        """Call a function when a party has another leader."""
        return self._connection.on(events.LEADER, function)

    def on_party_close(self, function: Function[PartyClose]) -> Handler[PartyClose]:
        """Call a function when a party was closed, or this player was removed from it."""
        return self._connection.on(events.CLOSE, function)

    def on_party_update(self, function: Function[PartyUpdate]) -> Handler[PartyUpdate]:
        """Call a function when the leader changed a party."""
        return self._connection.on(events.UPDATE, function)

    def on_party_join_request(
        self, function: Function[PartyJoinRequest]
    ) -> Handler[PartyJoinRequest]:
        """Call a function when somebody asks to join a party that this socket leads."""
        return self._connection.on(_JOIN_REQUEST, function)

    def on_party_matchmaker_ticket(
        self, function: Function[PartyMatchmakerTicket]
    ) -> Handler[PartyMatchmakerTicket]:
        """Call a function when the leader looks for a match for the party."""
        return self._connection.on(_TICKET, function)

    def parties(self) -> Subscription[Party]:
        """The parties that this socket comes into from now on, for an `async for`."""
        return joined_parties(self._connection).subscribe()

    def party_leaders(self) -> Subscription[PartyLeader]:
        """Who leads the parties from now on, for an `async for`."""
        return self._connection.subscribe(events.LEADER)

    def party_closes(self) -> Subscription[PartyClose]:
        """Which parties are closed from now on, for an `async for`."""
        return self._connection.subscribe(events.CLOSE)

    def party_updates(self) -> Subscription[PartyUpdate]:
        """What leaders change in the parties from now on, for an `async for`."""
        return self._connection.subscribe(events.UPDATE)

    def party_matchmaker_tickets(self) -> Subscription[PartyMatchmakerTicket]:
        """When leaders look for a match from now on, for an `async for`."""
        return self._connection.subscribe(_TICKET)

    def party_data(self) -> Subscription[PartyData]:
        """What others send in all parties from now on, for an `async for`."""
        return self._connection.subscribe(events.DATA)

    def party_presences(self) -> Subscription[PartyPresenceEvent]:
        """Who joins and leaves the parties from now on, for an `async for`."""
        return self._connection.subscribe(events.PRESENCE)

    def party_join_requests(self) -> Subscription[PartyJoinRequest]:
        """Who asks to join from now on, for an `async for`."""
        return self._connection.subscribe(_JOIN_REQUEST)

    async def _change(self, member: str, party_id: str, **fields: Any) -> None:
        body = {"party_id": check_present("party_id", party_id), **fields}
        await self._connection.request(member, body)


def _label(label: Mapping[str, Any]) -> str:
    if not isinstance(label, Mapping):
        raise ArgumentError(f"label must be a dict, not {type(label).__name__}")
    text = encode_payload(label)
    size = len(text.encode())
    if size > _LONGEST_LABEL:
        raise ArgumentError(f"label may have {_LONGEST_LABEL} bytes, not {size}")
    return text
