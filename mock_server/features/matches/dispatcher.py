"""The dispatcher of one match: with it, the handler sends data, kicks members, sets the label."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from mock_server.features.matches.ids import MatchId
from mock_server.features.matches.members import MatchMembers
from mock_server.realtime.router import Router
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.match_handler import MAX_LABEL_BYTES, Broadcast, MatchPresence
from mock_server.wire.output import omit_empty

_log = logging.getLogger("mock_server.matches")

_TOO_LONG = f"match label too long, must be 0-{MAX_LABEL_BYTES} bytes"
_QUEUE_FULL = "too many deferred message broadcasts per tick"


class MatchDispatcher:
    """See `Dispatcher`. What it does to the server happens in the server's loop.

    Args:
        match_id: The match.
        members: Who is in it.
        router: Sends.
        tracker: Where the members are.
        queue_size: How many broadcasts may be deferred in one call.
        outgoing_queue_size: How many frames may wait for a socket in Nakama.
        relabel: Called in the server's loop when the label has changed.
    """

    def __init__(
        self,
        match_id: MatchId,
        members: MatchMembers,
        *,
        router: Router,
        tracker: Tracker,
        queue_size: int,
        outgoing_queue_size: int,
        relabel: Callable[[], None],
    ) -> None:
        self.label = ""
        self.tick_rate = 0
        self._match_id = match_id
        self._members = members
        self._router = router
        self._tracker = tracker
        self._queue_size = queue_size
        self._outgoing_queue_size = outgoing_queue_size
        self._relabel = relabel
        self._deferred: list[tuple[list[str], dict[str, Any]]] = []
        self._sent: Counter[str] = Counter()  # to each socket, in the present callback
        self._has_warned = False
        self._has_ended = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def broadcast(self, broadcast: Broadcast) -> None:
        """Send data to members now."""
        self._check_running()
        receivers = self._members.receivers(broadcast.receivers)
        if receivers:
            self._in_loop(self._send, receivers, self._envelope(broadcast))

    def broadcast_deferred(self, broadcast: Broadcast) -> None:
        """Send data to members when the callback has returned."""
        self._check_running()
        receivers = self._members.receivers(broadcast.receivers)
        if not receivers:
            return
        if len(self._deferred) >= self._queue_size:
            raise ModuleError(f"error deferring message broadcast: {_QUEUE_FULL}")
        self._deferred.append((receivers, self._envelope(broadcast)))

    def kick(self, presences: Sequence[MatchPresence]) -> None:
        """Remove members."""
        self._check_running()
        for presence in presences:
            if presence.node == self._match_id.node:
                self._in_loop(self._untrack, presence)

    def update_label(self, label: str) -> None:
        """Change the label."""
        self._check_running()
        if len(label.encode(errors="surrogateescape")) > MAX_LABEL_BYTES:
            raise ModuleError(f"error updating match label: {_TOO_LONG}")
        self.label = label
        self._in_loop(self._relabel)

    def flush(self) -> None:
        """End a callback: send what was deferred, in the order of the calls."""
        deferred, self._deferred = self._deferred, []
        for receivers, envelope in deferred:
            self._send(receivers, envelope)
        if self._sent and not self._has_warned:
            self._warn(max(self._sent.values()))
        self._sent.clear()

    def end(self) -> None:
        """Refuse everything from now on; what was deferred is sent."""
        self._has_ended = True
        self.flush()

    def _send(self, receivers: list[str], envelope: dict[str, Any]) -> None:
        self._router.send_to_sessions(receivers, envelope)
        self._sent.update(receivers)

    def _warn(self, frames: int) -> None:
        """Say what the players of a real Nakama would notice.

        Its writer runs beside the callback, so that whether it keeps up is chance; the mock drops
        nobody for that.
        """
        if frames <= self._outgoing_queue_size:
            return
        self._has_warned = True
        _log.warning(
            "match %s: one callback has sent %d frames to one socket; Nakama mostly closes one for "
            "which more than socket.outgoing_queue_size (%d) frames wait",
            self._match_id,
            frames,
            self._outgoing_queue_size,
        )

    def _check_running(self) -> None:
        if self._has_ended:
            raise ModuleError("match stopped")

    def _untrack(self, presence: MatchPresence) -> None:
        tracked = self._tracker.get(self._match_id.stream, presence.session_id)
        if tracked is not None and tracked.user_id == presence.user_id:
            self._tracker.untrack(self._match_id.stream, presence.session_id)

    def _in_loop(self, function: Callable[..., None], *arguments: Any) -> None:
        if threading.get_ident() == self._thread:
            function(*arguments)
        else:
            self._loop.call_soon_threadsafe(function, *arguments)

    def _envelope(self, broadcast: Broadcast) -> dict[str, Any]:
        return match_data(
            str(self._match_id),
            sender=broadcast.sender,
            op_code=broadcast.op_code,
            data=broadcast.data,
            reliable=broadcast.reliable,
        )


def match_data(
    match_id: str, *, sender: Any, op_code: int, data: bytes, reliable: bool
) -> dict[str, Any]:
    """The envelope that brings data to a member."""
    message = {
        "match_id": match_id,
        "presence": sender,
        "op_code": op_code,
        "data": data,
        "reliable": reliable,
    }
    return {"match_data": omit_empty(message)}
