"""`nk.link_*` and `nk.unlink_*` of Apple, Google, Game Center and Facebook Instant Games."""

from __future__ import annotations

from typing import Any

from mock_server.features.authentication.foreign import (
    APPLE,
    FACEBOOK_INSTANT,
    GAME_CENTER,
    GOOGLE,
    ForeignProvider,
)
from mock_server.features.authentication.runtime_foreign import game_center_proof
from mock_server.features.links.core import Links
from mock_server.features.links.runtime import USER_ID, attempt
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.functions import RuntimeFunctions


class ForeignLinkFunctions(RuntimeFunctions):
    """Add and remove the ids of other companies."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def link_apple(self, user_id: Any = None, token: Any = None) -> None:
        """Set the Apple id of an account; see `authenticate_apple`.

        Raises:
            ModuleError: A bad argument, a proof that is not known, or another account's id.
        """
        given = Arguments("link_apple", user_id, token)
        owner = given.uuid(1, USER_ID)
        self._link(owner, APPLE, {"token": given.filled_text(2, "expects token string")})

    def link_google(self, user_id: Any = None, token: Any = None) -> None:
        """Set the Google id of an account; see `authenticate_google`.

        Raises:
            ModuleError: A bad argument, a proof that is not known, or another account's id.
        """
        given = Arguments("link_google", user_id, token)
        owner = given.uuid(1, USER_ID)
        self._link(owner, GOOGLE, {"token": given.filled_text(2, "expects token string")})

    def link_facebook_instant_game(self, user_id: Any = None, player_info: Any = None) -> None:
        """Set the Facebook Instant Game id of an account; see `authenticate_facebook_instant_game`.

        Raises:
            ModuleError: A bad argument, a proof that is not known, or another account's id.
        """
        given = Arguments("link_facebook_instant_game", user_id, player_info)
        owner = given.uuid(1, USER_ID)
        self._link(
            owner,
            FACEBOOK_INSTANT,
            {"signed_player_info": given.filled_text(2, "expects signed player info string")},
        )

    def unlink_apple(self, user_id: Any = None, token: Any = None) -> None:
        """Clear the Apple id of an account; `token` may be left out.

        Raises:
            ModuleError: A bad argument, not their proof, or their last way to log in.
        """
        given = Arguments("unlink_apple", user_id, token)
        owner = given.uuid(1, USER_ID)
        self._unlink(owner, APPLE, {"token": given.optional_text(2)})

    def unlink_google(self, user_id: Any = None, token: Any = None) -> None:
        """Clear the Google id of an account; `token` may be left out.

        Raises:
            ModuleError: A bad argument, not their proof, or their last way to log in.
        """
        given = Arguments("unlink_google", user_id, token)
        owner = given.uuid(1, USER_ID)
        self._unlink(owner, GOOGLE, {"token": given.optional_text(2)})

    def unlink_facebook_instant_game(self, user_id: Any = None, player_info: Any = None) -> None:
        """Clear the Facebook Instant Game id of an account; `player_info` may be left out.

        Raises:
            ModuleError: A bad argument, not their proof, or their last way to log in.
        """
        given = Arguments("unlink_facebook_instant_game", user_id, player_info)
        owner = given.uuid(1, USER_ID)
        self._unlink(owner, FACEBOOK_INSTANT, {"signed_player_info": given.optional_text(2)})

    def link_gamecenter(
        self,
        user_id: Any = None,
        player_id: Any = None,
        bundle_id: Any = None,
        timestamp: Any = None,
        salt: Any = None,
        signature: Any = None,
        public_key_url: Any = None,
    ) -> None:
        """Set the Game Center id of an account.

        Args:
            user_id: The account's.
            player_id: The player there; the others are those of `authenticate_game_center`.
            bundle_id: The app's.
            timestamp: When it was signed.
            salt: What else was signed.
            signature: The proof.
            public_key_url: Where the key is.

        Raises:
            ModuleError: A bad argument, a proof that is not known, or another account's id.
        """
        proof = (player_id, bundle_id, timestamp, salt, signature, public_key_url)
        given = Arguments("link_gamecenter", user_id, *proof)
        owner = given.uuid(1, USER_ID)
        self._link(owner, GAME_CENTER, game_center_proof(given, 2))

    def unlink_gamecenter(
        self,
        user_id: Any = None,
        player_id: Any = None,
        bundle_id: Any = None,
        timestamp: Any = None,
        salt: Any = None,
        signature: Any = None,
        public_key_url: Any = None,
    ) -> None:
        """Clear the Game Center id of an account; the proof may be left out.

        Args:
            user_id: The account's.
            player_id: The player there; with one, the others have to be given, too.
            bundle_id: The app's.
            timestamp: When it was signed.
            salt: What else was signed.
            signature: The proof.
            public_key_url: Where the key is.

        Raises:
            ModuleError: A bad argument, not their proof, or their last way to log in.
        """
        texts = (bundle_id, salt, signature, public_key_url)
        bundle, *rest = ("" if each is None else each for each in texts)
        proof = (player_id, bundle, 0 if timestamp is None else timestamp, *rest)
        given = Arguments("unlink_gamecenter", user_id, *proof)
        owner, player = given.uuid(1, USER_ID), given.optional_text(2)
        for number in (3, 5, 6, 7):
            given.optional_text(number)
        self._unlink(owner, GAME_CENTER, game_center_proof(given, 2) if player else {})

    def _link(self, user_id: str, provider: ForeignProvider, proof: dict[str, Any]) -> None:
        attempt("linking", lambda: self._links.link_foreign(user_id, provider, proof))

    def _unlink(self, user_id: str, provider: ForeignProvider, proof: dict[str, Any]) -> None:
        attempt("unlinking", lambda: self._links.unlink_foreign(user_id, provider, proof))
