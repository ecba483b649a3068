"""Events of the game for the server's runtime: https://heroiclabs.com/docs/nakama/server-framework/events/."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nakama_client.errors import ArgumentError
from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import encode
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import Request
from nakama_client.protocol.rules import check_present, check_texts, check_type
from nakama_client.session import Session


class EventsApi(ClientFeature):
    """Telling the server's runtime what happened in the game."""

    async def emit_event(
        self,
        session: Session,
        name: str,
        *,
        properties: Mapping[str, str] | None = None,
        timestamp: datetime | None = None,
    ) -> None:
        """Send an event to the functions that the server's runtime registered for events.

        They run later, so their errors are not reported here. The call is not repeated when its
        answer is lost.

        Args:
            session: Whose event.
            name: The event's name.
            properties: Texts by name.
            timestamp: When it happened; None for now, by the server's clock.

        Raises:
            ArgumentError: The name is empty, a property is no text, or the time has no time zone.
        """
        body: dict[str, Any] = {"name": check_present("the event's name", name)}
        if properties is not None:
            body["properties"] = check_texts("properties", properties)
        if timestamp is not None:
            check_type("timestamp", timestamp, datetime)
            if timestamp.tzinfo is None:
                raise ArgumentError("timestamp needs a time zone")
            body["timestamp"] = timestamp
        await self._api.call(session, Request("POST", "/v2/event", body=encode(body)), Empty)
