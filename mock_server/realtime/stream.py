"""Streams, and the presences of sessions in them."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from attrs import frozen

from mock_server.wire.output import omit_empty


class StreamMode(IntEnum):
    """Nakama's own kinds of streams; other numbers belong to server modules."""

    NOTIFICATIONS = 0
    STATUS = 1
    CHANNEL = 2
    GROUP = 3
    DM = 4
    MATCH_RELAYED = 5
    MATCH_AUTHORITATIVE = 6
    PARTY = 7


@frozen
class Stream:
    """The address of a stream, which presences join and to which data is sent.

    Attributes:
        mode: A `StreamMode`, or a number of a server module's own.
        subject: What it is about, mostly an id.
        subcontext: A second id, as the other user of a direct message channel.
        label: A free name.
    """

    mode: int
    subject: str = ""
    subcontext: str = ""
    label: str = ""

    def message(self) -> dict[str, Any]:
        """The `Stream` message."""
        return omit_empty(
            {
                "mode": int(self.mode),
                "subject": self.subject,
                "subcontext": self.subcontext,
                "label": self.label,
            }
        )


@frozen
class Presence:
    """One session in one stream.

    Attributes:
        user_id: Whose session it is.
        session_id: The session.
        username: Their name when the session was opened.
        hidden: A hidden presence causes no events and is not listed.
        persistence: Whether messages that the session sends are stored.
        status: The status text, which only status streams show.
    """

    user_id: str
    session_id: str
    username: str
    hidden: bool = False
    persistence: bool = False
    status: str | None = None

    def message(self) -> dict[str, Any]:
        """The `UserPresence` message, without the status."""
        return omit_empty(
            {
                "user_id": self.user_id,
                "session_id": self.session_id,
                "username": self.username,
                "persistence": self.persistence,
            },
        )

    def status_message(self) -> dict[str, Any]:
        """The `UserPresence` message in status streams."""
        return self.message() | {"status": self.status or ""}
