"""Which tokens were logged out. In memory, as in Nakama: a restart forgets it."""

from __future__ import annotations

from collections import deque

from attrs import define, field

_MOST = 200_000  # ids that are remembered, of all users together


@define
class _CachedUser:
    invalid_before: int = 0
    session_ids: set[str] = field(factory=set)
    refresh_ids: set[str] = field(factory=set)


class SessionCache:
    """Remembers invalidated token ids and, for each user, the second before which all are invalid.

    Each logout adds ids. The newest 200,000 are remembered; tokens of older ones have long expired.

    Args:
        token_expiry_sec: The life of session tokens: `exp` less this is when a token was issued.
        refresh_token_expiry_sec: The same for refresh tokens.
    """

    def __init__(self, token_expiry_sec: int, refresh_token_expiry_sec: int) -> None:
        self._token_life = token_expiry_sec
        self._refresh_life = refresh_token_expiry_sec
        self._users: dict[str, _CachedUser] = {}
        self._newest: deque[tuple[set[str], str]] = deque()

    def is_valid_session(self, user_id: str, expiry: int, token_id: str) -> bool:
        """Tell whether a session token with a good signature is still good."""
        user = self._users.get(user_id)
        if user is None:
            return True
        return expiry - self._token_life >= user.invalid_before and token_id not in user.session_ids

    def is_valid_refresh(self, user_id: str, expiry: int, token_id: str) -> bool:
        """Tell whether a refresh token with a good signature is still good."""
        user = self._users.get(user_id)
        if user is None:
            return True
        return (
            expiry - self._refresh_life >= user.invalid_before and token_id not in user.refresh_ids
        )

    def remove_session(self, user_id: str, token_id: str) -> None:
        """Log a session out: every session token of this id is invalid, also future ones."""
        self._add(self._users.setdefault(user_id, _CachedUser()).session_ids, token_id)

    def remove_refresh(self, user_id: str, token_id: str) -> None:
        """Make the refresh tokens of this id useless."""
        self._add(self._users.setdefault(user_id, _CachedUser()).refresh_ids, token_id)

    def remove_all(self, user_id: str, now: float) -> None:
        """Kill every token issued before this second; those of the same second survive."""
        self._users.setdefault(user_id, _CachedUser()).invalid_before = int(now)

    def clear(self) -> None:
        """Forget everything, as a restart does."""
        self._users.clear()
        self._newest.clear()

    def _add(self, ids: set[str], token_id: str) -> None:
        if token_id in ids:
            return
        ids.add(token_id)
        self._newest.append((ids, token_id))
        if len(self._newest) > _MOST:
            forgotten, oldest = self._newest.popleft()
            forgotten.discard(oldest)
