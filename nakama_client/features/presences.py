"""Presences: one for each session in a channel, a status or a stream."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class UserPresence:
    """One session of a user in a channel, status or stream: a user with two sockets has two.

    Attributes:
        user_id: The user's id.
        session_id: The id of the session, that is of the socket.
        username: The user's name when the session began.
        persistence: In a channel, whether the messages of this presence are stored.
        status: The status text, which may be ""; None when this is not a status presence.
    """

    user_id: str = ""
    session_id: str = ""
    username: str = ""
    persistence: bool = False
    status: str | None = None
