"""The matchmaker: https://heroiclabs.com/docs/nakama/concepts/multiplayer/matchmaker/."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from attrs import Factory, frozen

from nakama_client.errors import ArgumentError, NakamaError, NotConnected, RestoreFailed
from nakama_client.events.handlers import Function, Handler
from nakama_client.events.listener import Listener
from nakama_client.events.subscription import Subscription
from nakama_client.features.base import ClientFeature, SocketFeature
from nakama_client.features.presences import UserPresence
from nakama_client.protocol.codec import as_model, wire_struct
from nakama_client.protocol.envelopes import Event
from nakama_client.protocol.requests import Request
from nakama_client.protocol.rules import (
    check_count,
    check_present,
    check_text,
    check_texts,
    check_type,
)
from nakama_client.session import Session
from nakama_client.socket_connection import SocketConnection

_LARGEST_COUNT = 2**31 - 1


@frozen(kw_only=True)
class MatchmakerUser:
    """A player whom the matchmaker put into a match.

    Attributes:
        presence: Who it is.
        party_id: The party they came with; "" without one.
        string_properties: The texts that came with their ticket.
        numeric_properties: The numbers that came with their ticket.
    """

    presence: UserPresence = Factory(UserPresence)
    party_id: str = ""
    string_properties: dict[str, str] = Factory(dict)
    numeric_properties: dict[str, float] = Factory(dict)


@frozen(kw_only=True)
class MatchmakerMatched:
    """The matchmaker found a match; `join_match(event.match_id, token=event.token)` joins it.

    Attributes:
        ticket: This player's ticket.
        match_id: The authoritative match that the server's runtime created; "" without one.
        token: Joins a relayed match of these players, within 30 seconds; "" when there is a
            `match_id`.
        users: Everybody in the match, this player included.
        own_user: This player; Nakama calls it `self`.
    """

    ticket: str = ""
    match_id: str = ""
    token: str = ""
    users: tuple[MatchmakerUser, ...] = ()
    own_user: MatchmakerUser = Factory(MatchmakerUser)


@frozen(kw_only=True)
class MatchmakerCompletion:
    """A player who found a match.

    Attributes:
        create_time: When their ticket was added.
        complete_time: When the match was made.
    """

    create_time: datetime | None = None
    complete_time: datetime | None = None


@frozen(kw_only=True)
class MatchmakerStats:
    """What the matchmaker did in its last interval.

    Attributes:
        ticket_count: How many tickets were waiting.
        oldest_ticket_create_time: When the oldest of them was added; None when there were none.
        completions: The last players who found a match, at most 10.
    """

    ticket_count: int = 0
    oldest_ticket_create_time: datetime | None = None
    completions: tuple[MatchmakerCompletion, ...] = ()


class Ticket(msgspec.Struct):
    """The answer to a ticket."""

    ticket: str = ""


_MATCHED: Event[MatchmakerMatched] = Event(
    "matchmaker_matched",
    wire_struct(MatchmakerMatched, own_user="self"),
    lambda found: (as_model(MatchmakerMatched, found),),
)


class _Tickets:
    """The tickets that wait, which the server removes when the socket closes."""

    def __init__(self) -> None:
        self._connection: SocketConnection | None = None
        self._waiting: dict[str, dict[str, Any]] = {}
        self._matched = Listener(self._on_matched, ended=self._on_ended)

    def attach(self, connection: SocketConnection) -> None:
        """Follow which tickets are matched, until the socket is closed."""
        if self._connection is None:
            self._connection = connection
            connection.topics.observe(_MATCHED, self._matched)

    def add(self, ticket: str, body: dict[str, Any]) -> None:
        """A ticket waits."""
        self._waiting[ticket] = body

    def remove(self, ticket: str) -> None:
        """It no longer does."""
        self._waiting.pop(ticket, None)

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Nothing is restored: the players would not know how long they have waited."""
        lost, self._waiting = self._waiting, {}
        for ticket, body in lost.items():
            assert self._connection is not None
            failure = RestoreFailed("matchmaker_add", {**body, "ticket": ticket})
            failure.__cause__ = NotConnected("the server removes a ticket with its socket")
            self._connection.dispatcher.report_always(failure)
        return ()

    def _on_matched(self, event: MatchmakerMatched) -> None:
        self.remove(event.ticket)

    def _on_ended(self, error: NakamaError | None) -> None:
        self._waiting.clear()
        if self._connection is not None:
            self._connection.topics.forget(_MATCHED, self._matched)
            self._connection = None


class MatchmakerApi(ClientFeature):
    """What the matchmaker is doing."""

    async def get_matchmaker_stats(self, session: Session) -> MatchmakerStats:
        """Fetch how many tickets wait, and how long the last players that were matched waited.

        Raises:
            ApiError: The server refused.
        """
        request = Request("GET", "/v2/matchmaker/stats")
        return await self._api.call(session, request, MatchmakerStats)


class RealtimeMatchmaker(SocketFeature):
    """Finding a match among players."""

    async def add_matchmaker(
        self,
        query: str = "*",
        *,
        min_count: int,
        max_count: int,
        count_multiple: int | None = None,
        string_properties: Mapping[str, str] | None = None,
        numeric_properties: Mapping[str, float] | None = None,
    ) -> str:
        """Look for a match; `on_matchmaker_matched` gets the one that is found.

        The server removes the ticket when the socket closes. A reconnect does not add it again:
        `on_error` then gets a `RestoreFailed` with the ticket.

        Args:
            query: Which others fit, as in `+properties.mode:ctf properties.skill:>=10`; "*" for
                anybody.
            min_count: The fewest players, this one included, at least 2.
            max_count: The most players, at least `min_count`.
            count_multiple: The number of players must be a multiple of this; so must both counts.
            string_properties: Texts that the queries of others look at.
            numeric_properties: Numbers that the queries of others look at.

        Returns:
            The ticket, for `remove_matchmaker`.

        Raises:
            ArgumentError: A count is out of range, or a property has another type.
            RequestRefused: The query can't be read, or the socket has 3 tickets
                (`matchmaker.max_tickets`).
            NotConnected: The socket is not open.
            ConnectionLost: The socket closed before the answer.
            TimeoutExceeded: There was no answer in time.
        """
        body = matchmaker_body(
            query,
            min_count=min_count,
            max_count=max_count,
            count_multiple=count_multiple,
            string_properties=string_properties,
            numeric_properties=numeric_properties,
        )
        tickets = self._tickets()
        envelope = await self._connection.request("matchmaker_add", body)
        ticket = envelope.decode("matchmaker_ticket", Ticket).ticket
        tickets.add(ticket, body)
        return ticket

    async def remove_matchmaker(self, ticket: str) -> None:
        """Stop looking for a match.

        Raises:
            ArgumentError: The ticket is empty.
            RequestRefused: There is no such ticket of this socket: it was matched, or removed.
            SocketError: As in `add_matchmaker`.
        """
        body = {"ticket": check_present("the ticket", ticket)}
        await self._connection.request("matchmaker_remove", body)
        self._tickets().remove(ticket)

    def on_matchmaker_matched(
        self, function: Function[MatchmakerMatched]
    ) -> Handler[MatchmakerMatched]:
        """Call a function when the matchmaker found a match.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(_MATCHED, function)

    def matchmaker_matches(self) -> Subscription[MatchmakerMatched]:
        """The matches that the matchmaker finds from now on, for an `async for`."""
        return self._connection.subscribe(_MATCHED)

    def _tickets(self) -> _Tickets:
        tickets = self._connection.restorable(_Tickets)
        tickets.attach(self._connection)
        return tickets


def matchmaker_body(
    query: str,
    *,
    min_count: int,
    max_count: int,
    count_multiple: int | None,
    string_properties: Mapping[str, str] | None,
    numeric_properties: Mapping[str, float] | None,
) -> dict[str, Any]:
    """The body of a ticket, whose arguments are checked."""
    check_text("query", query)
    for name, count in (("min_count", min_count), ("max_count", max_count)):
        check_count(name, count)
    if not 2 <= min_count <= max_count <= _LARGEST_COUNT:
        raise ArgumentError(
            "min_count must be at least 2 and max_count not below it; "
            f"they are {min_count} and {max_count}"
        )
    body: dict[str, Any] = {"query": query, "min_count": min_count, "max_count": max_count}
    if count_multiple is not None:
        check_count("count_multiple", count_multiple)
        if min_count % count_multiple or max_count % count_multiple:
            raise ArgumentError(
                f"min_count and max_count must be multiples of count_multiple, {count_multiple}"
            )
        body["count_multiple"] = count_multiple
    if string_properties:
        body["string_properties"] = check_texts("string_properties", string_properties)
    if numeric_properties:
        check_type("numeric_properties", numeric_properties, Mapping)
        body["numeric_properties"] = {
            name: _number(name, value) for name, value in numeric_properties.items()
        }
    return body


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ArgumentError(f"numeric_properties must be finite numbers; {name!r} is not")
    return value
