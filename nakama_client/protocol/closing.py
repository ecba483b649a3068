"""Why a socket closed.

Nakama closes nearly everything with code 1000; the reason's text, and the close notice that came
just before, say why. A close notice is notification -7 (single socket) or -8 (banned).
"""

from __future__ import annotations

import msgspec

from nakama_client import errors
from nakama_client.disconnect import ClosedBy, DisconnectCause, DisconnectReason
from nakama_client.protocol.codec import DECODE_ERRORS, decode

# The transport's text for a connection that it dropped because nothing came any more.
SILENCE = "no sign of life"


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


_CAUSES = {
    "server-side session disconnect": DisconnectCause.SESSION_ENDED,
    "received malformed payload": DisconnectCause.MALFORMED,
    "error processing message": DisconnectCause.MALFORMED,
    "received unexpected WebSocket message type": DisconnectCause.MALFORMED,
}


class _Notification(msgspec.Struct):
    """What tells a close notice from other notifications; `Notification` is a layer above."""

    code: int = 0
    subject: str = ""
    sender_id: str = ""
    persistent: bool = False


class _CloseNotices(msgspec.Struct, frozen=True):
    notifications: tuple[_Notification, ...] = ()


class _Envelope(msgspec.Struct):
    notifications: _CloseNotices = _CloseNotices()


_CLOSE_NOTICES = {
    (-7, "single_socket"): DisconnectCause.REPLACED,
    (-8, "banned"): DisconnectCause.BANNED,
}


def close_notice_in(frame: bytes) -> DisconnectCause | None:
    """What the last notifications of a connection announce, if they are close notices.

    Args:
        frame: The frame in which they came; empty when none came.
    """
    try:
        envelope = decode(frame, _Envelope)
    except DECODE_ERRORS:
        return None
    for notification in envelope.notifications.notifications:
        cause = _CLOSE_NOTICES.get((notification.code, notification.subject))
        if cause is not None and not notification.sender_id and not notification.persistent:
            return cause
    return None


def reason_of(close: Close, close_notice: DisconnectCause | None) -> DisconnectReason:
    """Why the connection ended, from how it ended and what the server announced before."""
    cause = _cause_of(close, close_notice)
    return DisconnectReason(cause, close.code, close.text, close.by, silence=close.silence)


def _cause_of(close: Close, close_notice: DisconnectCause | None) -> DisconnectCause:
    if close.by is ClosedBy.CLIENT:
        ours = close.code in {1000, None}
        return DisconnectCause.CLOSED if ours else DisconnectCause.OTHER
    if close_notice is not None:
        return close_notice
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
