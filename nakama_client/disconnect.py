"""Why a socket closed: what `on_disconnect` and `ConnectionLost` report."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen


class ClosedBy(StrEnum):
    """Who ended a connection."""

    CLIENT = "client"
    SERVER = "server"
    NETWORK = "network"


class DisconnectCause(StrEnum):
    """What ended a connection.

    Attributes:
        CLOSED: This client closed it.
        REPLACED: A newer socket of the same user replaced it (`session.single_socket`).
        BANNED: The account was banned.
        SESSION_ENDED: The server disconnected this session, for instance after the account was
            deleted.
        MALFORMED: The server could not read what we sent.
        TOO_LARGE: We sent more than the server reads in one message.
        TIMED_OUT: Nothing came from one of the sides in time.
        LOST: The connection broke without a close frame.
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


@frozen
class DisconnectReason:
    """Why a socket closed.

    Attributes:
        cause: What ended it.
        code: The close code; None when there was no close frame. Nearly always 1000.
        text: The server's words.
        closed_by: Who closed it.
        will_reconnect: Whether the socket reconnects. This and `silence` are not compared.
        silence: Seconds since anything came over the connection, the close frame included.
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
