"""What an HTTP answer means: a model, or one of our errors."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from nakama_client import errors
from nakama_client.protocol.codec import DECODE_ERRORS, decode, excerpt

T = TypeVar("T")

_BY_CODE: dict[int, type[errors.ApiError]] = {
    1: errors.Cancelled,
    2: errors.UnknownError,
    3: errors.InvalidArgument,
    4: errors.DeadlineExceeded,
    5: errors.NotFound,
    6: errors.AlreadyExists,
    7: errors.PermissionDenied,
    8: errors.ResourceExhausted,
    9: errors.FailedPrecondition,
    10: errors.Aborted,
    11: errors.OutOfRange,
    12: errors.Unimplemented,
    13: errors.InternalError,
    14: errors.Unavailable,
    15: errors.DataLoss,
    16: errors.Unauthenticated,
}


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer; `retry_after` are the seconds that the server asks to wait, if it asks."""

    status: int
    body: bytes
    retry_after: float | None = None

    def __repr__(self) -> str:
        return f"<Reply {self.status}, {len(self.body)} bytes>"


class Empty(msgspec.Struct):
    """The answer of a call that returns nothing: `{}`."""


class _Refusal(msgspec.Struct):
    code: int = 0
    message: str = ""


def read(reply: Reply, model: type[T]) -> T:
    """Read an answer into a model.

    Raises:
        ApiError: Nakama refused.
        UnexpectedReply: The answer is not Nakama's.
    """
    if reply.status != 200:
        raise refusal(reply)
    try:
        return decode(reply.body, model)
    except DECODE_ERRORS as error:
        raise errors.UnexpectedReply(reply.status, excerpt(reply.body)) from error


def refusal(reply: Reply) -> errors.ReplyError:
    """The error for an answer that is no success."""
    error = _refusal(reply)
    error.retry_after = reply.retry_after
    return error


def _refusal(reply: Reply) -> errors.ReplyError:
    try:
        body = decode(reply.body, _Refusal)
    except DECODE_ERRORS:
        return errors.UnexpectedReply(reply.status, excerpt(reply.body))
    if body.code not in _BY_CODE:
        return errors.UnexpectedReply(reply.status, excerpt(reply.body))
    return _BY_CODE[body.code](reply.status, body.code, body.message)
