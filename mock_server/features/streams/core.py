"""Presence events of streams that have no feature of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mock_server.realtime.stream import Presence, Stream

if TYPE_CHECKING:
    from mock_server.parts import Parts


class Streams:
    """Tells the presences of a stream who comes and goes."""

    def __init__(self, parts: Parts) -> None:
        self._router = parts.router
        parts.tracker.listen_to_others(self._tell)

    def _tell(self, stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]) -> None:
        event: dict[str, Any] = {"stream": stream.message()}
        if joins:
            event["joins"] = [presence.message() for presence in joins]
        if leaves:
            event["leaves"] = [presence.message() for presence in leaves]
        self._router.send_to_stream(stream, {"stream_presence_event": event})
