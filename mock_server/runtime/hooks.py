"""Before and after hooks: functions of server modules around requests and socket messages."""

from __future__ import annotations

import inspect
import logging
from typing import Any

from mock_server.features.sessions.core import Sessions
from mock_server.http.routing import Call, Route
from mock_server.identity import Identity
from mock_server.realtime.requests import ErrorCode, RealtimeError
from mock_server.realtime.session import SocketSession
from mock_server.runtime.context import Context, Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.registrations import Registrations
from mock_server.wire.errors import DecodeError, GrpcCode
from mock_server.wire.messages import envelope
from mock_server.wire.protojson import decode_value, document_json, message_json
from mock_server.wire.schema import Message

_log = logging.getLogger("mock_server.runtime")

NOT_FOUND = "Requested resource was not found."
_UNREADABLE = "Could not complete runtime Before function."
_NOTHING_TO_DO = {
    "AddFriends": ("ids", "usernames"),
    "DeleteFriends": ("ids", "usernames"),
    "BlockFriends": ("ids", "usernames"),
    "AddGroupUsers": ("user_ids",),
    "BanGroupUsers": ("user_ids",),
    "KickGroupUsers": ("user_ids",),
    "PromoteGroupUsers": ("user_ids",),
    "DeleteNotifications": ("ids",),
    "ReadStorageObjects": ("object_ids",),
    "WriteStorageObjects": ("objects",),
    "DeleteStorageObjects": ("object_ids",),
}
"""Requests that Nakama answers at once, without an after hook, where all these fields are empty."""


class Disabled(Exception):
    """A before hook returned nothing: the resource is switched off."""


class Hooks:
    """Calls the hooks of one server.

    Args:
        registrations: The hooks.
        contexts: Makes their contexts.
        sessions: Signals a login.
    """

    def __init__(
        self, registrations: Registrations, contexts: Contexts, sessions: Sessions
    ) -> None:
        self._registrations = registrations
        self._contexts = contexts
        self._sessions = sessions

    async def before_request(self, route: Route, call: Call) -> None:
        """Let the before hook of a route look at a request, and change it.

        Raises:
            Disabled: It returned nothing.
            ModuleError: It refused.
        """
        function = self._registrations.active.before.get(route.name.lower())
        if function is None:
            return
        request = message_json(route.message, call.request)
        result: Any = function(self._request_context("before", call, call.identity), request)
        if inspect.isawaitable(result):
            result = await result
        if not route.message.fields:
            return  # a request without fields can't be switched off, as in Nakama
        call.request = _decoded(route.message, result)

    async def after_request(self, route: Route, call: Call, response: dict[str, Any]) -> None:
        """Tell the after hook of a route of a request that succeeded; its errors are logged."""
        function = self._registrations.active.after.get(route.name.lower())
        empty = [not call.request[name] for name in _NOTHING_TO_DO.get(route.name, ())]
        if function is None or (empty and all(empty)):
            return
        token = response.get("token") if not call.identity.user_id else None
        identity = (token and self._sessions.check(token)) or call.identity
        context = self._request_context("after", call, identity)
        request = message_json(route.message, call.request)
        shown = document_json(route.operation.response, response)
        await _observe(function, context, shown, request, name=route.name)

    async def before_message(
        self, session: SocketSession, member: str, fields: dict[str, Any]
    ) -> dict[str, Any]:
        """Let the before hook of a socket message look at it, and return what to go on with.

        Args:
            session: Who sent it.
            member: The envelope's member, as `channel_join`.
            fields: The decoded envelope.

        Raises:
            Disabled: It returned nothing.
            ModuleError: It refused, or returned another message.
            RealtimeError: What it returned is no envelope.
        """
        function = self._registrations.active.before_rt.get(_rt_name(member))
        if function is None:
            return fields
        context = self._contexts.of_socket(session, "before")
        result: Any = function(context, message_json(envelope(), fields))
        if inspect.isawaitable(result):
            result = await result
        try:
            changed = _decoded(envelope(), result)
        except ModuleError:
            raise RealtimeError(
                ErrorCode.RUNTIME_FUNCTION_EXCEPTION,
                _UNREADABLE,
                has_cid=_has_readable_cid(result),
            ) from None
        if changed[member] is None:
            raise ModuleError(_UNREADABLE)
        return changed

    async def after_message(
        self,
        session: SocketSession,
        member: str,
        fields: dict[str, Any],
        reply: dict[str, Any] | None,
    ) -> None:
        """Tell the after hook of a socket message that succeeded; its errors are logged.

        Args:
            session: Who sent it.
            member: The envelope's member, as `channel_join`.
            fields: The decoded envelope.
            reply: The reply's envelope; None where there is none.
        """
        function = self._registrations.active.after_rt.get(_rt_name(member))
        if function is not None:
            context = self._contexts.of_socket(session, "after")
            request = message_json(envelope(), fields)
            shown = document_json(envelope(), reply or {})
            await _observe(function, context, shown, request, name=member)

    def _request_context(self, mode: str, call: Call, identity: Identity) -> Context:
        return self._contexts.of_request(
            mode, identity, client_ip=call.client_ip, client_port=call.client_port
        )


def _rt_name(member: str) -> str:
    """The name in `register_rt_before`, in lower case; RPCs have no hooks."""
    return "" if member == "rpc" else member.replace("_", "")


def _has_readable_cid(result: Any) -> bool:
    """Whether the cid of a broken envelope counts: it is read in the order of names."""
    if not isinstance(result, dict) or "cid" not in result:
        return False
    try:
        decode_value(envelope(), {name: result[name] for name in result if name <= "cid"})
    except DecodeError:
        return False
    return True


def _decoded(message: Message, result: Any) -> dict[str, Any]:
    if result is None:
        raise Disabled
    try:
        return decode_value(message, result)
    except DecodeError as error:
        _log.error("a before hook returned no %s: %s", message.name, error)
        raise ModuleError(_UNREADABLE, GrpcCode.INTERNAL) from None


async def _observe(
    function: Any, context: Context, response: dict[str, Any], request: dict[str, Any], *, name: str
) -> None:
    try:
        result = function(context, response, request)
        if inspect.isawaitable(result):
            await result
    except ModuleError as error:
        _log.error("the after hook of %s failed: %s", name, error.message)
    except Exception:
        _log.exception("the after hook of %s failed", name)
