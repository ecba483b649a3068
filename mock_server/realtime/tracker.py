"""The presence tracker: the presences of each stream, and their join and leave events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mock_server.realtime.stream import Presence, Stream, StreamMode

PresenceListener = Callable[[Stream, Sequence[Presence], Sequence[Presence]], None]


class Tracker:
    """Presences by stream and by session; joins and leaves go to one listener for each mode."""

    def __init__(self) -> None:
        self._by_stream: dict[Stream, dict[str, Presence]] = {}
        self._by_session: dict[str, set[Stream]] = {}
        self._listeners: dict[int, PresenceListener] = {}
        self._other: PresenceListener = _nobody

    def listen(self, mode: StreamMode, listener: PresenceListener) -> None:
        """Send the presence events of streams of one mode to `listener`."""
        self._listeners[mode] = listener

    def listen_to_others(self, listener: PresenceListener) -> None:
        """Send the events of all modes without a listener of their own to `listener`."""
        self._other = listener

    def track(self, stream: Stream, presence: Presence) -> bool:
        """Let a session join a stream.

        Returns:
            Whether it is newly there; a session that is there already stays as it was.
        """
        presences = self._by_stream.setdefault(stream, {})
        if presence.session_id in presences:
            return False
        presences[presence.session_id] = presence
        self._by_session.setdefault(presence.session_id, set()).add(stream)
        self._tell(stream, [presence], [])
        return True

    def update(self, stream: Stream, presence: Presence) -> None:
        """Let a session join, or change how it is there: one event with a join and a leave."""
        presences = self._by_stream.setdefault(stream, {})
        before = presences.get(presence.session_id)
        presences[presence.session_id] = presence
        self._by_session.setdefault(presence.session_id, set()).add(stream)
        self._tell(stream, [presence], [before] if before else [])

    def untrack(self, stream: Stream, session_id: str) -> None:
        """Let a session leave a stream; one that is not there is no error."""
        presence = self._remove(stream, session_id)
        if presence is not None:
            self._tell(stream, [], [presence])

    def untrack_session(self, session_id: str) -> None:
        """Let a session leave everything."""
        for stream in list(self._by_session.get(session_id, ())):
            self.untrack(stream, session_id)

    def untrack_stream(self, stream: Stream) -> None:
        """Remove all presences of a stream; as none is left, no event is sent."""
        for session_id in list(self._by_stream.get(stream, {})):
            self._remove(stream, session_id)

    def get(self, stream: Stream, session_id: str) -> Presence | None:
        """The presence of a session in a stream, or None."""
        return self._by_stream.get(stream, {}).get(session_id)

    def of_stream(self, stream: Stream, *, hidden: bool = False) -> list[Presence]:
        """The presences of a stream, in the order they came; with the hidden ones on request."""
        presences = self._by_stream.get(stream, {}).values()
        return [presence for presence in presences if hidden or not presence.hidden]

    def streams(self, mode: StreamMode) -> list[Stream]:
        """The streams of a mode in which somebody is, the oldest first."""
        return [stream for stream in self._by_stream if stream.mode == mode]

    def streams_of(self, session_id: str) -> list[Stream]:
        """The streams in which a session is, in no order."""
        return list(self._by_session.get(session_id, ()))

    def is_online(self, user_id: str) -> bool:
        """Tell whether a user has a status presence; a `status=false` socket has none."""
        return bool(self._by_stream.get(Stream(StreamMode.STATUS, subject=user_id)))

    def clear(self) -> None:
        """Forget all presences, silently."""
        self._by_stream.clear()
        self._by_session.clear()

    def _remove(self, stream: Stream, session_id: str) -> Presence | None:
        presences = self._by_stream.get(stream, {})
        presence = presences.pop(session_id, None)
        if presence is None:
            return None
        if not presences:
            del self._by_stream[stream]
        streams = self._by_session[session_id]
        streams.discard(stream)
        if not streams:
            del self._by_session[session_id]
        return presence

    def _tell(self, stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]) -> None:
        shown = [presence for presence in joins if not presence.hidden]
        gone = [presence for presence in leaves if not presence.hidden]
        if shown or gone:
            self._listeners.get(stream.mode, self._other)(stream, shown, gone)


def _nobody(stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]) -> None:
    """There is no listener yet."""
