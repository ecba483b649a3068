"""`nk.stream_*`: streams that server modules make."""

from __future__ import annotations

from typing import Any

from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.session_ids import is_of_node
from mock_server.realtime.stream import Presence, Stream
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.arguments import Arguments, ArgumentTable, whole
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire import messages
from mock_server.wire.errors import DecodeError
from mock_server.wire.protojson import decode_value, message_json
from mock_server.wire.uuids import NIL


class StreamFunctions(RuntimeFunctions):
    """Let sessions join and leave streams, and send to them.

    A stream is a table with `mode` (a number), and where needed `subject`, `subcontext` (uuids)
    and `label` (a text).
    """

    def __init__(
        self, node: str, registry: SessionRegistry, tracker: Tracker, router: Router
    ) -> None:
        self._node = node
        self._registry = registry
        self._tracker = tracker
        self._router = router

    def stream_user_list(
        self, stream: Any = None, include_hidden: Any = None, include_not_hidden: Any = None
    ) -> list[dict[str, Any]]:
        """List the presences of a stream.

        Args:
            stream: Which.
            include_hidden: Whether the hidden ones are listed; True when left out.
            include_not_hidden: Whether the others are; True when left out.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("stream_user_list", stream, include_hidden, include_not_hidden)
        where = _stream(given, 1, 1)
        wanted = {
            True: given.optional_flag(2, default=True),
            False: given.optional_flag(3, default=True),
        }
        present = self._tracker.of_stream(where, hidden=True)
        return [
            {
                "user_id": presence.user_id,
                "session_id": presence.session_id,
                "node": self._node,
                **_meta(presence),
            }
            for presence in present
            if wanted[presence.hidden]
        ]

    def stream_user_get(
        self, user_id: Any = None, session_id: Any = None, stream: Any = None
    ) -> dict[str, Any] | None:
        """How a session is in a stream, or None where it is not.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("stream_user_get", user_id, session_id, stream)
        owner, session = _user(given), _session(given)
        presence = self._tracker.get(_stream(given, 3, 3), session)
        return _meta(presence) if presence is not None and presence.user_id == owner else None

    def stream_user_join(
        self,
        user_id: Any = None,
        session_id: Any = None,
        stream: Any = None,
        hidden: Any = None,
        persistence: Any = None,
        status: Any = None,
    ) -> bool:
        """Let a session join a stream.

        Args:
            user_id: Whose session it is.
            session_id: The session.
            stream: Which stream.
            hidden: Whether it causes no events; False when left out.
            persistence: Whether its messages are stored; True when left out.
            status: A status text.

        Returns:
            Whether it is newly there.

        Raises:
            ModuleError: A bad argument, or a session that is not open.
        """
        given = Arguments(
            "stream_user_join", user_id, session_id, stream, hidden, persistence, status
        )
        where, presence = self._stream_presence(given, "join")
        return self._tracker.track(where, presence)

    def stream_user_update(
        self,
        user_id: Any = None,
        session_id: Any = None,
        stream: Any = None,
        hidden: Any = None,
        persistence: Any = None,
        status: Any = None,
    ) -> None:
        """Change how a session is in a stream; see `stream_user_join`.

        Raises:
            ModuleError: A bad argument, or a session that is not open.
        """
        given = Arguments(
            "stream_user_update", user_id, session_id, stream, hidden, persistence, status
        )
        where, presence = self._stream_presence(given, "update")
        self._tracker.update(where, presence)

    def stream_user_leave(
        self, user_id: Any = None, session_id: Any = None, stream: Any = None
    ) -> None:
        """Let a session leave a stream; one that is not there is no error.

        Raises:
            ModuleError: A bad argument, or a session that was never this server's.
        """
        given = Arguments("stream_user_leave", user_id, session_id, stream)
        owner, session = _user(given), _session(given)
        where = _stream(given, 3, 3)
        self._check_node(session, "leave")
        self._leave_stream(where, owner, session)

    def stream_user_kick(self, presence: Any = None, stream: Any = None) -> None:
        """Make a session leave a stream.

        Args:
            presence: A table with `user_id`, `session_id` and, if wanted, `node`.
            stream: Which stream.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("stream_user_kick", presence, stream)
        if presence is None:
            raise given.error(1, "expects a valid presence")
        entry = ArgumentTable(given, 1, given.table(1), "expects a valid presence")
        owner, session = _presence_id(entry, "user_id"), _presence_id(entry, "session_id")
        node = entry.typed("node", "string")
        if owner in (None, NIL) or session in (None, NIL) or node == "":
            raise given.error(
                1, "expects each presence to have a valid user_id, session_id, and node"
            )
        where = _stream(given, 2, 2)
        self._check_node(session or "", "kick")
        self._leave_stream(where, owner or "", session or "")

    def stream_count(self, stream: Any = None) -> int:
        """How many presences a stream has, the hidden ones included.

        Raises:
            ModuleError: A bad argument.
        """
        where = _stream(Arguments("stream_count", stream), 1, 3)
        return len(self._tracker.of_stream(where, hidden=True))

    def stream_close(self, stream: Any = None) -> None:
        """Make all presences leave a stream.

        Raises:
            ModuleError: A bad argument.
        """
        self._tracker.untrack_stream(_stream(Arguments("stream_close", stream), 1, 3))

    def stream_send(
        self, stream: Any = None, data: Any = None, presences: Any = None, reliable: Any = None
    ) -> None:
        """Send text to all presences of a stream, or to some sessions.

        Args:
            stream: Which.
            data: A text.
            presences: Tables with a `session_id`; all of the stream when left out or empty.
            reliable: Shown to the receivers; True when left out.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("stream_send", stream, data, presences, reliable)
        where, text = _stream(given, 1, 3), given.text(2)
        message: dict[str, Any] = {"stream": where.message()}
        sessions = _sessions(given)
        if text:
            message["data"] = text
        if given.optional_flag(4, default=True):
            message["reliable"] = True
        self._send_to_stream(where, sessions, {"stream_data": message})

    def stream_send_raw(
        self, stream: Any = None, envelope: Any = None, presences: Any = None, reliable: Any = None
    ) -> None:
        """Send a realtime envelope to all presences of a stream, or to some sessions.

        Args:
            stream: Which.
            envelope: A table as clients receive it, as `{stream_data = {…}}`.
            presences: Tables with a `session_id`; all of the stream when left out or empty.
            reliable: Not shown to anybody.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("stream_send_raw", stream, envelope, presences, reliable)
        where, table = _stream(given, 1, 3), given.table(2)
        sessions = _sessions(given)
        given.optional_flag(4, default=True)
        try:
            fields = decode_value(messages.envelope(), table if isinstance(table, dict) else {})
        except DecodeError as error:
            raise given.error(2, f"not a valid envelope: {error}") from None
        self._send_to_stream(where, sessions, message_json(messages.envelope(), fields))

    def _check_node(self, session_id: str, verb: str) -> None:
        if not is_of_node(session_id, self._node):
            raise ModuleError(f"stream user {verb} failed: node not found")

    def _stream_presence(self, given: Arguments, verb: str) -> tuple[Stream, Presence]:
        owner, session_id = _user(given), _session(given)
        where = _stream(given, 3, 3)
        hidden = given.optional_flag(4)
        persistence = given.optional_flag(5, default=True)
        status = given.optional_text(6) or None
        self._check_node(session_id, verb)
        session = self._registry.get(session_id)
        if session is None:
            raise given.error(2, "session id does not exist")
        return where, Presence(
            owner,
            session.id,
            session.username,
            hidden=hidden,
            persistence=persistence,
            status=status,
        )

    def _leave_stream(self, where: Stream, user_id: str, session_id: str) -> None:
        presence = self._tracker.get(where, session_id)
        if presence is not None and presence.user_id == user_id:
            self._tracker.untrack(where, session_id)

    def _send_to_stream(self, where: Stream, sessions: list[str], envelope: dict[str, Any]) -> None:
        if not sessions:
            self._router.send_to_stream(where, envelope)
            return
        receivers = [Presence("", session_id, "") for session_id in sessions]
        self._router.send_to_presences(receivers, envelope)


def _presence_id(entry: ArgumentTable, name: str) -> str | None:
    expected = f"expects each presence to have a valid {name}"
    entry.typed(name, "string", expected)
    return entry.uuid(name, expected)


def _user(given: Arguments) -> str:
    return given.uuid(1, "expects valid user id", absent="expects user id")


def _session(given: Arguments) -> str:
    return given.uuid(2, "expects valid session id", absent="expects session id")


def _meta(presence: Presence) -> dict[str, Any]:
    return {
        "hidden": presence.hidden,
        "persistence": presence.persistence,
        "username": presence.username,
        "status": presence.status or "",
    }


def _stream(given: Arguments, number: int, blamed: int) -> Stream:
    """The stream of an argument; Nakama's errors sometimes blame another one."""
    given.table(number)
    entry = ArgumentTable(given, blamed, given.table(number), "expects a valid stream")
    mode = entry.typed("mode", "number", "stream mode must be a number")
    ids = {}
    for name in ("subject", "subcontext"):
        entry.typed(name, "string", f"stream {name} must be a string")
        value = entry.uuid(name, f"stream {name} must be a valid identifier")
        ids[name] = "" if value in (None, NIL) else str(value)
    label = entry.typed("label", "string", "stream label must be a string")
    return Stream(whole(mode or 0) % 256, ids["subject"], ids["subcontext"], label or "")


def _sessions(given: Arguments) -> list[str]:
    if given.optional_table(3) is None:
        return []
    sessions = []
    for entry in given.entries(3, "expects a valid set of presences"):
        entry.typed("session_id", "string", "presence session id must be a string")
        entry.typed("node", "string", "presence node must be a string")
        sessions.append(
            entry.uuid("session_id", "presence session id must be a valid identifier") or NIL
        )
    return sessions
