"""Why a socket closed.

Nakama closes nearly everything with code 1000; the reason's text, and the notification that came
just before, say why.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from attrs import field, frozen

from nakama_client import errors
from nakama_client.protocol.codec import DECODE_ERRORS, decode

# The transport's text for a connection that it dropped because nothing came any more.
SILENCE = "no sign of life"


class ClosedBy(StrEnum):
    """Who ended a connection."""

    CLIENT = "client"
    SERVER = "server"
    NETWORK = "network"


class DisconnectCause(StrEnum):
    """What ended a connection.

    Attributes:
        CLOSED: We closed it.
        REPLACED: A newer socket of the same user took its place (`session.single_socket`).
        BANNED: The account was banned.
        SESSION_ENDED: The server disconnected this session, for instance after the account was
            deleted.
        MALFORMED: The server could not read what we sent.
        TOO_LARGE: We sent more than the server reads in one message.
        TIMED_OUT: One side gave no sign of life.
        LOST: The connection broke without a word.
        OTHER: Something else; see the text.
    """

    CLOSED = "closed"
    REPLACED = "replaced"
    BANNED = "banned"
    SESSION_ENDED = "session_ended"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"
    LOST = "lost"
    OTHER = "other"


class Close(msgspec.Struct, frozen=True):
    """How a connection ended, as the transport saw it.

    Attributes:
        code: The close code; None when there was no close frame.
        text: The text in the close frame, or what is known instead.
        by: Who closed.
        silence: Seconds since anything had come.
    """

    code: int | None
    text: str
    by: ClosedBy
    silence: float = 0.0


@frozen
class DisconnectReason:
    """Why a socket closed.

    Attributes:
        cause: What ended it.
        code: The close code; None when there was no close frame. Nearly always 1000.
        text: The server's words.
        closed_by: Who closed it.
        will_reconnect: Whether the socket is opened again. This and the next have no part in
            comparisons.
        silence: Seconds since anything had come over it; the server's close counts, too.
    """

    cause: DisconnectCause
    code: int | None
    text: str
    closed_by: ClosedBy
    will_reconnect: bool = field(default=False, eq=False)
    silence: float = field(default=0.0, eq=False)

    def __str__(self) -> str:
        text = f", {self.text}" if self.text else ""
        return f"{self.cause} (by the {self.closed_by}, code {self.code}{text})"


_CAUSES = {
    "server-side session disconnect": DisconnectCause.SESSION_ENDED,
    "received malformed payload": DisconnectCause.MALFORMED,
    "error processing message": DisconnectCause.MALFORMED,
    "received unexpected WebSocket message type": DisconnectCause.MALFORMED,
}


class _FarewellNotification(msgspec.Struct):
    code: int = 0
    subject: str = ""
    sender_id: str = ""
    persistent: bool = False


class _Farewells(msgspec.Struct):
    notifications: tuple[_FarewellNotification, ...] = ()


_FAREWELLS = {
    (-7, "single_socket"): DisconnectCause.REPLACED,
    (-8, "banned"): DisconnectCause.BANNED,
}


def farewell_in(notifications: bytes | msgspec.Raw) -> DisconnectCause | None:
    """What the notifications announce that were the last to come.

    Args:
        notifications: The envelope's member, in JSON.
    """
    try:
        farewells = decode(notifications, _Farewells)
    except DECODE_ERRORS:
        return None
    for notification in farewells.notifications:
        cause = _FAREWELLS.get((notification.code, notification.subject))
        if cause is not None and not notification.sender_id and not notification.persistent:
            return cause
    return None


def reason_of(close: Close, farewell: DisconnectCause | None) -> DisconnectReason:
    """Why the connection ended, from how it ended and what the server announced before."""
    cause = _cause_of(close, farewell)
    return DisconnectReason(cause, close.code, close.text, close.by, silence=close.silence)


def _cause_of(close: Close, farewell: DisconnectCause | None) -> DisconnectCause:
    if close.by is ClosedBy.CLIENT:
        ours = close.code in {1000, None}
        return DisconnectCause.CLOSED if ours else DisconnectCause.OTHER
    if farewell is not None:
        return farewell
    if close.by is ClosedBy.SERVER:
        if close.code == 1009:
            return DisconnectCause.TOO_LARGE
        if close.text.endswith("i/o timeout"):
            return DisconnectCause.TIMED_OUT
        return _CAUSES.get(close.text, DisconnectCause.OTHER)
    return DisconnectCause.TIMED_OUT if close.text == SILENCE else DisconnectCause.LOST


def connection_lost(reason: DisconnectReason) -> errors.ConnectionLost:
    """The error for those who waited."""
    if reason.cause is DisconnectCause.REPLACED:
        return errors.SessionReplaced(reason)
    if reason.cause is DisconnectCause.BANNED:
        return errors.UserBanned(reason)
    return errors.ConnectionLost(reason)
