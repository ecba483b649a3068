"""The pipeline: from a frame to a feature's handler, and the reply with the same cid."""

from __future__ import annotations

import difflib
import inspect
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from attrs import frozen

from mock_server.realtime.session import SocketSession
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.hooks import NOT_FOUND, Disabled, Hooks
from mock_server.wire import messages
from mock_server.wire.protojson import DecodeError, decode_frame
from mock_server.wire.schema import Message
from server_kit import Entry

if TYPE_CHECKING:
    from mock_server.parts import Parts

_log = logging.getLogger("mock_server.socket")

_REFUSED = "error processing message"


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
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


Reply = dict[str, Any] | None
RequestHandler = Callable[["Parts", SocketSession, dict[str, Any]], Reply | Awaitable[Reply]]


@frozen
class Request:
    """One kind of envelope that clients send.

    Attributes:
        member: Its name in the envelope, as `rpc`.
        message: The member's fields.
        handler: Returns the reply's members; `{}` for a bare cid, None for no reply at all.
    """

    member: str
    message: Message
    handler: RequestHandler


class Pipeline:
    """Decodes frames, calls handlers, replies.

    Args:
        parts: The server.
        requests: What clients may send.
    """

    def __init__(self, parts: Parts, requests: Iterable[Request]) -> None:
        self._parts = parts
        self._hooks = Hooks(parts)
        self._requests = {request.member: request for request in requests}
        self._envelope = messages.envelope()

    async def receive(self, session: SocketSession, text: str) -> None:
        """Handle one frame; a malformed one ends its socket."""
        try:
            envelope = decode_frame(self._envelope, text)
        except DecodeError:
            self._journal(session, "malformed", text)
            session.disconnect("received malformed payload")
            return
        members = ((name, value) for name, value in envelope.items() if name != "cid")
        member = next((name for name, value in members if value is not None), None)
        if member is None or member not in self._requests:
            self._journal(session, member or "empty", text, unmatched=self._nearest(member))
            session.disconnect(_REFUSED)
            return
        error = await self._answer(session, member, envelope)
        self._journal(session, member, text, error=error)

    def _nearest(self, member: str | None) -> str:
        """The request nearest to a member that is none."""
        if member is None:
            return "nothing: the envelope is empty"
        return difflib.get_close_matches(member, self._requests, n=1, cutoff=0.0)[0]

    async def _answer(
        self, session: SocketSession, member: str, envelope: dict[str, Any]
    ) -> str | None:
        """Reply to one request; return the traceback of a handler that failed."""
        cid, failure = envelope["cid"], None
        try:
            envelope = await self._hooks.before_message(session, member, self._envelope, envelope)
            cid = envelope["cid"]
            reply = self._requests[member].handler(self._parts, session, envelope[member])
            if inspect.isawaitable(reply):
                reply = await reply
        except Disabled:
            self._reply(session, cid, error_reply(ErrorCode.UNRECOGNIZED_PAYLOAD, NOT_FOUND))
            session.disconnect(_REFUSED)
            return None
        except ModuleError as error:
            reply = error_reply(ErrorCode.RUNTIME_FUNCTION_EXCEPTION, error.message)
        except RealtimeError as error:
            if error.__cause__ is not None:
                failure = traceback.format_exc()
                _log.exception("a handler failed: %s", member)
            reply = error_reply(error.code, error.message)
        except Exception:
            failure = traceback.format_exc()
            _log.exception("a handler failed: %s", member)
            reply = error_reply(ErrorCode.RUNTIME_EXCEPTION, "Internal error")
        else:
            out = self._reply(session, cid, reply)
            await self._hooks.after_message(session, member, self._envelope, envelope, out)
            return None
        self._reply(session, cid, reply)
        return failure

    def _reply(self, session: SocketSession, cid: str, reply: Reply) -> Reply:
        """Send a reply with the request's cid, and return it."""
        if reply is None:
            return None
        out = {"cid": cid, **reply} if cid else reply
        session.reply(out)
        return out

    def _journal(
        self,
        session: SocketSession,
        member: str,
        text: str,
        *,
        unmatched: str | None = None,
        error: str | None = None,
    ) -> None:
        self._parts.journal.write(
            Entry(
                kind="frame",
                name=member,
                time=self._parts.clock.time(),
                user_id=session.user_id,
                body=text[:2000],
                unmatched=unmatched,
                error=error,
            )
        )


def error_reply(code: ErrorCode, message: str) -> dict[str, Any]:
    """The members of a reply that refuses a request."""
    return {"error": error_message(code, message)}


def error_message(code: ErrorCode, message: str) -> dict[str, Any]:
    """The `Error` member of a reply; code 0 is left out, as proto3 does."""
    return ({"code": int(code)} if code else {}) | {"message": message}
