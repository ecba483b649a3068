"""`nk.authenticate_*` of Apple, Google, Game Center and Facebook Instant Games."""

from __future__ import annotations

from typing import Any

from mock_server.config import SocialConfig
from mock_server.features.authentication.core import Authentication
from mock_server.features.authentication.foreign import (
    APPLE,
    FACEBOOK_INSTANT,
    GAME_CENTER,
    GOOGLE,
    ForeignProvider,
)
from mock_server.features.authentication.runtime import logged_in, username_of
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions


class ForeignAuthenticationFunctions(RuntimeFunctions):
    """Log users in, or sign them up, by a proof of another company."""

    def __init__(self, config: SocialConfig, authentication: Authentication) -> None:
        self._config = config
        self._authentication = authentication

    def authenticate_apple(
        self, token: Any = None, username: Any = None, create: Any = None
    ) -> tuple[str, str, bool]:
        """Find or create a user by an Apple token, `apple:<id>` in this mock.

        Args:
            token: The proof of who they are.
            username: The name of a new user; a random one when left out.
            create: Whether an unknown user is created; True when left out.

        Returns:
            The user's id and name, and whether they are new.

        Raises:
            ModuleError: `social.apple.bundle_id` is not set, a bad argument, a token that is not
                known, no such account, or a banned one.
        """
        if not APPLE.is_configured(self._config):
            raise ModuleError("Apple authentication is not configured")
        given = Arguments("authenticate_apple", token, username, create)
        proof = {"token": given.filled_text(1, "expects token string")}
        return self._authenticate(APPLE, proof, given, 2)

    def authenticate_google(
        self, token: Any = None, username: Any = None, create: Any = None
    ) -> tuple[str, str, bool]:
        """Find or create a user by a Google token, `google:<id>` or `google:<id>:<name>` here.

        Raises:
            ModuleError: As for `authenticate_apple`.
        """
        given = Arguments("authenticate_google", token, username, create)
        proof = {"token": given.filled_text(1, "expects ID token string")}
        return self._authenticate(GOOGLE, proof, given, 2)

    def authenticate_facebook_instant_game(
        self, player_info: Any = None, username: Any = None, create: Any = None
    ) -> tuple[str, str, bool]:
        """Find or create a user of a Facebook Instant Game by `fbinstant:<id>`.

        Raises:
            ModuleError: As for `authenticate_apple`.
        """
        given = Arguments("authenticate_facebook_instant_game", player_info, username, create)
        proof = {"signed_player_info": given.filled_text(1, "expects signed player info")}
        return self._authenticate(FACEBOOK_INSTANT, proof, given, 2)

    def authenticate_game_center(
        self,
        player_id: Any = None,
        bundle_id: Any = None,
        timestamp: Any = None,
        salt: Any = None,
        signature: Any = None,
        public_key_url: Any = None,
        username: Any = None,
        create: Any = None,
    ) -> tuple[str, str, bool]:
        """Find or create a user by what Apple's Game Center signs for a player.

        Args:
            player_id: The player there.
            bundle_id: The app's.
            timestamp: When it was signed.
            salt: What else was signed.
            signature: `gamecenter:<player_id>` in this mock.
            public_key_url: Where the key is.
            username: The name of a new user; a random one when left out.
            create: Whether an unknown user is created; True when left out.

        Raises:
            ModuleError: As for `authenticate_apple`.
        """
        given = Arguments(
            "authenticate_game_center",
            *(player_id, bundle_id, timestamp, salt, signature, public_key_url),
            *(username, create),
        )
        return self._authenticate(GAME_CENTER, game_center_proof(given, 1), given, 7)

    def _authenticate(
        self, provider: ForeignProvider, proof: dict[str, Any], given: Arguments, number: int
    ) -> tuple[str, str, bool]:
        name = username_of(given, number)
        may_create = given.optional_flag(number + 1, default=True)
        authenticate = self._authentication.foreign
        return logged_in(lambda: authenticate(provider, proof, name, create=may_create))


def game_center_proof(given: Arguments, first: int) -> dict[str, Any]:
    """What Game Center signs, from one argument on.

    Raises:
        ModuleError: Something is missing or of another type.
    """
    proof: dict[str, Any] = {
        "player_id": given.filled_text(first, "expects player ID string"),
        "bundle_id": given.filled_text(first + 1, "expects bundle ID string"),
        "timestamp_seconds": given.integer(first + 2),
    }
    if not proof["timestamp_seconds"]:
        raise given.error(first + 2, "expects timestamp value")
    return proof | {
        "salt": given.filled_text(first + 3, "expects salt string"),
        "signature": given.filled_text(first + 4, "expects signature string"),
        "public_key_url": given.filled_text(first + 5, "expects public key URL string"),
    }
