"""The dispatcher of match handlers, with the argument checks of Nakama's JavaScript runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mock_server.runtime.js.errors import ScriptTypeError
from mock_server.runtime.js.given import Given, Object
from mock_server.runtime.match_handler import Broadcast, Dispatcher, MatchPresence
from mock_server.wire.uuids import parse_uuid

NAMES = ("broadcastMessage", "broadcastMessageDeferred", "matchKick", "matchLabelUpdate")
"""The functions of a dispatcher."""

_DATA = "expects data to be an ArrayBuffer, a string or nil"
_NO_SESSION = "presence is expected to contain a 'sessionId'"


def dispatch(dispatcher: Dispatcher, name: str, given: Given) -> None:
    """Do what a match handler asks for.

    Raises:
        ScriptTypeError: A bad argument.
        ModuleError: The match has ended, or takes no more.
    """
    functions: Mapping[str, Callable[[Given], None]] = {
        "broadcastMessage": lambda it: _broadcast(it, dispatcher.broadcast),
        "broadcastMessageDeferred": lambda it: _broadcast(it, dispatcher.broadcast_deferred),
        "matchKick": lambda it: _kick(it, dispatcher),
        "matchLabelUpdate": lambda it: dispatcher.update_label(it.text(0)),
    }
    functions[name](given)


def _broadcast(given: Given, send: Callable[[Broadcast], None]) -> None:
    op_code = given.integer(0)
    data = given.value(1) if given.has(1) else b""
    if not isinstance(data, str | bytes):
        raise ScriptTypeError(_DATA)
    receivers = None
    if given.has(2):
        receivers = [
            _receiver(each) for each in given.objects(2, "expects an array of presences or nil")
        ]
        if not receivers:
            return
    sender = _sender(given.object(3, "expects sender to be an object")) if given.has(3) else None
    content = data.encode() if isinstance(data, str) else data
    send(Broadcast(op_code, content, receivers, sender, given.optional(4, given.flag, True)))


def _kick(given: Given, dispatcher: Dispatcher) -> None:
    if given.has(0):
        presences = given.objects(0, "expects an array of presence objects")
        dispatcher.kick([_kicked(each) for each in presences])


def _receiver(presence: Object) -> tuple[str, str]:
    return _session(presence), _node(presence, "nodeId")


def _sender(presence: Object) -> dict[str, str]:
    user_id, session_id = _user(presence), _session(presence)
    if presence.get("username") is None:
        raise ScriptTypeError("presence is expected to contain a 'username'")
    # Nakama shows the session's id as the name, by mistake.
    return {"user_id": user_id, "session_id": session_id, "username": session_id}


def _kicked(presence: Object) -> MatchPresence:
    return MatchPresence(_user(presence), _session(presence), "", _node(presence, "node"))


def _user(presence: Object) -> str:
    value = presence.get("userId")
    if value is None:
        raise ScriptTypeError("expects presence to contain 'userId'")
    if not isinstance(value, str):
        raise ScriptTypeError("expects presence to contain 'userId' string")
    if parse_uuid(value) is None:
        raise ScriptTypeError("expects presence to contain valid userId")
    return value


def _session(presence: Object) -> str:
    value = presence.get("sessionId")
    if value is None:
        raise ScriptTypeError(_NO_SESSION)
    if not isinstance(value, str):
        raise ScriptTypeError("expects a 'sessionId' string")
    if parse_uuid(value) is None:
        raise ScriptTypeError("expects a valid 'sessionId'")
    return value


def _node(presence: Object, what: str) -> str:
    value = presence.get("node")
    if value is None:
        raise ScriptTypeError("expects presence to contain a 'node'")
    if not isinstance(value, str):
        raise ScriptTypeError(f"expects a '{what}' string")
    return value
