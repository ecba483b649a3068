"""`nk.stream_*`: streams that server modules make."""

from __future__ import annotations

from typing import Any

from mock_server.realtime.stream import Presence, Stream
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions


class StreamFunctions(RuntimeFunctions):
    """Let sessions join and leave streams, and send to them."""

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

        Returns:
            Whether it is newly there.

        Raises:
            ModuleError: A bad argument, or a session that is not open.
        """
        given = Arguments(
            "stream_user_join", user_id, session_id, stream, hidden, persistence, status
        )
        owner = given.uuid(1, "expects valid user id")
        session = self._parts.registry.get(given.uuid(2, "expects valid session id"))
        where = _stream(given, 3)
        if session is None or session.user_id != owner:
            raise ModuleError("stream user join failed: session not found")
        return self._parts.tracker.track(
            where,
            Presence(
                owner,
                session.id,
                session.username,
                hidden=given.optional_flag(4),
                persistence=given.optional_flag(5),
                status=given.optional_text(6) or None,
            ),
        )

    def stream_user_leave(
        self, user_id: Any = None, session_id: Any = None, stream: Any = None
    ) -> None:
        """Let a session leave a stream.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("stream_user_leave", user_id, session_id, stream)
        given.uuid(1, "expects valid user id")
        session = given.uuid(2, "expects valid session id")
        self._parts.tracker.untrack(_stream(given, 3), session)

    def stream_send(
        self, stream: Any = None, data: Any = None, presences: Any = None, reliable: Any = None
    ) -> None:
        """Send text to everybody in a stream, or to some of them.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("stream_send", stream, data, presences, reliable)
        where, text = _stream(given, 1), given.text(2)
        chosen = given.optional_table(3)
        message: dict[str, Any] = {"stream": where.message()}
        if text:
            message["data"] = text
        if given.optional_flag(4, default=True):
            message["reliable"] = True
        envelope = {"stream_data": message}
        if not chosen:
            self._parts.router.send_to_stream(where, envelope)
            return
        named = {str(each.get("session_id")) for each in given.items(3) if isinstance(each, dict)}
        present = self._parts.tracker.of_stream(where, hidden=True)
        self._parts.router.send_to_presences(
            [each for each in present if each.session_id in named], envelope
        )


def _stream(given: Arguments, number: int) -> Stream:
    table = given.table(number)
    fields = table if isinstance(table, dict) else {}
    mode = fields.get("mode", 0)
    if not isinstance(mode, int | float) or isinstance(mode, bool):
        raise given.error(number, "stream mode must be a number")
    for name in ("subject", "subcontext", "label"):
        if not isinstance(fields.get(name, ""), str):
            raise given.error(number, f"stream {name} must be a string")
    return Stream(
        int(mode),
        fields.get("subject", ""),
        fields.get("subcontext", ""),
        fields.get("label", ""),
    )
