"""Apple, Google, Game Center and Facebook Instant Games: who a proof of theirs belongs to.

Nobody asks them: as with Facebook and Steam (`features/social/providers.py`), a proof has its owner
in itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from mock_server.config import SocialConfig
from mock_server.features.authentication.identifiers import refuse
from mock_server.features.social.providers import Profile
from mock_server.wire.errors import GrpcCode, GrpcError

_APPLE_TOKEN = re.compile(r"apple:(?P<id>[^:]+)")
_GOOGLE_TOKEN = re.compile(r"google:(?P<id>[^:]+)(?::(?P<name>[^:]+))?")
_INSTANT_TOKEN = re.compile(r"fbinstant:(?P<id>[^:]+)")


@frozen
class ForeignProvider:
    """One such provider.

    Attributes:
        name: As the paths of the client API spell it.
        title: As Nakama's messages call it.
        column: Where the user table keeps the id.
        required: The fields that must not be empty, and Nakama's error for each that is.
        read: Returns the profile behind a complete proof, None where the provider knows no such.
        is_configured: Whether the server's settings name what Nakama asks it with.
        unknown_login: Nakama's answer to a login with a proof that the provider does not know,
            where it is another than for links.
    """

    name: str
    title: str
    column: str
    required: Mapping[str, str]
    read: Callable[[Mapping[str, Any]], Profile | None]
    is_configured: Callable[[SocialConfig], bool] = lambda config: True
    unknown_login: tuple[GrpcCode, str] | None = None

    def has_proof(self, account: Mapping[str, Any]) -> bool:
        """Tell whether a client sent all that this provider asks for."""
        return all(account.get(field) for field in self.required)

    def check(self, account: Mapping[str, Any], config: SocialConfig) -> None:
        """Refuse a proof that is not complete.

        Raises:
            GrpcError: With Nakama's text.
        """
        if not self.is_configured(config):
            raise GrpcError(
                GrpcCode.FAILED_PRECONDITION, f"{self.title} authentication is not configured."
            )
        for field, text in self.required.items():
            if not account.get(field):
                raise refuse(text)

    def profile(
        self, account: Mapping[str, Any], config: SocialConfig, *, is_login: bool = False
    ) -> Profile:
        """The owner of a complete proof.

        Raises:
            GrpcError: The provider does not know it, or is not configured.
        """
        profile = self.read(account) if self.is_configured(config) else None
        if profile is not None:
            return profile
        if is_login and self.unknown_login is not None:
            raise GrpcError(*self.unknown_login)
        raise GrpcError(GrpcCode.UNAUTHENTICATED, f"Could not authenticate {self.title} profile.")


def _apple(account: Mapping[str, Any]) -> Profile | None:
    return _matched(_APPLE_TOKEN, account["token"])


def _google(account: Mapping[str, Any]) -> Profile | None:
    return _matched(_GOOGLE_TOKEN, account["token"])


def _game_center(account: Mapping[str, Any]) -> Profile | None:
    player = account["player_id"]
    return Profile(player, "", ()) if account["signature"] == f"gamecenter:{player}" else None


def _instant(account: Mapping[str, Any]) -> Profile | None:
    return _matched(_INSTANT_TOKEN, account["signed_player_info"])


def _matched(pattern: re.Pattern[str], token: str) -> Profile | None:
    match = pattern.fullmatch(token)
    return match and Profile(match["id"], match.groupdict().get("name") or "", ())


APPLE = ForeignProvider(
    "Apple",
    "Apple",
    "apple_id",
    {"token": "Apple ID token is required."},
    _apple,
    is_configured=lambda config: config.apple.bundle_id != "",
)
GOOGLE = ForeignProvider(
    "Google", "Google", "google_id", {"token": "Google access token is required."}, _google
)
GAME_CENTER = ForeignProvider(
    "GameCenter",
    "GameCenter",
    "gamecenter_id",
    {
        "bundle_id": "GameCenter bundle ID is required.",
        "player_id": "GameCenter player ID is required.",
        "public_key_url": "GameCenter public key URL is required.",
        "salt": "GameCenter salt is required.",
        "signature": "GameCenter signature is required.",
        "timestamp_seconds": "GameCenter timestamp is required.",
    },
    _game_center,
)
FACEBOOK_INSTANT = ForeignProvider(
    "FacebookInstantGame",
    "Facebook Instant Game",
    "facebook_instant_game_id",
    {"signed_player_info": "Signed Player Info for a Facebook Instant Game is required."},
    _instant,
    unknown_login=(
        GrpcCode.DATA_LOSS,
        "Error extracting the Facebook Instant Game player ID or validating the signature",
    ),
)
FOREIGN_PROVIDERS = (APPLE, GOOGLE, GAME_CENTER, FACEBOOK_INSTANT)
