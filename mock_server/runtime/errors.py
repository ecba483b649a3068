"""Errors of server modules."""

from __future__ import annotations

from mock_server.wire.errors import GrpcCode, GrpcError

_CODE_NAMES = {
    int(code): "".join(part.capitalize() for part in code.name.split("_")) for code in GrpcCode
} | {1: "Canceled"}


class ModuleLoadError(Exception):
    """A server module could not be loaded; the message has file and line.

    At the start the server does not start; a reload keeps what was loaded before.
    """


class ModuleError(Exception):
    """A server module refuses a call; the client receives the message.

    Args:
        message: The text for the client.
        code: A gRPC code from 1 to 16; over HTTP it decides the status. Others become 13, as in
            Nakama. The socket does not show it.

    Attributes:
        shown_code: The code that the body of a failed RPC shows.
        details: What that body has as `error`.
        trace: Where it happened, for the journal; empty where the module chose to refuse.
    """

    def __init__(self, message: str, code: int = GrpcCode.INTERNAL) -> None:
        super().__init__(message)
        self.message = message
        self.code = GrpcCode(code) if 1 <= code <= 16 else GrpcCode.INTERNAL
        self.shown_code = int(self.code)
        self.details: dict[str, str] = {}
        self.trace = ""


class BadArgument(ModuleError):
    """A runtime function was called with something it does not take; the text is Nakama's.

    Args:
        number: Which argument, from 1.
        function: The function's name.
        expected: What it takes.

    Attributes:
        number: Which argument, from 1.
        expected: What it takes.
    """

    def __init__(self, number: int, function: str, expected: str) -> None:
        super().__init__(f"bad argument #{number} to {function} ({expected})")
        self.number = number
        self.expected = expected


def status_text(error: GrpcError) -> str:
    """How Go prints a gRPC status: `rpc error: code = NotFound desc = User account not found.`."""
    return status_line(error.code, error.message)


def status_line(code: int, message: str) -> str:
    """The same for a code that may be unknown to gRPC: `code = Code(99)`."""
    return f"rpc error: code = {_CODE_NAMES.get(code, f'Code({code})')} desc = {message}"
