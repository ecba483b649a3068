"""`nk.stream…`, `nk.session…` and `nk.status…`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mock_server.runtime.errors import BadArgument
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import Given, Object, camel_keys, is_integer, json_of
from mock_server.runtime.js.values import UNDEFINED
from mock_server.wire.uuids import NIL, parse_uuid

_NO_SESSION = "session id does not exist"
_PRESENCES = "expects an array of presence objects"
_SESSION = "expects a valid session id"


def stream_user_list(given: Given, nk: Nk) -> Any:
    """`nk.streamUserList(stream, includeHidden?, includeNotHidden?)`."""
    where = _stream(given, 0)
    hidden, not_hidden = given.defined(1, given.flag, True), given.defined(2, given.flag, True)
    found = nk("stream_user_list", where, hidden, not_hidden)
    return [_with_reason(_renamed(camel_keys(each))) for each in found]


def stream_user_get(given: Given, nk: Nk) -> Any:
    """`nk.streamUserGet(userId, sessionId, stream)`."""
    who = _user(given), _session(given)
    found = nk("stream_user_get", *who, _stream(given, 2))
    return None if found is None else _with_reason(camel_keys(found))


def stream_user_join(given: Given, nk: Nk) -> Any:
    """`nk.streamUserJoin(userId, sessionId, stream, hidden, persistence, status?)`."""
    who = _user(given), _session(given)
    presence = _presence(given)
    with _unknown_session():
        return nk("stream_user_join", *who, *presence)


def stream_user_update(given: Given, nk: Nk) -> Any:
    """`nk.streamUserUpdate(userId, sessionId, stream, hidden, persistence, status?)`."""
    who = _user(given), _session(given)
    presence = _presence(given)
    with _unknown_session():
        nk("stream_user_update", *who, *presence)
    return UNDEFINED


def stream_user_leave(given: Given, nk: Nk) -> Any:
    """`nk.streamUserLeave(userId, sessionId, stream)`."""
    user_id, session_id = _user(given), _session(given)
    where = _stream(given, 2)
    nk("stream_user_leave", user_id, session_id, where)
    return UNDEFINED


def stream_user_kick(given: Given, nk: Nk) -> Any:
    """`nk.streamUserKick(presence, stream)`."""
    if given.value(0) is UNDEFINED:
        raise ScriptTypeError("expects presence object")
    presence = given.object(0, "expects a presence object")
    ids = {}
    for name in ("userId", "sessionId"):
        value = presence.get(name, NIL)
        if not isinstance(value, str):
            raise ScriptTypeError(f"presence {name} must be a string")
        ids[name] = parse_uuid(value)
        if ids[name] is None:
            raise ScriptTypeError(f"invalid {name}")
    node = presence.get("node")
    if "node" in presence and not isinstance(node, str):
        raise ScriptTypeError("")  # Nakama gives goja an error where it takes a text
    if NIL in ids.values() or node == "":
        raise ScriptTypeError("expects each presence to have a valid userId, sessionId, and node")
    who = {"user_id": ids["userId"], "session_id": ids["sessionId"]}
    if "node" in presence:
        who["node"] = node
    nk("stream_user_kick", who, _stream(given, 1))
    return UNDEFINED


def stream_count(given: Given, nk: Nk) -> Any:
    """`nk.streamCount(stream)`."""
    return nk("stream_count", _stream(given, 0))


def stream_close(given: Given, nk: Nk) -> Any:
    """`nk.streamClose(stream)`."""
    nk("stream_close", _stream(given, 0))
    return UNDEFINED


def stream_send(given: Given, nk: Nk) -> Any:
    """`nk.streamSend(stream, data, presences?, reliable?)`."""
    where, data = _stream(given, 0), given.text(1)
    presences = _presences(given)
    nk("stream_send", where, data, presences, given.defined(3, given.flag, True))
    return UNDEFINED


def stream_send_raw(given: Given, nk: Nk) -> Any:
    """`nk.streamSendRaw(stream, envelope, presences?, reliable?)`."""
    where = _stream(given, 0)
    envelope = json_of(given.object(1, "expects envelope object"), "failed to convert envelope: {}")
    presences = _presences(given, "expects a presences array")
    reliable = given.defined(3, given.flag, True)
    try:
        nk("stream_send_raw", where, envelope, presences, reliable)
    except BadArgument as error:
        raise ScriptGoError(error.expected.replace("\xa0", " ")) from None
    return UNDEFINED


def session_disconnect(given: Given, nk: Nk) -> Any:
    """`nk.sessionDisconnect(sessionId, reason?)`."""
    session_id = given.uuid(0, _SESSION, "expects a session id")
    nk("session_disconnect", session_id, given.optional(1, given.integer, 0))
    return UNDEFINED


def session_logout(given: Given, nk: Nk) -> Any:
    """`nk.sessionLogout(userId, token?, refreshToken?)`."""
    user_id = given.uuid(0, "expects a valid user id", "expects a user id")
    tokens = (
        given.defined(1, lambda it: given.text(it, "expects token to be a string"), ""),
        given.defined(2, lambda it: given.text(it, "expects refresh token to be a string"), ""),
    )
    nk("session_logout", user_id, *tokens)
    return UNDEFINED


def status_follow(given: Given, nk: Nk) -> Any:
    """`nk.statusFollow(sessionId, userIds)`."""
    return _status(given, nk, "status_follow")


def status_unfollow(given: Given, nk: Nk) -> Any:
    """`nk.statusUnfollow(sessionId, userIds)`."""
    return _status(given, nk, "status_unfollow")


def _status(given: Given, nk: Nk, name: str) -> Any:
    session_id = given.uuid(0, _SESSION)
    ids = given.strings(1, "expects an array of user ids")
    if not all(parse_uuid(each) for each in ids):
        raise ScriptTypeError("expects a valid user id")
    if ids:
        nk(name, session_id, ids)
    return UNDEFINED


def _stream(given: Given, number: int) -> Object:
    if given.value(number) is UNDEFINED:
        raise ScriptTypeError("expects stream object")
    stream = given.object(number, "expects a stream object")
    mode = stream.get("mode", 0)
    if not is_integer(mode):
        raise ScriptTypeError("stream mode must be a number")
    shared: Object = {"mode": mode}
    for name in ("subject", "subcontext", "label"):
        if name not in stream:
            continue
        value = stream[name]
        if not isinstance(value, str):
            raise ScriptTypeError(f"stream {name} must be a string")
        if name != "label" and parse_uuid(value) is None:
            raise ScriptTypeError(f"stream {name} must be a valid identifier")
        shared[name] = value
    return shared


def _presence(given: Given) -> tuple[Object, bool, bool, str]:
    where = _stream(given, 2)
    hidden = given.defined(3, given.flag, False)
    persistence = given.defined(4, given.flag, True)
    return where, hidden, persistence, given.defined(5, given.text, "")


def _presences(given: Given, expected: str = _PRESENCES) -> list[Object] | None:
    if not given.has(2):
        return None
    presences = []
    for each in given.objects(2, expected):
        session_id = each.get("sessionId", NIL)
        if not isinstance(session_id, str):
            raise ScriptTypeError("presence sessionId must be a string")
        if parse_uuid(session_id) is None:
            raise ScriptTypeError("invalid presence sessionId")
        if not isinstance(each.get("nodeId", ""), str):
            raise ScriptTypeError("expects node id to be a string")
        presences.append({"session_id": session_id})
    return presences


def _user(given: Given) -> str:
    return given.uuid(0, "invalid user id", "expects user id")


def _session(given: Given) -> str:
    return given.uuid(1, "invalid session id", "expects session id")


def _renamed(presence: Object) -> Object:
    return {("nodeId" if name == "node" else name): value for name, value in presence.items()}


def _with_reason(presence: Object) -> Object:
    return {"reason": 1, **presence}


@contextmanager
def _unknown_session() -> Iterator[None]:
    """Word it as JavaScript does that a session is not open."""
    try:
        yield
    except BadArgument as error:
        if error.expected == _NO_SESSION:
            raise ScriptGoError(_NO_SESSION) from None
        raise
