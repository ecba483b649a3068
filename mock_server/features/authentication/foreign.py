"""Providers that no test server can ask: whatever proof a client has of them is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from mock_server.features.authentication.identifiers import refuse
from mock_server.features.authentication.messages import (
    ACCOUNT_GAME_CENTER,
    ACCOUNT_INSTANT_GAME,
    ACCOUNT_TOKEN,
)
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.schema import Message


@frozen
class ForeignProvider:
    """One such provider.

    Attributes:
        name: As the paths of the client API spell it.
        title: As Nakama's messages call it.
        account: What a client sends.
        required: The fields that must not be empty, and what Nakama says of each that is.
        is_configured: Whether Nakama asks it without settings of its own.
    """

    name: str
    title: str
    account: Message
    required: Mapping[str, str]
    is_configured: bool = True

    def has_proof(self, account: Mapping[str, Any]) -> bool:
        """Tell whether a client sent all that this provider asks for."""
        return all(account[field] for field in self.required)

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
            if not account[field]:
                raise refuse(text)

    def unknown(self) -> GrpcError:
        """The answer to a proof that the provider does not know, to be raised."""
        return GrpcError(GrpcCode.UNAUTHENTICATED, f"Could not authenticate {self.title} profile.")


FOREIGN_PROVIDERS = (
    ForeignProvider(
        "Apple",
        "Apple",
        ACCOUNT_TOKEN,
        {"token": "Apple ID token is required."},
        is_configured=False,
    ),
    ForeignProvider(
        "Google", "Google", ACCOUNT_TOKEN, {"token": "Google access token is required."}
    ),
    ForeignProvider(
        "GameCenter",
        "GameCenter",
        ACCOUNT_GAME_CENTER,
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
        ACCOUNT_INSTANT_GAME,
        {"signed_player_info": "Signed Player Info for a Facebook Instant Game is required."},
    ),
)
