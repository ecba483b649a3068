"""Requests over a socket: how a feature describes each kind that it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Any

from attrs import frozen

from mock_server.realtime.session import SocketSession


class ErrorCode(IntEnum):
    """The `Error.Code` of realtime replies."""

    RUNTIME_EXCEPTION = 0
    UNRECOGNIZED_PAYLOAD = 1
    MISSING_PAYLOAD = 2
    BAD_INPUT = 3
    MATCH_NOT_FOUND = 4
    MATCH_JOIN_REJECTED = 5
    RUNTIME_FUNCTION_NOT_FOUND = 6
    RUNTIME_FUNCTION_EXCEPTION = 7


class RealtimeError(Exception):
    """A request's refusal; the socket stays open.

    Attributes:
        code: What kind of refusal.
        message: Nakama's text.
        has_cid: Whether the reply carries the request's cid.
    """

    def __init__(self, code: ErrorCode, message: str, *, has_cid: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.has_cid = has_cid


class Ignored(Exception):
    """A request that fails without an answer; hooks are not called either."""


Reply = dict[str, Any] | None
RequestHandler = Callable[[SocketSession, dict[str, Any]], Reply | Awaitable[Reply]]


@frozen
class SocketRequest:
    """One kind of envelope that clients send.

    Attributes:
        member: Its name in the envelope, as `rpc`.
        handler: Returns the reply's members; `{}` for a bare cid, None for no reply at all.
        hides_reply: Whether the after hook gets no reply, as for `party_leave` in Nakama.
        held_back: The presence events that the requester gets after the reply, as from Nakama's
            tracker, which sends these a moment later; empty for none.
    """

    member: str
    handler: RequestHandler
    hides_reply: bool = False
    held_back: str = ""


def error_reply(code: ErrorCode, message: str) -> dict[str, Any]:
    """The members of a reply that refuses a request."""
    return {"error": error_message(code, message)}


def error_message(code: ErrorCode, message: str) -> dict[str, Any]:
    """The `Error` member of a reply; code 0 and an empty text are left out, as proto3 does."""
    return ({"code": int(code)} if code else {}) | ({"message": message} if message else {})
