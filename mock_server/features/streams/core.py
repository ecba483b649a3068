"""Presence events of streams that have no feature of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

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
            "joins": [_message(presence) for presence in joins],
            "leaves": [_message(presence) for presence in leaves],
        }
        envelope = {
            "stream_presence_event": omit_empty(event, realtime_message("StreamPresenceEvent"))
        }
        self._router.send_to_stream(stream, envelope)


def _message(presence: Presence) -> dict[str, Any]:
    """The presence without its status: Nakama shows that in status streams only."""
    return attrs.evolve(presence, status=None).message()
