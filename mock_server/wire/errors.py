"""The errors of Nakama's API: gRPC codes, and the HTTP status each of them becomes."""

from __future__ import annotations

from enum import IntEnum


class GrpcCode(IntEnum):
    """The canonical gRPC status codes."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


_HTTP_STATUS = {
    GrpcCode.OK: 200,
    GrpcCode.CANCELLED: 499,
    GrpcCode.UNKNOWN: 500,
    GrpcCode.INVALID_ARGUMENT: 400,
    GrpcCode.DEADLINE_EXCEEDED: 504,
    GrpcCode.NOT_FOUND: 404,
    GrpcCode.ALREADY_EXISTS: 409,
    GrpcCode.PERMISSION_DENIED: 403,
    GrpcCode.RESOURCE_EXHAUSTED: 429,
    GrpcCode.FAILED_PRECONDITION: 400,
    GrpcCode.ABORTED: 409,
    GrpcCode.OUT_OF_RANGE: 400,
    GrpcCode.UNIMPLEMENTED: 501,
    GrpcCode.INTERNAL: 500,
    GrpcCode.UNAVAILABLE: 503,
    GrpcCode.DATA_LOSS: 500,
    GrpcCode.UNAUTHENTICATED: 401,
}


def http_status(code: GrpcCode) -> int:
    """The HTTP status with which the gateway answers an error of this code."""
    return _HTTP_STATUS[code]


class GrpcError(Exception):
    """A refusal, as Nakama words it.

    Attributes:
        code: The gRPC code.
        message: The text the client gets to see.
    """

    def __init__(self, code: GrpcCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class DecodeError(ValueError):
    """The input is not what the schema asks for; the text is what Nakama answers."""


class EncodeError(ValueError):
    """A document is not what the schema asks for: a handler made a wrong one."""


class InvalidUtf8(EncodeError):
    """A document holds text that is no UTF-8, which JSON can replace and protobuf cannot write."""

    def __init__(self) -> None:
        super().__init__("string field contains invalid UTF-8")
