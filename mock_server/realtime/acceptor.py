"""The socket's door: the handshake of `/ws`, and what a new session joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from mock_server.features.notifications.implicit import NotificationCode
from mock_server.features.sessions.core import bearer_token
from mock_server.identity import Identity
from mock_server.realtime.faulty_connection import ReorderBuffer
from mock_server.realtime.pipeline import Pipeline
from mock_server.realtime.session import SocketSession
from mock_server.realtime.stream import Presence, Stream, StreamMode
from mock_server.wire.strconv import parse_bool

if TYPE_CHECKING:
    from mock_server.http.front import Incoming
    from mock_server.parts import Parts

_FORMATS = ("", "json", "protobuf")


class Acceptor:
    """Opens sockets.

    Args:
        parts: The server.
        pipeline: Answers what the sockets send.
    """

    def __init__(self, parts: Parts, pipeline: Pipeline) -> None:
        self._parts = parts
        self._pipeline = pipeline
        self._reorder_buffer = ReorderBuffer()

    async def accept(self, incoming: Incoming) -> web.StreamResponse:
        """Answer a handshake, and serve the socket until it ends."""
        request = incoming.raw
        if request.query.get("format", "") not in _FORMATS:
            return _refuse(400, "Invalid format parameter\n")
        identity = self._identify(incoming)
        if identity is None:
            return _refuse(401, "Missing or invalid token\n")
        config = self._parts.config.socket
        websocket = web.WebSocketResponse(
            autoping=False,
            autoclose=False,
            compress=False,
            decode_text=False,  # aiohttp would close with 1007 what to Nakama is malformed JSON
            # aiohttp refuses a message of exactly the limit, Nakama takes it.
            max_msg_size=config.max_message_size_bytes + 1,
        )
        if not _can_open(websocket, request):
            refusal = _refuse(400, "Bad Request\n")
            refusal.headers["Sec-WebSocket-Version"] = "13"
            return refusal
        await websocket.prepare(request)
        incoming.user_id = identity.user_id
        session = SocketSession(
            request,
            websocket,
            identity,
            config,
            faults=self._parts.faults,
            reorder_buffer=self._reorder_buffer,
            leave=self._leave,
        )
        self._join(session, is_online=_is_true(request.query.get("status", "")))
        self._parts.runtime.events.session_started(session)
        try:
            await session.run(self._pipeline.receive)
        finally:
            self._parts.runtime.events.session_ended(session)
            self._leave(session)
            self._parts.registry.ended(session)
        return websocket

    def _leave(self, session: SocketSession) -> None:
        self._parts.registry.remove(session)
        self._parts.tracker.untrack_session(session.id)
        self._parts.status.forget(session.id)

    def _identify(self, incoming: Incoming) -> Identity | None:
        given = incoming.authorization()
        token = bearer_token(given[0]) if given else incoming.raw.query.get("token", "")
        return self._parts.sessions.check_handshake(token) if token else None

    def _join(self, session: SocketSession, *, is_online: bool) -> None:
        parts = self._parts
        parts.registry.add(session)
        parts.status.follow(session.id, [session.user_id])
        presence = Presence(session.user_id, session.id, session.username, hidden=True)
        parts.tracker.track(Stream(StreamMode.NOTIFICATIONS, session.user_id), presence)
        if is_online:
            parts.tracker.track(
                Stream(StreamMode.STATUS, session.user_id),
                Presence(session.user_id, session.id, session.username, status=""),
            )
        if parts.config.session.single_socket:
            parts.notifications.end_sockets(
                session.user_id,
                "single_socket",
                NotificationCode.SINGLE_SOCKET,
                keep=session.id,
            )


def _is_true(text: str) -> bool:
    try:
        return parse_bool(text)
    except ValueError:
        return False


def _can_open(websocket: web.WebSocketResponse, request: web.Request) -> bool:
    try:
        return bool(websocket.can_prepare(request))
    except ValueError:  # a key that is not ASCII, which aiohttp does not expect
        return False


def _refuse(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, headers={"X-Content-Type-Options": "nosniff"})
