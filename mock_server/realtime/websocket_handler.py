"""The handler of `/ws`: the handshake, and what a new session joins."""

from __future__ import annotations

from aiohttp import web

from mock_server.config import SocketConfig
from mock_server.features.notifications.core import Notifications
from mock_server.features.notifications.system import NotificationCode
from mock_server.features.sessions.core import Sessions
from mock_server.features.status.core import StatusRegistry
from mock_server.http.authorization import bearer_token
from mock_server.http.context import RequestContext
from mock_server.identity import Identity
from mock_server.realtime.faulty_connection import ReorderBuffer
from mock_server.realtime.formats import FORMATS
from mock_server.realtime.frame_rules import FrameRules, hold_to
from mock_server.realtime.pipeline import Pipeline
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.session import SocketSession
from mock_server.realtime.stream import Presence, Stream, StreamMode
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.events import Events
from mock_server.wire.strconv import parse_bool
from server_kit import Faults


class WebsocketHandler:
    """Opens sockets.

    Args:
        config: The settings of sockets.
        pipeline: Answers what the sockets send.
        sessions: Finds the user of a token.
        node: The server's name.
        is_single_socket: Whether a user may have one socket only.
        registry: Where open sockets are found.
        tracker: Where their presences are.
        status: The users they follow.
        notifications: Tells a user's other sockets why they end.
        events: Tells server modules that a socket has opened or closed.
        faults: What goes wrong on purpose.
    """

    def __init__(
        self,
        config: SocketConfig,
        pipeline: Pipeline,
        *,
        node: str,
        is_single_socket: bool,
        sessions: Sessions,
        registry: SessionRegistry,
        tracker: Tracker,
        status: StatusRegistry,
        notifications: Notifications,
        events: Events,
        faults: Faults,
    ) -> None:
        self._config = config
        self._node = node
        self._is_single_socket = is_single_socket
        self._pipeline = pipeline
        self._sessions = sessions
        self._registry = registry
        self._tracker = tracker
        self._status = status
        self._notifications = notifications
        self._events = events
        self._faults = faults
        self._reorder_buffer = ReorderBuffer()

    async def accept(self, context: RequestContext) -> web.StreamResponse:
        """Answer a handshake, and serve the socket until it ends."""
        request = context.raw
        format_ = FORMATS.get(context.query_value("format"))
        if format_ is None:
            return _refuse(400, "Invalid format parameter\n")
        identity = self._identify(context)
        if identity is None:
            return _refuse(401, "Missing or invalid token\n")
        config = self._config
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
            refusal.headers["Sec-Websocket-Version"] = "13"
            return refusal
        rules = FrameRules()
        hold_to(rules, request)
        await websocket.prepare(request)
        context.user_id = identity.user_id
        session = SocketSession(
            request,
            websocket,
            identity,
            config,
            format_,
            lang=context.query_value("lang") or "en",
            rules=rules,
            node=self._node,
            faults=self._faults,
            reorder_buffer=self._reorder_buffer,
            leave=self._leave,
        )
        self._join(session, is_online=_is_true(context.query_value("status")))
        self._events.session_started(session)
        try:
            await session.run(self._pipeline.receive)
        finally:
            self._events.session_ended(session)
            self._leave(session)
            self._registry.ended(session)
        return websocket

    def _leave(self, session: SocketSession) -> None:
        self._registry.remove(session)
        self._tracker.untrack_session(session.id)
        self._status.forget(session.id)

    def _identify(self, context: RequestContext) -> Identity | None:
        given = context.authorization()
        token = bearer_token(given[0]) if given else context.query_value("token")
        return self._sessions.check_handshake(token) if token else None

    def _join(self, session: SocketSession, *, is_online: bool) -> None:
        self._registry.add(session)
        self._status.follow(session.id, [session.user_id])
        presence = Presence(session.user_id, session.id, session.username, hidden=True)
        self._tracker.track(Stream(StreamMode.NOTIFICATIONS, session.user_id), presence)
        if is_online:
            self._tracker.track(
                Stream(StreamMode.STATUS, session.user_id),
                Presence(session.user_id, session.id, session.username, status=""),
            )
        if self._is_single_socket:
            self._notifications.end_sockets(
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
    if request.headers.get("Sec-WebSocket-Version") != "13":  # aiohttp takes older ones, too
        return False
    try:
        return bool(websocket.can_prepare(request))
    except ValueError:  # a key that is not ASCII, which aiohttp does not expect
        return False


def _refuse(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, headers={"X-Content-Type-Options": "nosniff"})
