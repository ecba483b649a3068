"""Which users are online, and their status texts: https://heroiclabs.com/docs/nakama/concepts/status/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from nakama_client.events.handlers import Function, Handler
from nakama_client.events.subscription import Subscription
from nakama_client.features.base import SocketFeature
from nakama_client.features.presences import UserPresence
from nakama_client.protocol.codec import encode
from nakama_client.protocol.envelopes import single
from nakama_client.protocol.rules import check_ids, check_size, check_usernames

# Half of what the server reads in one message, so that envelope and names always fit.
_BATCH_BYTES = 2048


@frozen(kw_only=True)
class StatusPresenceEvent:
    """Users came online, went offline, or changed their status text.

    A change is a join with the new text and a leave with the old one, in one event.

    Attributes:
        joins: The presences now, each with its status.
        leaves: The presences before, each with the status it had.
    """

    joins: tuple[UserPresence, ...] = ()
    leaves: tuple[UserPresence, ...] = ()


@frozen
class _Status:
    presences: tuple[UserPresence, ...] = ()


_PRESENCE = single("status_presence_event", StatusPresenceEvent)


class _Follow:
    """A user to follow, from the moment in which the request for it is under way."""

    def __init__(self) -> None:
        self.requests = 0
        self.is_confirmed = False


class _Followed:
    """The users that this socket follows, each as field name and value."""

    def __init__(self) -> None:
        self.wanted: dict[tuple[str, str], _Follow] = {}

    @contextmanager
    def noting(self, pairs: Iterable[tuple[str, str]]) -> Iterator[None]:
        """Note users while a request for them is under way, and for good when it succeeds.

        A user who is unfollowed meanwhile stays so.
        """
        noted = {pair: self.wanted.setdefault(pair, _Follow()) for pair in pairs}
        for follow in noted.values():
            follow.requests += 1
        try:
            yield
            for follow in noted.values():
                follow.is_confirmed = True
        finally:
            for pair, follow in noted.items():
                follow.requests -= 1
                is_over = not follow.is_confirmed and follow.requests == 0
                if is_over and self.wanted.get(pair) is follow:
                    del self.wanted[pair]

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Follow them again, except those who were unfollowed meanwhile."""
        for batch in list(_batches(self.wanted)):
            left = [pair for pair in _pairs(batch) if pair in self.wanted]
            for body in _batches(left):
                yield "status_follow", body


class _OwnStatus:
    """The status of this socket, once it was set."""

    def __init__(self) -> None:
        self.body: dict[str, str] | None = None

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Set it again."""
        return [] if self.body is None else [("status_update", self.body)]


class RealtimeStatus(SocketFeature):
    """Following users, and the player's own status."""

    async def follow_users(
        self, ids: Iterable[str] = (), *, usernames: Iterable[str] = ()
    ) -> list[UserPresence]:
        """Follow users: `on_status_presence` gets their changes until the socket is closed.

        After a reconnect they are followed again. Any number can be followed; many are split over
        several requests. Users who do not exist, and the player, are
        ignored.

        Args:
            ids: User ids.
            usernames: User names, in the right case.

        Returns:
            Those who are online now: one presence for each of their sockets.

        Raises:
            ArgumentError: An id is no UUID, or a name is empty or over 128 bytes.
            SocketError: The request failed, as in `send_message`; those of the requests before
                are followed.
        """
        wanted = [("user_ids", each) for each in check_ids("ids", ids)]
        wanted += [("usernames", each) for each in check_usernames(usernames)]
        online: list[UserPresence] = []
        for body in _batches(wanted):
            with self._connection.restorable(_Followed).noting(_pairs(body)):
                envelope = await self._connection.request("status_follow", body)
                online += envelope.decode("status", _Status).presences
        return online

    async def unfollow_users(self, ids: Iterable[str]) -> None:
        """Unfollow users; those who are not followed are ignored.

        They are not followed again after a reconnect, even if this fails, except for those who were
        followed by name.

        Args:
            ids: User ids; any number, many are split over several requests.

        Raises:
            ArgumentError: An id is no UUID.
            SocketError: As in `follow_users`.
        """
        unwanted = [("user_ids", each) for each in check_ids("ids", ids)]
        followed = self._connection.restorable(_Followed).wanted
        for pair in unwanted:
            followed.pop(pair, None)
        for body in _batches(unwanted):
            await self._connection.request("status_unfollow", body)

    async def update_status(self, status: str | None) -> None:
        """Show the player as online with a text, or as offline; reconnects keep it.

        Args:
            status: Up to 2048 bytes, "" is fine; None to appear offline.

        Raises:
            ArgumentError: The text is too long.
            SocketError: As in `follow_users`.
        """
        if status is not None and status != "":
            check_size("the status", status, shortest=1, longest=2048)
        own = self._connection.restorable(_OwnStatus)
        # Noted before the request: a reconnect under way must not restore the old one after it.
        body = {} if status is None else {"status": status}
        before, own.body = own.body, body
        try:
            await self._connection.request("status_update", body)
        except BaseException:
            if own.body is body:
                own.body = before
            raise

    def on_status_presence(
        self, function: Function[StatusPresenceEvent]
    ) -> Handler[StatusPresenceEvent]:
        """Call a function when a followed user, or the player, changes their status.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(_PRESENCE, function)

    def status_presences(self) -> Subscription[StatusPresenceEvent]:
        """The changes from now on: `async for event in socket.status_presences()`."""
        return self._connection.subscribe(_PRESENCE)


def _pairs(batch: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(field, value) for field, values in batch.items() for value in values]


def _batches(wanted: Iterable[tuple[str, str]]) -> Iterator[dict[str, list[str]]]:
    batch: dict[str, list[str]] = {}
    used = 0
    for field, value in wanted:
        size = len(encode(value)) + 1
        if batch and used + size > _BATCH_BYTES:
            yield batch
            batch, used = {}, 0
        batch.setdefault(field, []).append(value)
        used += size
    if batch:
        yield batch
