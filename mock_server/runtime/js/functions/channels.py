"""`nk.channel…`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.errors import BadArgument, ModuleError
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import Given, Object, json_of
from mock_server.runtime.js.values import ProtobufMessage, Revived
from mock_server.wire.uuids import parse_uuid

_CHANNEL = "invalid channel id"
_MESSAGE = "Invalid message identifier"
_SENDER = "expects sender id to be valid identifier"


def channel_id_build(given: Given, nk: Nk) -> Any:
    """`nk.channelIdBuild(senderId, target, type)`."""
    sender = given.uuid(0, _SENDER) if given.has(0) else ""
    return nk("channel_id_build", sender, given.text(1), given.integer(2))


def channel_message_send(given: Given, nk: Nk) -> Any:
    """`nk.channelMessageSend(channelId, content?, senderId?, username?, persist?)`."""
    channel, content = given.text(0), _content(given, 1)
    return _written(nk, "send", "channel_message_send", channel, content, *_author(given, 2))


def channel_message_update(given: Given, nk: Nk) -> Any:
    """`nk.channelMessageUpdate(channelId, messageId, content?, senderId?, username?, persist?)`."""
    channel, message = given.text(0), _message(given)
    content = _content(given, 2)
    return _written(
        nk, "update", "channel_message_update", channel, message, content, *_author(given, 3)
    )


def channel_message_remove(given: Given, nk: Nk) -> Any:
    """`nk.channelMessageRemove(channelId, messageId, senderId?, username?, persist?)`."""
    channel, message = given.text(0), _message(given)
    return _written(nk, "remove", "channel_message_remove", channel, message, *_author(given, 2))


def channel_messages_list(given: Given, nk: Nk) -> Any:
    """`nk.channelMessagesList(channelId, limit?, forward?, cursor?)`."""
    channel = given.text(0)
    limit = given.optional(1, given.integer, 100)
    if not 1 <= limit <= 100:
        raise ScriptTypeError("limit must be 1-100")
    forward, cursor = given.optional(2, given.flag, True), given.optional(3, given.text, "")
    try:
        messages, following, previous = nk("channel_messages_list", channel, limit, forward, cursor)
    except ModuleError as error:
        raise _refusal(error, "list channel messages") from None
    return {"messages": messages, "nextCursor": following or "", "prevCursor": previous or ""}


def _content(given: Given, number: int) -> Object:
    if not given.has(number):
        return {}
    content = given.object(number, "expects content to be an object")
    return dict(json_of(content, "error encoding content: {}", ScriptTypeError))


def _message(given: Given) -> str:
    text = given.text(1)
    if parse_uuid(text) is None:
        raise ScriptTypeError(_MESSAGE)
    return text


def _author(given: Given, first: int) -> tuple[str | None, str, bool]:
    sender = given.uuid(first, _SENDER) if given.has(first) else None
    username = given.optional(first + 1, given.text, "")
    return sender, username, given.optional(first + 2, given.flag, True)


def _written(nk: Nk, verb: str, name: str, *arguments: Any) -> Revived:
    """What the functions that write return: two members are protobuf messages, by mistake."""
    try:
        acknowledged: Object = nk(name, *arguments)
    except ModuleError as error:
        raise _refusal(error, f"{verb} channel message") from None
    members = {
        each: ProtobufMessage({"Value": acknowledged[each]}) for each in ("code", "persistent")
    }
    return Revived(acknowledged | members)


def _refusal(error: ModuleError, task: str) -> Exception:
    if isinstance(error, BadArgument):
        return ScriptTypeError(error.expected)
    if _CHANNEL in error.message:
        return ScriptTypeError(_CHANNEL)
    _, _, reason = error.message.partition(": ")
    return ScriptGoError(f"failed to {task}: {reason}")
