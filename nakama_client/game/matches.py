"""Matches and parties for a game loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nakama_client.features.joined_matches import Match
from nakama_client.features.joined_parties import Party
from nakama_client.features.presences import UserPresence
from nakama_client.game.delegation import Facade, call


class GameMatch(Facade[Match]):
    """A match that was joined; its data come to `socket.on_match_data`."""

    @property
    def id(self) -> str:
        """The match's id."""
        return self._target.id

    @property
    def authoritative(self) -> bool:
        """Whether a match handler of the server runs it."""
        return self._target.authoritative

    @property
    def label(self) -> str:
        """The label of an authoritative match."""
        return self._target.label

    @property
    def own_presence(self) -> UserPresence:
        """This socket's own presence."""
        return self._target.own_presence

    @property
    def presences(self) -> tuple[UserPresence, ...]:
        """Who is in it, as far as events have shown."""
        return tuple(self._target.presences)

    @property
    def is_joined(self) -> bool:
        """Whether it is still joined."""
        return self._target.is_joined

    send = call(Match.send)
    leave = call(Match.leave)


class GameParty(Facade[Party]):
    """A party that was joined; its data come to `socket.on_party_data`."""

    @property
    def id(self) -> str:
        """The party's id."""
        return self._target.id

    @property
    def label(self) -> Mapping[str, Any]:
        """The party's label."""
        return self._target.label

    @property
    def open(self) -> bool:
        """Whether everybody may join; otherwise the leader has to accept them."""
        return self._target.open

    @property
    def hidden(self) -> bool:
        """Whether the lists leave it out; known to its creator, and to others after a change."""
        return self._target.hidden

    @property
    def max_size(self) -> int:
        """How many may be in it."""
        return self._target.max_size

    @property
    def leader(self) -> UserPresence | None:
        """Who leads it."""
        return self._target.leader

    @property
    def is_leader(self) -> bool:
        """Whether this socket leads it."""
        return self._target.is_leader

    @property
    def own_presence(self) -> UserPresence:
        """This socket's own presence."""
        return self._target.own_presence

    @property
    def presences(self) -> tuple[UserPresence, ...]:
        """Who is in it, as far as events have shown."""
        return tuple(self._target.presences)

    @property
    def is_joined(self) -> bool:
        """Whether it is still joined."""
        return self._target.is_joined

    send = call(Party.send)
    leave = call(Party.leave)
