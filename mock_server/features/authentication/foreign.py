"""Providers that a test server cannot ask: every token of theirs is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from mock_server.features.authentication.identifiers import refuse
from mock_server.wire.errors import GrpcCode, GrpcError


@frozen
class ForeignProvider:
    """One such provider.

    Attributes:
        name: As the paths of the client API spell it.
        title: As Nakama's messages call it.
        required: The fields that must not be empty, and Nakama's error for each that is.
        is_configured: Whether Nakama asks it without settings of its own.
    """

    name: str
    title: str
    required: Mapping[str, str]
    is_configured: bool = True

    def has_proof(self, account: Mapping[str, Any]) -> bool:
        """Tell whether a client sent all that this provider asks for."""
        return all(account.get(field) for field in self.required)

    def check(self, account: Mapping[str, Any]) -> None:
        """Refuse a proof that is not complete.

        Raises:
            GrpcError: With Nakama's text.
        """
        if not self.is_configured:
            raise GrpcError(
                GrpcCode.FAILED_PRECONDITION, f"{self.title} authentication is not configured."
            )
        for field, text in self.required.items():
            if not account.get(field):
                raise refuse(text)

    def unknown(self) -> GrpcError:
        """The answer to a proof that the provider does not know, to be raised."""
        return GrpcError(GrpcCode.UNAUTHENTICATED, f"Could not authenticate {self.title} profile.")


FOREIGN_PROVIDERS = (
    ForeignProvider(
        "Apple",
        "Apple",
        {"token": "Apple ID token is required."},
        is_configured=False,
    ),
    ForeignProvider("Google", "Google", {"token": "Google access token is required."}),
    ForeignProvider(
        "GameCenter",
        "GameCenter",
        {
            "bundle_id": "GameCenter bundle ID is required.",
            "player_id": "GameCenter player ID is required.",
            "public_key_url": "GameCenter public key URL is required.",
            "salt": "GameCenter salt is required.",
            "signature": "GameCenter signature is required.",
            "timestamp_seconds": "GameCenter timestamp is required.",
        },
    ),
    ForeignProvider(
        "FacebookInstantGame",
        "Facebook Instant Game",
        {"signed_player_info": "Signed Player Info for a Facebook Instant Game is required."},
    ),
)
