"""The server answered, but not with what was asked for."""

from __future__ import annotations

from nakama_client.errors.calls import NakamaError


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
    """gRPC code 1: the operation was cancelled."""


class UnknownError(ApiError):
    """gRPC code 2: an error without a code of its own."""


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
    """gRPC code 5: there is no such account, group, function or the like."""


class AlreadyExists(ApiError):
    """gRPC code 6: a name or id is taken."""


class PermissionDenied(ApiError):
    """gRPC code 7: the caller may not do this, or the account is banned."""


class ResourceExhausted(ApiError):
    """gRPC code 8: a limit is reached, such as the number of requests."""


class FailedPrecondition(ApiError):
    """gRPC code 9: the server is not configured for this."""


class Aborted(ApiError):
    """gRPC code 10: the operation was aborted, for instance because of another one."""


class OutOfRange(ApiError):
    """gRPC code 11: a value is out of range."""


class Unimplemented(ApiError):
    """gRPC code 12: the server does not have this operation."""


class InternalError(ApiError):
    """gRPC code 13: the server failed, or an RPC function without a code of its own did."""


class Unavailable(ApiError):
    """gRPC code 14: the server can't serve the call now."""


class DataLoss(ApiError):
    """gRPC code 15: data is lost or damaged."""


class Unauthenticated(ApiError):
    """gRPC code 16: a wrong key, password or token, or a token that is no longer valid."""


class UnexpectedReply(ReplyError):
    """The answer is not Nakama's: not JSON, another shape, or the page of a proxy.

    Attributes:
        status: The HTTP status; 0 over the socket.
        body: The first 200 characters of the body.
        problem: What is wrong with it, when the status is right, or where a redirect points.
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
