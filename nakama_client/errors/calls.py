"""Errors of arguments, connections, deadlines, sessions and data."""

from __future__ import annotations

from nakama_client.redaction import hide_tokens


class NakamaError(Exception):
    """Everything this package raises.

    Attributes:
        method: The HTTP method of the call that failed, `socket` for a request over the socket, and
            "" for an error of no call.
        path: The call's path without its query, or the request's name, such as `channel_join`.
        status: The HTTP status of the answer; 0 when there was none.
        attempts: How many attempts the call had; 0 for an error of no call.
    """

    method: str = ""
    path: str = ""
    status: int = 0
    attempts: int = 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def _note_call(self, method: str, path: str, attempts: int) -> None:
        """Note which call failed, unless that is known; only the SDK calls this."""
        if not self.path:
            self.method, self.path, self.attempts = method, path, attempts

    def _in_call(self) -> str:
        """The call, for a text in brackets."""
        return f", {self.method} {self.path}" if self.path else ""


class ArgumentError(NakamaError, ValueError):
    """An argument breaks a rule of the server. Nothing was sent."""


class MessageTooLarge(ArgumentError):
    """A realtime message is larger than the server reads; it would close the socket.

    Attributes:
        size: The message's size in bytes.
        limit: The largest size in bytes (`socket.max_message_size_bytes` of the server).
    """

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size, limit)
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        return (
            f"the message has {self.size} bytes, the server reads at most {self.limit} "
            "(socket.max_message_size_bytes); use an RPC over HTTP for large payloads"
        )


class ClientClosed(NakamaError):
    """The client was closed and makes no more calls."""


class OtherUser(NakamaError):
    """A refresh, or `on_session_expired`, returned the session of another user; it is refused."""


class TooManyCalls(NakamaError):
    """A `GameClient` has as many calls in flight as its `max_calls`; nothing was sent."""


class WrongLoop(NakamaError):
    """A socket or a feed is used outside of the event loop that opened it; see the text."""


class ConnectionFailed(NakamaError):
    """The server did not answer: refused, reset, unknown host, or a TLS failure.

    Attributes:
        nothing_sent: Whether there was no connection, so that the server has done nothing.
        is_refused: Whether nobody listens on the port, as while a server restarts.
    """

    def __init__(
        self, message: str, *, nothing_sent: bool = False, is_refused: bool = False
    ) -> None:
        super().__init__(message)
        self.nothing_sent = nothing_sent
        self.is_refused = is_refused


class TimeoutExceeded(NakamaError, TimeoutError):
    """A deadline passed; the text says which and what was waited for.

    Attributes:
        nothing_sent: Whether there was no connection, so that the server has done nothing.
        is_refused: Whether nobody listens on the port, as while a server restarts.
    """

    def __init__(
        self, message: str, *, nothing_sent: bool = False, is_refused: bool = False
    ) -> None:
        super().__init__(message)
        self.nothing_sent = nothing_sent
        self.is_refused = is_refused


class SessionExpired(NakamaError):
    """The session token has expired and can't be refreshed. Authenticate again."""


class NotRegistered(NakamaError):
    """The device has no player id: it was not registered with OneSignal, or without consent."""


class InvalidJson(NakamaError, ValueError):
    """A text that should hold a JSON object does not.

    Attributes:
        raw: The whole text.
        problem: What is wrong with it.
    """

    def __init__(self, raw: str, problem: str) -> None:
        super().__init__(raw, problem)
        self.raw = raw
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem}: {hide_tokens(self.raw[:4096])[:200]!r}"


class UnreadableItem(NakamaError):
    """An item of a list or of a frame can't be read. The other items are there.

    Attributes:
        id: Its id, "" when that can't be read either.
        raw: The whole item in JSON; what looks like a token is taken out.
        problem: What is wrong with it.
    """

    def __init__(self, id: str, raw: str, problem: str) -> None:  # noqa: A002 - the field's name
        super().__init__(id, raw, problem)
        self.id = id
        self.raw = raw
        self.problem = problem

    def __str__(self) -> str:
        return f"the item {self.id!r} can't be read: {self.problem}: {self.raw[:200]!r}"
