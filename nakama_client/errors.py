"""The errors of this package.

```
NakamaError
├── ArgumentError (ValueError)         refused before sending; the text says the server's rule
│   └── MessageTooLarge                a realtime message over the size the server reads
├── ClientClosed                       the client was closed
├── WrongLoop                          a socket or feed is used outside of the loop that opened it
├── ConnectionFailed                   no answer: refused, reset, unknown host, TLS
├── TimeoutExceeded (TimeoutError)     a deadline passed
├── SessionExpired                     the session can't be refreshed: authenticate again
├── ReplyError                         the server answered, but not with what was asked for
│   ├── ApiError                       Nakama's own refusal, with its code and message
│   │   ├── Cancelled (1) · UnknownError (2) · InvalidArgument (3) · DeadlineExceeded (4)
│   │   │                                    └── StorageConflict: another version is there
│   │   ├── NotFound (5) · AlreadyExists (6) · PermissionDenied (7) · ResourceExhausted (8)
│   │   ├── FailedPrecondition (9) · Aborted (10) · OutOfRange (11) · Unimplemented (12)
│   │   ├── InternalError (13) · Unavailable (14) · DataLoss (15) · Unauthenticated (16)
│   │   └── RequestRefused             the same over the socket; also a SocketError
│   │       ├── BadInput               also an InvalidArgument
│   │       ├── RpcNotFound            also a NotFound
│   │       └── RpcError               the function itself failed
│   ├── UnexpectedReply                a body that is not Nakama's, an HTML page of a proxy
│   │   └── MalformedFrame             the same over the socket, which stays open; a SocketError
│   ├── ReplyTooLarge                  an answer of more bytes than the client reads
│   └── PushRefused                    OneSignal refuses what a device asks
├── NotRegistered                      a device has no player id at OneSignal
├── InvalidJson (ValueError)           text that should hold a JSON object and doesn't
├── UnreadableItem                     an item of a list or a frame that can't be read
└── SocketError
    ├── NotConnected                   the socket is not open
    ├── ConnectionLost                 it closed while a call waited; keeps the reason
    │   ├── SessionReplaced            another socket of this user replaced it (-7)
    │   └── UserBanned                 the account was banned (-8)
    ├── RestoreFailed                  a channel, follow or status was refused on reconnecting
    ├── HandlerFailed                  a handler raised; the cause is what it raised
    └── QueueOverflow                  handlers are too slow; says how many events were dropped
```

One failure has one class, over HTTP and over the socket: `except NotFound` also catches the
`RpcNotFound` of a socket. No error holds a token, a key or a password, and none has an error of a
library as its cause or context, which might.
"""

from __future__ import annotations

from typing import Any

from nakama_client.disconnect import DisconnectReason
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


class WrongLoop(NakamaError):
    """A socket or a feed is used outside of the event loop that opened it; see the text."""


class ConnectionFailed(NakamaError):
    """The server did not answer: refused, reset, unknown host, or a TLS failure.

    Attributes:
        nothing_sent: Whether there was no connection, so that the server has done nothing.
    """

    def __init__(self, message: str, *, nothing_sent: bool = False) -> None:
        super().__init__(message)
        self.nothing_sent = nothing_sent


class TimeoutExceeded(NakamaError, TimeoutError):
    """A deadline passed; the text says which and what was waited for.

    Attributes:
        nothing_sent: Whether there was no connection, so that the server has done nothing.
    """

    def __init__(self, message: str, *, nothing_sent: bool = False) -> None:
        super().__init__(message)
        self.nothing_sent = nothing_sent


class SessionExpired(NakamaError):
    """The session token has expired and can't be refreshed. Authenticate again."""


class ReplyError(NakamaError):
    """The server answered, but not with what was asked for.

    Attributes:
        status: The HTTP status; 0 over the socket.
        retry_after: How many seconds the server asks to wait; None when it does not ask.
    """

    retry_after: float | None = None

    def __init__(self, status: int, *details: object) -> None:
        super().__init__(status, *details)
        self.status = status


class ApiError(ReplyError):
    """Nakama refused. Each gRPC code has a subclass.

    Attributes:
        status: The HTTP status; 0 over the socket.
        code: The gRPC code; over the socket Nakama's realtime error code.
        message: The server's own words.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(status, code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} (HTTP {self.status}, gRPC code {self.code}{self._in_call()})"


class Cancelled(ApiError):
    """gRPC code 1."""


class UnknownError(ApiError):
    """gRPC code 2."""


class InvalidArgument(ApiError):
    """gRPC code 3: the server does not accept an argument."""


class StorageConflict(InvalidArgument):
    """A storage object has another version than the write asked for. Nothing was written.

    Read the object, apply the change to what it holds now, and write it with its new version.

    Attributes:
        objects: Collection and key of each object of the call that asked for a version. The server
            does not say which one it was; when there is one, it is that one.
    """

    def __init__(
        self, status: int, code: int, message: str, objects: tuple[tuple[str, str], ...]
    ) -> None:
        super().__init__(status, code, message)
        self.args = (status, code, message, objects)
        self.objects = objects

    def __str__(self) -> str:
        names = ", ".join(f"{collection}/{key}" for collection, key in self.objects[:10])
        return f"{super().__str__()}: {names}"


class DeadlineExceeded(ApiError):
    """gRPC code 4: the server gave up in time."""


class NotFound(ApiError):
    """gRPC code 5."""


class AlreadyExists(ApiError):
    """gRPC code 6: a name or id is taken."""


class PermissionDenied(ApiError):
    """gRPC code 7: also the login of a banned account."""


class ResourceExhausted(ApiError):
    """gRPC code 8."""


class FailedPrecondition(ApiError):
    """gRPC code 9: the server is not configured for this."""


class Aborted(ApiError):
    """gRPC code 10."""


class OutOfRange(ApiError):
    """gRPC code 11."""


class Unimplemented(ApiError):
    """gRPC code 12."""


class InternalError(ApiError):
    """gRPC code 13: also the failure of an RPC function without a code of its own."""


class Unavailable(ApiError):
    """gRPC code 14."""


class DataLoss(ApiError):
    """gRPC code 15."""


class Unauthenticated(ApiError):
    """gRPC code 16: a wrong key, password or token, or a token that is no longer good."""


class UnexpectedReply(ReplyError):
    """The answer is not Nakama's: not JSON, another shape, or the page of a proxy.

    Attributes:
        status: The HTTP status; 0 over the socket.
        body: The first 200 characters of the body.
        problem: What is wrong with it, when the status is right.
    """

    def __init__(self, status: int, body: str, problem: str = "") -> None:
        super().__init__(status, body, problem)
        self.body = body
        self.problem = problem

    def __str__(self) -> str:
        problem = f" {self.problem}:" if self.problem else ""
        return f"unexpected answer (HTTP {self.status}{self._in_call()}):{problem} {self.body!r}"


class ReplyTooLarge(ReplyError):
    """The answer has more bytes, unpacked, than the client reads. The rest was not read.

    Attributes:
        limit: The most bytes that are read: the client's `max_receive_bytes`.
    """

    def __init__(self, status: int, limit: int) -> None:
        super().__init__(status, limit)
        self.limit = limit

    def __str__(self) -> str:
        return (
            f"the answer (HTTP {self.status}{self._in_call()}) has more than {self.limit} bytes "
            "(max_receive_bytes of the client)"
        )


class PushRefused(ReplyError):
    """OneSignal refuses what a device asks.

    Attributes:
        status: The HTTP status.
        body: The first 200 characters of the answer.
    """

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status, body)
        self.body = body

    def __str__(self) -> str:
        return f"OneSignal refused (HTTP {self.status}): {self.body}"


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
    """An item of a list or of a frame can't be read. Its neighbours are there all the same.

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
    """After a reconnect, the server refused to restore a channel, a follow or the status.

    `__cause__` says why.

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
    """A handler raised; `__cause__` is what it raised. Other handlers were called all the same.

    Attributes:
        handler: The name of the function.
        event: What it was called with.
    """

    def __init__(self, handler: str, event: object) -> None:
        super().__init__(handler, event)
        self.handler = handler
        self.event = event

    def __str__(self) -> str:
        return f"the handler {self.handler} failed: {self.__cause__!r}"


class QueueOverflow(SocketError):
    """Events came faster than they were handled; the newest were dropped.

    It is reported once for each overflow, in the place of the first missing event. Persistent
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
