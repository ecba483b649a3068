"""Sessions: issue, check, refresh and log out tokens."""

from __future__ import annotations

import attrs

from mock_server.config import SessionConfig
from mock_server.features.accounts.core import Accounts
from mock_server.features.sessions.cache import SessionCache
from mock_server.features.sessions.devices import SessionDevices
from mock_server.features.sessions.tokens import decode_token, encode_token, new_token_id
from mock_server.identity import Identity
from mock_server.signals import Signal
from mock_server.wire.errors import GrpcCode, GrpcError
from server_kit import Clock


class Sessions:
    """The tokens of one server.

    Attributes:
        devices: Which devices sessions are on.
        started: A user has logged in, or a session was refreshed.
    """

    def __init__(self, config: SessionConfig, clock: Clock, accounts: Accounts) -> None:
        self._config = config
        self._clock = clock
        self._accounts = accounts
        self.devices = SessionDevices()
        self.started: Signal[Identity] = Signal()
        self.cache = SessionCache(
            self._config.token_expiry_sec, self._config.refresh_token_expiry_sec
        )

    def issue(
        self,
        user_id: str,
        username: str,
        variables: dict[str, str],
        *,
        created: bool = False,
        device_id: str = "",
    ) -> dict[str, object]:
        """Log a user in and return the answer to an authenticate call."""
        now = self._clock.time()
        if self._config.single_session:
            self.cache.remove_all(user_id, now)
        identity = Identity(
            user_id, username, variables, token_id=new_token_id(), issued_at=int(now)
        )
        if device_id:
            self.devices.remember(identity.token_id, device_id)
        self.started.send(identity)
        return {"created": True} | self._pair(identity) if created else self._pair(identity)

    def token_for(self, user_id: str, username: str) -> str:
        """A session token for calls that an operator makes as a user; it counts as no login."""
        now = int(self._clock.time())
        identity = Identity(user_id, username, token_id=new_token_id(), issued_at=now)
        return str(self._pair(identity)["token"])

    def check(self, token: str) -> Identity | None:
        """Return who a session token stands for, or None where Nakama refuses it."""
        identity = self._decode(token)
        if identity is None or not self.cache.is_valid_session(
            identity.user_id, identity.expiry, identity.token_id
        ):
            return None
        return identity

    def check_handshake(self, token: str) -> Identity | None:
        """As `check`, for `/ws`, where Nakama looks the whole token up among the invalidated *ids*.

        So a token logged out by itself still opens a socket; one killed by a logout of all
        sessions, or by a ban, does not (tape session_logout).
        """
        identity = self._decode(token)
        if identity is None or not self.cache.is_valid_session(
            identity.user_id, identity.expiry, token
        ):
            return None
        return identity

    def refresh(self, token: str, variables: dict[str, str]) -> dict[str, object]:
        """Answer a session refresh: the same `tid` and `iat`, a new `exp`.

        Raises:
            GrpcError: No token, a bad or expired one, or a user who is deleted or banned.
        """
        if not token:
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, "Refresh token is required.")
        identity = self._decode_refresh(token)
        if identity is None or not self.cache.is_valid_refresh(
            identity.user_id, identity.expiry, identity.token_id
        ):
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Refresh token invalid or expired.")
        user = self._accounts.find(identity.user_id)
        if user is None:
            raise GrpcError(GrpcCode.NOT_FOUND, "User account not found.")
        if user["disable_time"]:
            raise GrpcError(GrpcCode.PERMISSION_DENIED, "User account banned.")
        refreshed = attrs.evolve(
            identity, username=user["username"], vars=variables or identity.vars
        )
        self.started.send(refreshed)
        return self._pair(refreshed)

    def logout(self, user_id: str, token: str, refresh_token: str) -> None:
        """Kill the given tokens of a user; all of them when none is given that has an id.

        Raises:
            GrpcError: A token is garbage or somebody else's; nothing is killed then.
        """
        session = self._decode(token) if token else None
        if token and (session is None or session.user_id != user_id):
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, "Session token invalid.")
        refresh = self._decode_refresh(refresh_token) if refresh_token else None
        if refresh_token and (refresh is None or refresh.user_id != user_id):
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, "Refresh token invalid.")
        session_id = session.token_id if session else ""
        refresh_id = refresh.token_id if refresh else ""
        if not session_id and not refresh_id:
            self.kill_all(user_id)
        if session_id:
            self.cache.remove_session(user_id, session_id)
        if refresh_id:
            self.cache.remove_refresh(user_id, refresh_id)

    def kill_all(self, user_id: str) -> None:
        """Kill every token of a user that was issued before this second."""
        self.cache.remove_all(user_id, self._clock.time())

    def _pair(self, identity: Identity) -> dict[str, object]:
        now = int(self._clock.time())
        config = self._config
        session = attrs.evolve(identity, expiry=now + config.token_expiry_sec)
        refresh = attrs.evolve(identity, expiry=now + config.refresh_token_expiry_sec)
        return {
            "token": encode_token(session, config.encryption_key),
            "refresh_token": encode_token(refresh, config.refresh_encryption_key),
        }

    def _decode(self, token: str) -> Identity | None:
        return decode_token(token, self._config.encryption_key, self._clock.time())

    def _decode_refresh(self, token: str) -> Identity | None:
        return decode_token(token, self._config.refresh_encryption_key, self._clock.time())
