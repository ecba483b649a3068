"""Parties over the socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mock_server.features.matches.events import user_presence
from mock_server.features.matchmaker.searches import read_search
from mock_server.features.parties.core import Parties
from mock_server.features.parties.errors import PartyError
from mock_server.features.parties.labels import check_hidden
from mock_server.realtime.requests import ErrorCode, RealtimeError, Reply, SocketRequest
from mock_server.realtime.router import Router
from mock_server.realtime.session import SocketSession
from mock_server.realtime.stream import Presence, Stream, StreamMode
from mock_server.wire.output import omit_empty
from mock_server.wire.uuids import parse_uuid

_MAX_SIZE = 256
_PRESENCE = ("user_id", "session_id", "username")

OfPresence = Callable[[Stream, str, dict[str, Any]], None]


class PartyRequests:
    """Answers the socket's requests about parties.

    Args:
        parties: The rules.
        router: Sends.
    """

    def __init__(self, parties: Parties, router: Router) -> None:
        self._parties = parties
        self._router = router

    def requests(self) -> tuple[SocketRequest, ...]:
        """The socket's requests about parties."""
        parties = self._parties
        removing = "removing party member or join request"
        return (
            SocketRequest("party_create", self._create),
            SocketRequest("party_join", self._join),
            SocketRequest("party_leave", self._leave, hides_reply=True),
            SocketRequest("party_promote", _about(parties.promote, "promoting new party leader")),
            SocketRequest("party_accept", _about(parties.accept, "accepting party join request")),
            SocketRequest("party_remove", _about(parties.remove, removing)),
            SocketRequest("party_close", self._close),
            SocketRequest("party_join_request_list", self._list_requests),
            SocketRequest("party_matchmaker_add", self._add_ticket),
            SocketRequest("party_matchmaker_remove", self._remove_ticket),
            SocketRequest("party_data_send", self._send_data),
            SocketRequest("party_update", self._update),
        )

    def _create(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        max_size, own = request["max_size"], _presence(session)
        if not 0 <= max_size <= _MAX_SIZE:
            raise _bad_input(f"Invalid party max size, must be 1-{_MAX_SIZE}")
        with _while("creating party"):
            party = self._parties.create(
                own,
                is_open=request["open"],
                hidden=request["hidden"],
                max_size=max_size,
                label=request["label"],
            )
        fields = {
            "party_id": party.id,
            "open": request["open"],
            "hidden": request["hidden"],
            "max_size": max_size,
            "self": user_presence(own),
            "leader": user_presence(own),
            "presences": [user_presence(own)],
            "label": request["label"],
        }
        return {"party": omit_empty(fields)}

    def _join(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        stream = _stream(request)
        with _while("joining party"):
            self._parties.join(stream, _presence(session))
        return {}

    def _leave(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        self._parties.leave(_stream(request), session.id)
        return {}

    def _close(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        stream = _stream(request)
        with _while("closing party"):
            self._parties.close(stream, session.id)
        return {}

    def _list_requests(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        stream = _stream(request)
        with _while("listing party join requests"):
            found = self._parties.requests(stream, session.id)
        presences = [user_presence(each) for each in found]
        listed = {"party_id": request["party_id"], "presences": presences}
        return {"party_join_request": omit_empty(listed)}

    def _add_ticket(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        search = read_search(request)
        stream = _stream(request)
        with _while("adding party to matchmaker"):
            ticket, others = self._parties.add_ticket(stream, session.id, search)
        event = {"party_matchmaker_ticket": {"party_id": request["party_id"], "ticket": ticket}}
        self._router.send_to_sessions(others, event)
        return event

    def _remove_ticket(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        if not request["ticket"]:
            raise _bad_input("Invalid matchmaker ticket")
        stream = _stream(request)
        with _while("closing party"):  # the text of another request, as in Nakama
            self._parties.remove_ticket(stream, session.id, request["ticket"])
        return {}

    def _send_data(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        stream = _stream(request)
        with _while("sending party data"):
            self._parties.send_data(stream, session.id, request["op_code"], request["data"])
        return {}

    def _update(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        stream, hidden, label = _stream(request), request["hidden"], request["label"]
        with _while("updating party"):
            check_hidden(label, hidden=hidden)  # before there has to be a party, as in Nakama
            self._parties.update(
                stream, session.id, is_open=request["open"], hidden=hidden, label=label
            )
        return {}


def _about(act: OfPresence, doing: str) -> Callable[[SocketSession, dict[str, Any]], Reply]:
    """The answer to a request about a member or an applicant."""

    def answer(session: SocketSession, request: dict[str, Any]) -> Reply:
        presence = request["presence"]
        if presence is None or not all(presence[name] for name in _PRESENCE):
            raise _bad_input("Invalid presence")
        stream = _stream(request)
        with _while(doing):
            act(stream, session.id, presence)
        return {}

    return answer


@contextmanager
def _while(doing: str) -> Iterator[None]:
    try:
        yield
    except PartyError as error:
        raise _bad_input(f"Error {doing}: {error}") from None


def _stream(request: dict[str, Any]) -> Stream:
    """Where the members of the party are that a request names."""
    head, dot, node = request["party_id"].partition(".")
    subject = parse_uuid(head)
    if not dot or subject is None:
        raise _bad_input("Invalid party ID")
    return Stream(StreamMode.PARTY, subject, label=node)


def _presence(session: SocketSession) -> Presence:
    return Presence(session.user_id, session.id, session.username)


def _bad_input(message: str) -> RealtimeError:
    return RealtimeError(ErrorCode.BAD_INPUT, message)
