"""The pipeline: from a frame to a feature's handler, and the reply with the same cid."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Iterable
from typing import Any

from mock_server.realtime.formats import member_of
from mock_server.realtime.requests import (
    ErrorCode,
    Ignored,
    RealtimeError,
    Reply,
    SocketRequest,
    error_reply,
)
from mock_server.realtime.router import Router
from mock_server.realtime.session import SocketSession
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.hooks import NOT_FOUND, Disabled, Hooks
from mock_server.wire import messages
from mock_server.wire.errors import DecodeError
from server_kit import Clock, Entry, Journal
from server_kit.journal import beginning
from server_kit.nearest import nearest

_log = logging.getLogger("mock_server.socket")

_REFUSED = "error processing message"


class Pipeline:
    """Decodes frames, calls handlers, replies.

    Args:
        requests: What clients may send.
        router: Delivers what the last request caused before the next one is worked.
        hooks: What server modules do before and after.
        journal: Where frames are written down.
        clock: The server's time.
    """

    def __init__(
        self,
        requests: Iterable[SocketRequest],
        *,
        router: Router,
        hooks: Hooks,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._router = router
        self._hooks = hooks
        self._journal = journal
        self._clock = clock
        self._requests = {request.member: request for request in requests}
        if unknown := self._requests.keys() - messages.envelope().fields.keys():
            raise ValueError(f"no members of an envelope: {sorted(unknown)}")

    async def receive(self, session: SocketSession, data: bytes) -> None:
        """Handle one frame; a malformed one ends its socket."""
        self._router.deliver()
        try:
            envelope = session.format.decode(data)
        except DecodeError:
            self._write_journal(session, "malformed", data)
            session.refuse("received malformed payload")
            return
        member = member_of(envelope)
        if member not in self._requests and member in messages.CLIENT_MEMBERS:
            self._refuse_unserved(session, member, envelope["cid"], data)
            return
        if member not in self._requests:
            self._write_journal(session, member or "empty", data, unmatched=self._nearest(member))
            session.refuse(_REFUSED)
            return
        error, reply = await self._answer(session, member, envelope)
        self._write_journal(session, member, data, reply=reply, error=error)

    def _refuse_unserved(self, session: SocketSession, member: str, cid: str, data: bytes) -> None:
        """Say that only the real Nakama serves a request; the socket lives."""
        near = self._nearest(member)
        self._write_journal(session, member, data, unmatched=near)
        text = f"{member} is not in this mock of Nakama; the nearest that is: {near}"
        self._reply(session, cid, error_reply(ErrorCode.UNRECOGNIZED_PAYLOAD, text))

    def _nearest(self, member: str) -> str | None:
        """The kind of request that resembles an unknown member most."""
        if not member:
            return "nothing: the envelope is empty"
        return nearest(member, self._requests)

    async def _answer(
        self, session: SocketSession, member: str, envelope: dict[str, Any]
    ) -> tuple[str | None, Reply]:
        """Reply to one request; return the traceback of a handler that failed, and the reply."""
        cid, failure = envelope["cid"], None
        try:
            envelope = await self._hooks.before_message(session, member, envelope)
            cid = envelope["cid"]
            session.hold(self._requests[member].held_back)
            reply = self._requests[member].handler(session, envelope[member])
            if inspect.isawaitable(reply):
                reply = await reply
        except Disabled:
            self._reply(session, cid, error_reply(ErrorCode.UNRECOGNIZED_PAYLOAD, NOT_FOUND))
            session.refuse(_REFUSED)
            return None, None
        except Ignored:
            return None, None
        except ModuleError as error:
            reply = error_reply(ErrorCode.RUNTIME_FUNCTION_EXCEPTION, error.message)
        except RealtimeError as error:
            if error.__cause__ is not None:
                failure = traceback.format_exc()
                _log.exception("a handler failed: %s", member)
            reply = error_reply(error.code, error.message)
            cid = cid if error.has_cid else ""
        except Exception:
            failure = traceback.format_exc()
            _log.exception("a handler failed: %s", member)
            reply = error_reply(ErrorCode.RUNTIME_EXCEPTION, "Internal error")
        else:
            out = self._reply(session, cid, reply)
            session.release()
            shown = None if self._requests[member].hides_reply else out
            await self._hooks.after_message(session, member, envelope, shown)
            return None, out
        out = self._reply(session, cid, reply)
        session.release()
        return failure, out

    def _reply(self, session: SocketSession, cid: str, reply: Reply) -> Reply:
        """Send a reply with the request's cid, and return it."""
        if reply is None:
            return None
        out = {"cid": cid, **reply} if cid else reply
        session.reply(out)
        return out

    def _write_journal(
        self,
        session: SocketSession,
        member: str,
        data: bytes,
        *,
        reply: Reply = None,
        unmatched: str | None = None,
        error: str | None = None,
    ) -> None:
        self._journal.write(
            Entry(
                kind="frame",
                name=member,
                time=self._clock.time(),
                user_id=session.user_id,
                body=session.format.text(data)[:2000],
                answer="" if reply is None else beginning(reply),
                unmatched=unmatched,
                error=error,
            )
        )
