"""Presence events of streams that have no feature of their own."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.realtime.router import Router
from mock_server.realtime.stream import Presence, Stream
from mock_server.wire.messages import realtime_message
from mock_server.wire.output import omit_empty


class PresenceEvents:
    """Tells the presences of a stream who comes and goes."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def send(self, stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]) -> None:
        """Send one event to all presences of a stream."""
        event = {
            "stream": stream.message(),
            "joins": [presence.message() for presence in joins],
            "leaves": [presence.message() for presence in leaves],
        }
        envelope = {
            "stream_presence_event": omit_empty(event, realtime_message("StreamPresenceEvent"))
        }
        self._router.send_to_stream(stream, envelope)
