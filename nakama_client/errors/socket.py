"""Errors of the realtime socket."""

from __future__ import annotations

from typing import Any

from nakama_client.disconnect import DisconnectReason
from nakama_client.errors.calls import NakamaError
from nakama_client.errors.replies import ApiError, InvalidArgument, NotFound, UnexpectedReply
from nakama_client.redaction import hide_tokens


class SocketError(NakamaError):
    """An error of a realtime socket."""


class NotConnected(SocketError):
    """The socket is not open; call `connect()` first."""


class ConnectionLost(SocketError):
    """The socket closed while a call waited for an answer or for the next event.

    Attributes:
        reason: Why, and who closed it.
    """

    def __init__(self, reason: DisconnectReason) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the socket is closed: {self.reason}"


class SessionReplaced(ConnectionLost):
    """Another socket of the same user replaced this one (`session.single_socket`)."""


class UserBanned(ConnectionLost):
    """The account was banned."""


class RequestRefused(ApiError, SocketError):
    """A realtime request was answered with an error; the socket stays open.

    Attributes:
        code: Nakama's realtime error code, 0 for an exception in the server's runtime.
        message: The server's own words.
    """

    def __init__(self, code: int, message: str) -> None:
        Exception.__init__(self, code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} (realtime error {self.code}{self._in_call()})"


class BadInput(RequestRefused, InvalidArgument):
    """Realtime error 3: the server does not accept an argument of the request."""


class RpcNotFound(RequestRefused, NotFound):
    """Realtime error 6: no RPC function of this id is registered."""


class RpcError(RequestRefused):
    """Realtime error 7: the RPC function failed; the message is the function's."""


class MalformedFrame(UnexpectedReply, SocketError):
    """A frame from the server can't be read. Only this frame is lost.

    Attributes:
        problem: What is wrong with it.
        frame: The first 200 characters; also `body`.
    """

    def __init__(self, problem: str, frame: str) -> None:
        Exception.__init__(self, problem, frame)
        self.problem = problem
        self.body = self.frame = frame

    def __str__(self) -> str:
        where = f" (answer to {self.path})" if self.path else ""
        return f"{self.problem}{where}: {self.frame!r}"


class RestoreFailed(SocketError):
    """After a reconnect, something could not be restored.

    The server refused a channel, a match, a party, a follow or the status, or a ticket of the
    matchmaker is gone. `__cause__` says why.

    Attributes:
        request: The request, such as `channel_join`.
        body: Its arguments.
    """

    def __init__(self, request: str, body: dict[str, Any]) -> None:
        super().__init__(request, body)
        self.request = request
        self.body = body

    def __str__(self) -> str:
        return f"{self.request} {self.body} was refused after a reconnect: {self.__cause__}"


class HandlerFailed(SocketError):
    """A handler raised; `__cause__` is what it raised. Other handlers were still called.

    Attributes:
        handler: The name of the function.
        event: What it was called with.
    """

    def __init__(self, handler: str, event: object) -> None:
        super().__init__(handler, event)
        self.handler = handler
        self.event = event

    def __str__(self) -> str:
        return f"the handler {self.handler} failed: {hide_tokens(repr(self.__cause__))}"


class QueueOverflow(SocketError):
    """Events came faster than they were handled; the newest were dropped.

    It is reported once for each overflow, where the first missing event would have come. Persistent
    notifications can be listed again.

    Attributes:
        dropped: How many events are missing here.
        limit: How many events may wait.
    """

    def __init__(self, dropped: int, limit: int) -> None:
        super().__init__(dropped, limit)
        self.dropped = dropped
        self.limit = limit

    def __str__(self) -> str:
        return f"{self.dropped} events were dropped: {self.limit} were waiting for slow handlers"
