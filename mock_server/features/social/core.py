"""Social networks: checks tokens and imports friends."""

from __future__ import annotations

from mock_server.config import SocialConfig
from mock_server.features.friends.core import Friends, FriendState
from mock_server.features.friends.metadata import merged
from mock_server.features.notifications.core import Notifications, RowRejected
from mock_server.features.notifications.system import NotificationCode, SystemNotification, notify
from mock_server.features.social.providers import STEAM, Profile, Provider
from mock_server.wire.errors import GrpcCode, GrpcError
from server_kit import Clock, Store

_PENDING = (FriendState.INVITE_SENT, FriendState.INVITE_RECEIVED)


class Social:
    """The social networks of one server."""

    def __init__(
        self,
        config: SocialConfig,
        store: Store,
        clock: Clock,
        notifications: Notifications,
        friends: Friends,
    ) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._notifications = notifications
        self._friends = friends

    def is_configured(self, provider: Provider) -> bool:
        """Tell whether the server's settings name what a network asks for."""
        steam = self._config.steam
        return provider is not STEAM or (steam.publisher_key != "" and steam.app_id != 0)

    def require_configured(self, provider: Provider) -> None:
        """Refuse a network that the server's settings leave out.

        Raises:
            GrpcError: With Nakama's text.
        """
        if not self.is_configured(provider):
            raise GrpcError(
                GrpcCode.FAILED_PRECONDITION,
                f"{provider.name} authentication is not configured.",
            )

    def profile(self, provider: Provider, token: str) -> Profile:
        """The owner of a token.

        Raises:
            GrpcError: The network does not know it.
        """
        profile = provider.read(token) if self.is_configured(provider) else None
        if profile is None:
            raise GrpcError(
                GrpcCode.UNAUTHENTICATED, f"Could not authenticate {provider.name} profile."
            )
        return profile

    def import_friends(
        self,
        provider: Provider,
        user_id: str,
        username: str,
        profile: Profile,
        *,
        reset: bool = False,
    ) -> None:
        """Make friends of a user and their friends on a network who have accounts here.

        Each new friend is notified (-6); the user is not.

        Args:
            provider: The network.
            user_id: Whose friends.
            username: The name in the others' notification.
            profile: The user's profile there.
            reset: First end all friendships and invites that the user has; blocks stay.

        Raises:
            GrpcError: The user does not exist.
        """
        if not profile.friend_ids and not reset:
            return
        try:
            with self._friends.drawing_edges():
                if reset:
                    self._reset(user_id)
                found = [
                    friend_id
                    for friend_id in self._players(provider, profile.friend_ids)
                    if self._import_one(provider, user_id, friend_id)
                ]
        except RowRejected:
            raise GrpcError(
                GrpcCode.INTERNAL, f"Error importing {provider.name} friends."
            ) from None
        event = SystemNotification(
            NotificationCode.FRIEND_JOIN_GAME,
            "Your friend has just joined the game",
            {"username": username},
            user_id,
        )
        notify(self._notifications, [event.to(friend_id) for friend_id in found])

    def _players(self, provider: Provider, external_ids: tuple[str, ...]) -> list[str]:
        marks = ", ".join("?" * len(external_ids))
        rows = self._store.all(
            f"SELECT id FROM users WHERE {provider.column} IN ({marks}) ORDER BY create_time",
            *external_ids,
        )
        return [row["id"] for row in rows]

    def _reset(self, user_id: str) -> None:
        """Remove the user's edges and those to the user, but no block; update times stay."""
        others = self._store.all(
            "SELECT source_id FROM user_edge WHERE destination_id = ? AND state <> ?",
            user_id,
            FriendState.BLOCKED,
        )
        removed = self._store.run(
            "DELETE FROM user_edge WHERE source_id = ? AND state <> ?",
            user_id,
            FriendState.BLOCKED,
        )
        self._store.run(
            "DELETE FROM user_edge WHERE destination_id = ? AND state <> ?",
            user_id,
            FriendState.BLOCKED,
        )
        self._store.run_many(
            "UPDATE users SET edge_count = edge_count - ? WHERE id = ?",
            [(removed, user_id), *((1, row["source_id"]) for row in others)],
        )

    def _import_one(self, provider: Provider, user_id: str, friend_id: str) -> bool:
        """Make two users friends; return whether that is new."""
        made = f'{{"provider": "{provider.name.lower()}"}}'
        if self._accept(user_id, friend_id, made):
            return True
        if self._friends.has_blocked(friend_id, user_id):
            return False
        # As in Nakama, a block of the user's own keeps its edge, but not the other one, away.
        now = self._clock.tick()
        sides = ((user_id, friend_id), (friend_id, user_id))
        inserted = [
            self._store.run(
                "INSERT INTO user_edge (source_id, destination_id, state, position, update_time, "
                "metadata) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (source_id, destination_id) DO NOTHING",
                *side,
                FriendState.FRIEND,
                now,
                now,
                made,
            )
            for side in sides
        ]
        if not any(inserted):
            return False
        self._friends.count(user_id, 1)
        self._friends.count(friend_id, 1)
        return True

    def _accept(self, user_id: str, friend_id: str, made: str) -> bool:
        """Turn an invite between two users, in either direction, into a friendship."""
        edges = self._store.all(
            "SELECT source_id, destination_id, metadata FROM user_edge WHERE state IN (?, ?) "
            "AND ((source_id = ? AND destination_id = ?) OR (source_id = ? AND "
            "destination_id = ?))",
            *_PENDING,
            user_id,
            friend_id,
            friend_id,
            user_id,
        )
        for edge in edges:
            self._friends.befriend(
                edge["source_id"], edge["destination_id"], merged(edge["metadata"], made)
            )
        return len(edges) == 2
