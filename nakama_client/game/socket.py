"""A realtime socket for a game loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from nakama_client.errors import ArgumentError
from nakama_client.events.subscription import Subscription
from nakama_client.features.joined_parties import Party
from nakama_client.game.delegation import (
    Facade,
    Items,
    call,
    call_for,
    event,
    event_for,
    items,
    items_for,
)
from nakama_client.game.handle import Handle
from nakama_client.game.matches import GameMatch, GameParty
from nakama_client.protocol.rules import check_function
from nakama_client.session import Session
from nakama_client.socket import Socket

T = TypeVar("T")


class GameSocket(Facade[Socket]):
    """A player's realtime connection. `client.socket(session)` makes one.

    Its handlers run in `client.poll()`. The methods are those of `Socket`; each coroutine returns a
    `Handle` at once.
    """

    @property
    def session(self) -> Session:
        """The player's session."""
        return self._target.session

    @property
    def is_connected(self) -> bool:
        """Whether the connection is open."""
        return self._target.is_connected

    @property
    def dropped(self) -> int:
        """How many events were dropped because they were polled too slowly."""
        return self._target.dropped

    def wait_for(
        self,
        events: Callable[[], Items[T]] | Callable[[Socket], Subscription[T]],
        predicate: Callable[[T], bool] = lambda event: True,
        *,
        timeout: float | None = None,
    ) -> Handle[T]:
        """Wait for an event, as `socket.wait_for(socket.match_data)`. It listens from now on.

        Args:
            events: Which events: a method of this socket, or of the class `Socket`.
            predicate: Tells the event that is meant. It is called outside of `poll`, in the
                client's own thread.
            timeout: The most seconds to wait; None for no limit.

        Raises:
            ArgumentError: `events` is something else, or another socket's; the predicate is no
                function, or the timeout no number.
        """
        check_function("events", events)
        owner = getattr(events, "__self__", self)
        if owner is not self:
            raise ArgumentError(f"events must be a method of this socket, not of {owner!r}")
        target = self._target
        # A method of this facade would wait for the loop in the loop's own thread.
        given: Any = events
        of_socket: Callable[[Socket], Subscription[T]] = getattr(given, "__wrapped__", given)

        # Made before this returns: what comes from now on counts.
        first = self._pump.call(
            lambda: target.wait_for(lambda: of_socket(target), predicate, timeout=timeout)
        )

        pump = self._pump

        async def wait() -> T:
            found: Any = await first
            if isinstance(found, Party):
                found = GameParty(found, pump)
            return found  # type: ignore[no-any-return]

        return Handle(self._pump.submit(wait), self._pump)

    close = call(Socket.close)
    accept_party_member = call(Socket.accept_party_member)
    add_matchmaker = call(Socket.add_matchmaker)
    add_matchmaker_party = call(Socket.add_matchmaker_party)
    channel_messages = items(Socket.channel_messages)
    channel_presences = items(Socket.channel_presences)
    close_party = call(Socket.close_party)
    connect = call(Socket.connect)
    connections = items(Socket.connections)
    create_match = call_for(Socket.create_match, GameMatch)
    create_party = call_for(Socket.create_party, GameParty)
    disconnects = items(Socket.disconnects)
    errors = items(Socket.errors)
    follow_users = call(Socket.follow_users)
    join_channel = call(Socket.join_channel)
    join_match = call_for(Socket.join_match, GameMatch)
    join_party = call(Socket.join_party)
    leave_channel = call(Socket.leave_channel)
    leave_match = call(Socket.leave_match)
    leave_party = call(Socket.leave_party)
    list_party_join_requests = call(Socket.list_party_join_requests)
    match_data = items(Socket.match_data)
    match_presences = items(Socket.match_presences)
    matchmaker_matches = items(Socket.matchmaker_matches)
    notifications = items(Socket.notifications)
    on_channel_message = event(Socket.on_channel_message)
    on_channel_presence = event(Socket.on_channel_presence)
    on_connected = event(Socket.on_connected)
    on_disconnect = event(Socket.on_disconnect)
    on_error = event(Socket.on_error)
    on_match_data = event(Socket.on_match_data)
    on_match_presence = event(Socket.on_match_presence)
    on_matchmaker_matched = event(Socket.on_matchmaker_matched)
    on_notification = event(Socket.on_notification)
    on_party = event_for(Socket.on_party, GameParty)
    on_party_close = event(Socket.on_party_close)
    on_party_data = event(Socket.on_party_data)
    on_party_join_request = event(Socket.on_party_join_request)
    on_party_leader = event(Socket.on_party_leader)
    on_party_matchmaker_ticket = event(Socket.on_party_matchmaker_ticket)
    on_party_presence = event(Socket.on_party_presence)
    on_party_update = event(Socket.on_party_update)
    on_reconnecting = event(Socket.on_reconnecting)
    on_status_presence = event(Socket.on_status_presence)
    on_stream_data = event(Socket.on_stream_data)
    on_stream_presence = event(Socket.on_stream_presence)
    parties = items_for(Socket.parties, GameParty)
    party_closes = items(Socket.party_closes)
    party_data = items(Socket.party_data)
    party_join_requests = items(Socket.party_join_requests)
    party_leaders = items(Socket.party_leaders)
    party_matchmaker_tickets = items(Socket.party_matchmaker_tickets)
    party_presences = items(Socket.party_presences)
    party_updates = items(Socket.party_updates)
    promote_party_member = call(Socket.promote_party_member)
    reconnect_attempts = items(Socket.reconnect_attempts)
    register_push = call(Socket.register_push)
    remove_matchmaker = call(Socket.remove_matchmaker)
    remove_matchmaker_party = call(Socket.remove_matchmaker_party)
    remove_message = call(Socket.remove_message)
    remove_party_member = call(Socket.remove_party_member)
    rpc = call(Socket.rpc)
    send_match_state = call(Socket.send_match_state)
    send_message = call(Socket.send_message)
    send_party_data = call(Socket.send_party_data)
    status_presences = items(Socket.status_presences)
    stream_data = items(Socket.stream_data)
    stream_presences = items(Socket.stream_presences)
    unfollow_users = call(Socket.unfollow_users)
    update_message = call(Socket.update_message)
    update_party = call(Socket.update_party)
    update_status = call(Socket.update_status)
