"""The message router: one envelope to all presences of a stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from mock_server.realtime.formats import OutgoingEnvelope
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.stream import Presence, Stream
from mock_server.realtime.tracker import Tracker


class Router:
    """Puts envelopes into the outgoing queues of sessions."""

    def __init__(self, registry: SessionRegistry, tracker: Tracker) -> None:
        self._registry = registry
        self._tracker = tracker
        self._soon: list[Callable[[], None]] = []

    def send_to_stream(self, stream: Stream, envelope: Mapping[str, Any]) -> None:
        """Send to every presence of a stream, also the hidden ones."""
        self.send_to_presences(self._tracker.of_stream(stream, hidden=True), envelope)

    def reaches(self, stream: Stream) -> bool:
        """Tell whether a stream has any presence, a hidden one included."""
        return bool(self._tracker.of_stream(stream, hidden=True))

    def send_to_presences(self, presences: Iterable[Presence], envelope: Mapping[str, Any]) -> None:
        """Send to these presences; those whose socket has closed are passed over."""
        self.send_to_sessions((presence.session_id for presence in presences), envelope)

    # Nakama's tracker has a queue of its own: who joins is answered first, and gets the event then.
    # Clients rely on that: they begin to listen when they have the answer.

    def send_to_stream_soon(self, stream: Stream, envelope: Mapping[str, Any]) -> None:
        """Send to every presence of a stream, behind the answer to the request under way."""
        self._send_soon(partial(self.send_to_stream, stream, envelope))

    def send_to_sessions_soon(
        self, session_ids: Iterable[str], envelope: Mapping[str, Any]
    ) -> None:
        """Send to these sockets, behind the answer to the request under way."""
        self._send_soon(partial(self.send_to_sessions, session_ids, envelope))

    def deliver(self) -> None:
        """Send now what was to be sent soon.

        A client may send its next request without waiting. What the last one caused goes out before
        the next one is handled, so that nobody gets data of a member whose join they do not know.
        """
        soon, self._soon = self._soon, []
        for send in soon:
            send()

    def _send_soon(self, send: Callable[[], None]) -> None:
        if not self._soon:
            asyncio.get_running_loop().call_soon(self.deliver)
        self._soon.append(send)

    def send_to_all(self, envelope: Mapping[str, Any]) -> None:
        """Send to every open socket."""
        self.send_to_sessions((session.id for session in self._registry.all()), envelope)

    def send_to_sessions(self, session_ids: Iterable[str], envelope: Mapping[str, Any]) -> None:
        """Send to these sockets; those that have closed are passed over."""
        outgoing = OutgoingEnvelope(envelope)
        for session_id in session_ids:
            session = self._registry.get(session_id)
            if session is not None:
                session.send_encoded(outgoing)
