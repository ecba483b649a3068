"""Matches: https://heroiclabs.com/docs/nakama/concepts/multiplayer/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from attrs import frozen

from nakama_client.errors import ArgumentError
from nakama_client.events.handlers import Function, Handler
from nakama_client.events.subscription import Subscription
from nakama_client.features.base import ClientFeature, SocketFeature
from nakama_client.features.joined_matches import (
    DATA,
    PRESENCE,
    Match,
    MatchData,
    MatchPresenceEvent,
    MatchReply,
    canonical_match_id,
    data_body,
    joined_matches,
)
from nakama_client.features.presences import UserPresence
from nakama_client.protocol.requests import Request, present
from nakama_client.protocol.rules import (
    check_count,
    check_limit,
    check_present,
    check_text,
    check_texts,
    check_type,
)
from nakama_client.session import Session


@frozen(kw_only=True)
class ListedMatch:
    """A match in a list.

    Attributes:
        match_id: The match's id, to join it.
        authoritative: Whether the server's runtime runs it.
        label: Its label, which its handler chose; "" for a relayed match.
        size: How many presences are in it.
        tick_rate: How often a second its handler runs; 0 for a relayed match.
        handler_name: The name of its handler; "" for a relayed match.
    """

    match_id: str = ""
    authoritative: bool = False
    label: str = ""
    size: int = 0
    tick_rate: int = 0
    handler_name: str = ""


class _MatchList(msgspec.Struct):
    matches: tuple[ListedMatch, ...] = ()


class MatchesApi(ClientFeature):
    """Finding matches."""

    async def list_matches(
        self,
        session: Session,
        *,
        authoritative: bool | None = None,
        label: str | None = None,
        query: str | None = None,
        min_size: int | None = None,
        max_size: int | None = None,
        limit: int = 100,
    ) -> list[ListedMatch]:
        """List matches that are running; there is no next page, so narrow the filters.

        Args:
            session: The session of any player.
            authoritative: True for those with a handler, False for relayed ones, None for both.
            label: Only those with exactly this label.
            query: Only those whose label, a JSON object, fits, as in `+label.mode:ctf`; the best
                come first.
            min_size: Only those with at least so many presences.
            max_size: Only those with at most so many presences.
            limit: 1 to 100.

        Raises:
            ArgumentError: The limit or a size is out of range, or a label or a query is asked for
                of relayed matches.
            InternalError: The query can't be read.
        """
        check_limit(limit, 100)
        for bound, size in (("min_size", min_size), ("max_size", max_size)):
            if size is not None:
                check_count(bound, size, least=0)
        if min_size is not None and max_size is not None and min_size > max_size:
            raise ArgumentError("min_size must not be above max_size")
        if authoritative is False and (label is not None or query is not None):
            raise ArgumentError("relayed matches have no label to search for")
        query_string = present(
            limit=limit,
            authoritative=authoritative,
            label=label,
            min_size=min_size,
            max_size=max_size,
            query=query,
        )
        request = Request("GET", "/v2/match", query_string)
        return list((await self._api.call(session, request, _MatchList)).matches)


class RealtimeMatches(SocketFeature):
    """Creating, joining and leaving matches, and what is sent in them."""

    async def create_match(self, name: str | None = None) -> Match:
        """Create a relayed match, which passes on what its players send, and join it.

        It has no handler: the players agree among themselves. Authoritative matches are created by
        the server's runtime.

        Args:
            name: Everybody who creates a match of this name gets the same one; None for a new
                match.

        Raises:
            SocketError: As in `join_match`.
        """
        body = {} if not name else {"name": check_text("name", name)}
        with joined_matches(self._connection).joining(None) as joining:
            envelope = await self._connection.request("match_create", body)
            return joining.joined(envelope.decode("match", MatchReply), body)

    async def join_match(
        self,
        match_id: str | None = None,
        *,
        token: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Match:
        """Join a match: its data and its presences arrive until it is left.

        After a reconnect it is joined again, where Nakama allows it: an authoritative match whose
        handler accepts this player, and a relayed one where somebody stayed or that has a name.
        Otherwise `on_error` gets a `RestoreFailed`, and the match's loop raises it.

        For a match of the matchmaker, give both: `join_match(matched.match_id,
        token=matched.token)`; one of them is "".

        Args:
            match_id: The match's id.
            token: A matchmaker's token, good for 30 seconds.
            metadata: Texts for the handler of an authoritative match.

        Raises:
            ArgumentError: There is neither an id nor a token, or both; or the id is no match id.
            RequestRefused: There is no such match, its handler refuses, or the token is not good.
            NotConnected: The socket is not open.
            ConnectionLost: The socket closed before the answer.
            TimeoutExceeded: There was no answer in time.
        """
        if bool(match_id) == bool(token):
            raise ArgumentError("join_match needs a match_id or a token, and not both")
        known_id = canonical_match_id(check_text("match_id", match_id)) if match_id else None
        body: dict[str, Any] = (
            {"match_id": known_id} if known_id else {"token": check_text("token", token)}
        )
        again = {} if metadata is None else {"metadata": check_texts("metadata", metadata)}
        body |= again
        with joined_matches(self._connection).joining(known_id) as joining:
            envelope = await self._connection.request("match_join", body)
            return joining.joined(envelope.decode("match", MatchReply), again)

    async def leave_match(self, match_id: str) -> None:
        """Leave a match; leaving one that was not joined does nothing.

        It is not joined again after a reconnect, even if this fails.

        Raises:
            ArgumentError: The id is not that of a match.
            SocketError: As in `join_match`.
        """
        known_id = canonical_match_id(check_present("match_id", match_id))
        joined_matches(self._connection).leave(known_id)
        await self._connection.request("match_leave", {"match_id": known_id})

    async def send_match_state(
        self,
        match_id: str,
        op_code: int,
        *,
        data: bytes | str = b"",
        presences: Sequence[UserPresence] = (),
        reliable: bool = True,
    ) -> None:
        """Send data to the others in a match, or to its handler.

        The server does not answer: this returns when the data is on its way, and what is sent in a
        match that was not joined vanishes. While more than 32 KiB wait to be sent, because the
        server reads too slowly, this waits for the server.

        Args:
            match_id: A match that was joined.
            op_code: What it is about, as the game numbers it; 64 bits.
            data: Up to about 2900 bytes, with the default `max_message_bytes`; a text goes as
                UTF-8.
            presences: The members of the match to send it to; empty for all others.
            reliable: Handed on to the receivers; it changes nothing on a websocket.

        Raises:
            ArgumentError: An argument breaks a rule.
            MessageTooLarge: The server would close the socket instead of reading it.
            NotConnected: The socket is not open.
            TimeoutExceeded: The server read nothing for `Timeouts.reply` seconds.
        """
        known_id = canonical_match_id(check_present("match_id", match_id))
        body = data_body(op_code, data, presences)
        check_type("reliable", reliable, bool)
        await self._connection.send(
            "match_data_send", {"match_id": known_id, **body, "reliable": reliable}
        )

    def on_match_data(self, function: Function[MatchData]) -> Handler[MatchData]:
        """Call a function with what is sent in each joined match.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(DATA, function)

    def on_match_presence(
        self, function: Function[MatchPresenceEvent]
    ) -> Handler[MatchPresenceEvent]:
        """Call a function when users join or leave a joined match, this socket included.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(PRESENCE, function)

    def match_data(self) -> Subscription[MatchData]:
        """What is sent in all joined matches from now on, for an `async for`."""
        return self._connection.subscribe(DATA)

    def match_presences(self) -> Subscription[MatchPresenceEvent]:
        """Who joins and leaves the joined matches from now on, for an `async for`."""
        return self._connection.subscribe(PRESENCE)
