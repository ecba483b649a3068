"""Matches over the socket: create, join, leave, send data."""

from __future__ import annotations

import uuid
from typing import Any

from attrs import frozen

from mock_server.features.matches.dispatcher import match_data
from mock_server.features.matches.events import user_presence
from mock_server.features.matches.ids import MODES, MatchId, parse_match_id
from mock_server.features.matches.registry import MatchRegistry
from mock_server.features.matches.tokens import MatchTokens
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.requests import ErrorCode, Ignored, RealtimeError, Reply, SocketRequest
from mock_server.realtime.router import Router
from mock_server.realtime.session import SocketSession
from mock_server.realtime.stream import Presence
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.context import Contexts
from mock_server.runtime.match_handler import MatchMessage, MatchPresence
from mock_server.wire.messages import realtime_message
from mock_server.wire.output import omit_empty
from mock_server.wire.uuids import parse_uuid
from server_kit import Clock

_REJECTED = "Match join rejected"


@frozen
class _JoinTarget:
    """The match that a join names, the text that names it, and whether it must have members."""

    match_id: MatchId
    text: str
    may_be_empty: bool = False


class MatchRequests:
    """Answers the socket's requests about matches.

    Args:
        node: The server's name.
        is_single_match: Whether a new match makes a session leave all others.
        clock: The server's time.
        sessions: The open sockets.
        tracker: Where members are.
        router: Sends.
        matches: The matches with a handler.
        tokens: Reads the matchmaker's tokens.
        contexts: Makes the contexts of join attempts.
    """

    def __init__(
        self,
        node: str,
        *,
        is_single_match: bool,
        clock: Clock,
        sessions: SessionRegistry,
        tracker: Tracker,
        router: Router,
        matches: MatchRegistry,
        tokens: MatchTokens,
        contexts: Contexts,
    ) -> None:
        self._node = node
        self._is_single_match = is_single_match
        self._clock = clock
        self._sessions = sessions
        self._tracker = tracker
        self._router = router
        self._matches = matches
        self._tokens = tokens
        self._contexts = contexts

    def requests(self) -> tuple[SocketRequest, ...]:
        """The socket's requests about matches."""
        return (
            SocketRequest("match_create", self._create),
            SocketRequest("match_join", self._join, held_back="match_presence_event"),
            SocketRequest("match_leave", self._leave),
            SocketRequest("match_data_send", self._send_data),
        )

    def _create(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        name = request["name"]
        match_id = MatchId(str(uuid.uuid5(uuid.NAMESPACE_DNS, name) if name else uuid.uuid4()))
        own = _presence(session)
        is_new = self._tracker.track(match_id.stream, own)
        presences = self._tracker.of_stream(match_id.stream) if name else [own]
        others = _others(presences, session, is_new=is_new)
        match = {
            "match_id": str(match_id),
            "size": len(presences),
            "presences": [user_presence(each) for each in others] if name else [],
            "self": user_presence(own),
        }
        return {"match": omit_empty(match)}

    async def _join(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        target = self._target(request)
        if target.match_id.is_relayed:
            return self._join_relayed(session, target)
        return await self._join_authoritative(session, target, request["metadata"])

    def _join_relayed(self, session: SocketSession, target: _JoinTarget) -> Reply:
        stream = target.match_id.stream
        if not target.may_be_empty and not self._tracker.of_stream(stream, hidden=True):
            raise _not_found()
        own = _presence(session)
        is_new = self._tracker.get(stream, session.id) is None
        if is_new:
            self._tracker.track(stream, own)
            self._leave_others(session, target.match_id)
        others = _others(self._tracker.of_stream(stream), session, is_new=is_new)
        match = {
            "match_id": target.text,
            "size": len(others),
            "presences": [user_presence(each) for each in others],
            "self": user_presence(own),
        }
        return {"match": omit_empty(match)}

    async def _join_authoritative(
        self, session: SocketSession, target: _JoinTarget, metadata: dict[str, str]
    ) -> Reply:
        match = self._matches.find(target.match_id)
        if match is None:
            raise _not_found()
        own, label = _presence(session), match.label
        is_new = session.id not in match.members
        if is_new:
            applicant = self._contexts.of_applicant(
                session,
                match_id=str(match.id),
                match_node=self._node,
                match_label=match.label,
                match_tick_rate=match.tick_rate,
            )
            decision = await match.join_attempt(applicant, self._member(session), metadata)
            if not decision.is_allowed:
                reason = decision.reason or _REJECTED
                raise RealtimeError(ErrorCode.MATCH_JOIN_REJECTED, reason)
            label = match.label
            is_open = self._sessions.get(session.id) is not None
            if is_open and self._matches.find(match.id) is match:  # neither has ended meanwhile
                self._tracker.track(match.id.stream, own)
                self._leave_others(session, match.id)
                await match.enter(session.id)
        members = [
            each for each in match.members.all() if not is_new or each.session_id != session.id
        ]
        reply = {
            "match_id": target.text,
            "authoritative": True,
            "label": label,
            "size": len(members),
            "presences": [each.message() for each in members],
            "self": user_presence(own),
        }
        return {"match": omit_empty(reply, realtime_message("Match"))}

    def _leave(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        match_id = _match_id(request["match_id"])
        self._tracker.untrack(match_id.stream, session.id)
        return {}

    def _send_data(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        match_id = _match_id(request["match_id"], has_cid=False)
        if match_id.is_relayed:
            self._relay(session, match_id, request)
            return None
        match = self._matches.find(match_id)
        if match is None or self._tracker.get(match_id.stream, session.id) is None:
            raise Ignored
        match.send(
            MatchMessage(
                self._member(session),
                request["op_code"],
                request["data"],
                request["reliable"],
                self._clock.time_ns() // 1_000_000,
            )
        )
        return None

    def _relay(self, session: SocketSession, match_id: MatchId, request: dict[str, Any]) -> None:
        wanted = _wanted_sessions(request["presences"])
        members = self._tracker.of_stream(match_id.stream, hidden=True)
        receivers = [each.session_id for each in members]
        if session.id not in receivers:
            raise Ignored
        if wanted is None:
            receivers.remove(session.id)
        else:
            receivers = [each for each in receivers if each in wanted]
        envelope = match_data(
            request["match_id"],
            sender=user_presence(_presence(session)),
            op_code=request["op_code"],
            data=request["data"],
            reliable=request["reliable"],
        )
        self._router.send_to_sessions(receivers, envelope)

    def _target(self, request: dict[str, Any]) -> _JoinTarget:
        text, token = request["match_id"], request["token"]
        if text is not None:
            return _JoinTarget(_match_id(text), text)
        if token is None:
            raise _bad_input("No match ID or token found")
        match_id_text = self._tokens.read(token)
        match_id = parse_match_id(match_id_text) if match_id_text is not None else None
        if match_id is None or match_id_text is None:
            raise _bad_input("Invalid match token")
        return _JoinTarget(match_id, match_id_text, may_be_empty=True)

    def _leave_others(self, session: SocketSession, match_id: MatchId) -> None:
        """With `session.single_match`, a session is in one match."""
        if not self._is_single_match:
            return
        for stream in self._tracker.streams_of(session.id):
            if stream.mode in MODES and stream != match_id.stream:
                self._tracker.untrack(stream, session.id)

    def _member(self, session: SocketSession) -> MatchPresence:
        return MatchPresence(session.user_id, session.id, session.username, self._node)


def _presence(session: SocketSession) -> Presence:
    return Presence(session.user_id, session.id, session.username)


def _others(presences: list[Presence], session: SocketSession, *, is_new: bool) -> list[Presence]:
    """The presences that a joiner gets: on a repeated join the joiner's own, too."""
    return [each for each in presences if not is_new or each.session_id != session.id]


def _wanted_sessions(presences: list[dict[str, Any]]) -> set[str] | None:
    """The sessions that a sender names; None is all others."""
    if not presences:
        return None
    wanted = set()
    for presence in presences:
        session_id = parse_uuid(presence["session_id"])
        if session_id is None or parse_uuid(presence["user_id"]) is None:
            raise Ignored
        wanted.add(session_id)
    return wanted


def _match_id(text: str, *, has_cid: bool = True) -> MatchId:
    match_id = parse_match_id(text)
    if match_id is None:
        raise RealtimeError(ErrorCode.BAD_INPUT, "Invalid match ID", has_cid=has_cid)
    return match_id


def _bad_input(message: str) -> RealtimeError:
    return RealtimeError(ErrorCode.BAD_INPUT, message)


def _not_found() -> RealtimeError:
    return RealtimeError(ErrorCode.MATCH_NOT_FOUND, "Match not found")
