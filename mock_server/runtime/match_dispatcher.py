"""The dispatcher as handlers in Lua and Python call it, with Nakama's argument checks."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.arguments import Arguments, lua_type, to_bytes
from mock_server.runtime.match_handler import Broadcast, Dispatcher, MatchPresence
from mock_server.wire.uuids import NIL, parse_uuid

_EACH = "expects each presence to have a valid"


class DispatcherFunctions:
    """The functions of a match's dispatcher: send to members, kick them, change the label.

    A presence is a table with `user_id`, `session_id` and `node`, as the callbacks get them.

    Args:
        dispatcher: Does it.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def broadcast_message(
        self,
        op_code: Any = None,
        data: Any = None,
        presences: Any = None,
        sender: Any = None,
        reliable: Any = None,
    ) -> None:
        """Send data to members now.

        Args:
            op_code: What kind of data, a 64-bit integer.
            data: A text or bytes; none when left out.
            presences: Who gets it, members only; everybody when left out, nobody when empty.
            sender: The presence that is shown as the sender; the server when left out.
            reliable: Shown to the receivers; True when left out.

        Raises:
            ModuleError: A bad argument, or the match has ended.
        """
        given = Arguments("broadcast_message", op_code, data, presences, sender, reliable)
        broadcast = _broadcast(given, data)
        if broadcast is not None:
            self._dispatcher.broadcast(broadcast)

    def broadcast_message_deferred(
        self,
        op_code: Any = None,
        data: Any = None,
        presences: Any = None,
        sender: Any = None,
        reliable: Any = None,
    ) -> None:
        """Send data to members when the callback has returned; see `broadcast_message`.

        Raises:
            ModuleError: A bad argument, 128 messages wait already, or the match has ended.
        """
        given = Arguments("broadcast_message_deferred", op_code, data, presences, sender, reliable)
        broadcast = _broadcast(given, data)
        if broadcast is not None:
            self._dispatcher.broadcast_deferred(broadcast)

    def match_kick(self, presences: Any = None) -> None:
        """Remove members once the callback has returned; they may join again.

        Raises:
            ModuleError: A bad argument, or the match has ended.
        """
        given = Arguments("match_kick", presences)
        if presences is not None:
            self._dispatcher.kick([_kicked(given, item) for item in given.array(1)])

    def match_label_update(self, label: Any = None) -> None:
        """Change the label; it is empty when left out.

        Raises:
            ModuleError: A bad argument, more than 2048 bytes, or the match has ended.
        """
        self._dispatcher.update_label(Arguments("match_label_update", label).optional_text(1))


def _broadcast(given: Arguments, data: Any) -> Broadcast | None:
    op_code = given.integer(1)
    if data is not None and lua_type(data) != "string":
        raise given.error(2, "expects data to be a string or nil")
    receivers = None
    if given.optional_table(3) is not None:
        receivers = [_receiver(given, item) for item in given.array(3)]
        if not receivers:
            return None
    sender = _sender(given)
    if receivers is not None and len(receivers) == 1:
        _checked_user(given, given.array(3)[0])
    return Broadcast(
        op_code,
        data if isinstance(data, bytes) else to_bytes(data or ""),
        receivers,
        sender,
        given.optional_flag(5, default=True),
    )


def _receiver(given: Arguments, item: Any) -> tuple[str, str]:
    fields = _fields(given, 3, item)
    session_id = _id(given, 3, fields, "session_id", f"{_EACH} session_id")
    node = _string(given, 3, fields, "node", "expects node to be string")
    if session_id in (None, NIL) or not node:
        raise given.error(3, f"{_EACH} session_id and node")
    return session_id or "", node


def _checked_user(given: Arguments, item: Any) -> None:
    """Nakama looks at the user of a single receiver."""
    user_id = _fields(given, 3, item).get("user_id")
    if not isinstance(user_id, str) or parse_uuid(user_id) is None:
        raise given.error(3, f"{_EACH} user_id")


def _sender(given: Arguments) -> dict[str, str] | None:
    table = given.optional_table(4)
    if table is None:
        return None
    fields = _fields(given, 4, table)
    for name in ("user_id", "session_id"):
        _id(given, 4, fields, name, f"expects presence to have a valid {name}")
    _string(given, 4, fields, "username", "expects username to be string")
    names = ("user_id", "session_id", "username")
    if not all(fields.get(name) for name in names):
        raise given.error(4, "expects presence to have a valid user_id, session_id, and username")
    return {name: str(fields[name]) for name in names}


def _kicked(given: Arguments, item: Any) -> MatchPresence:
    fields = _fields(given, 1, item)
    user_id = _id(given, 1, fields, "user_id", f"{_EACH} user_id")
    session_id = _id(given, 1, fields, "session_id", f"{_EACH} session_id")
    node = _string(given, 1, fields, "node", "expects node to be string")
    if user_id in (None, NIL) or session_id in (None, NIL) or not node:
        raise given.error(1, f"{_EACH} user_id, session_id, and node")
    return MatchPresence(user_id or "", session_id or "", "", node)


def _fields(given: Arguments, number: int, item: Any) -> dict[str, Any]:
    if not isinstance(item, dict | list):
        raise given.error(number, "expects a valid set of presences")
    return item if isinstance(item, dict) else {}


def _id(
    given: Arguments, number: int, fields: dict[str, Any], name: str, expected: str
) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    uuid = parse_uuid(value) if isinstance(value, str) else None
    if uuid is None:
        raise given.error(number, expected)
    return uuid


def _string(given: Arguments, number: int, fields: dict[str, Any], name: str, expected: str) -> str:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise given.error(number, expected)
    return value or ""
