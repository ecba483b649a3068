"""What an HTTP answer means: a model, or one of our errors."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from nakama_client import errors
from nakama_client.protocol.codec import DECODE_ERRORS, Salvaged, decode, decode_items
from nakama_client.redaction import excerpt, hide

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
    """An HTTP answer.

    Attributes:
        status: The HTTP status.
        body: The whole body, unpacked.
        retry_after: How many seconds the server asks to wait, if it asks.
        secrets: What was sent and must not show in an error, should the server send it back.
        location: Where a redirect points.
        set_cookies: What the server wants a browser to keep.
    """

    status: int
    body: bytes
    retry_after: float | None = None
    secrets: tuple[str, ...] = ()
    location: str = ""
    set_cookies: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Reply {self.status}, {len(self.body)} bytes>"


class Empty(msgspec.Struct):
    """The answer of a call that returns nothing: `{}`."""


class _Refusal(msgspec.Struct):
    code: int = 0
    message: str = ""


def read(reply: Reply, model: type[T]) -> Salvaged[T]:
    """Read an answer into a model, without those items of its lists that can't be read.

    Raises:
        ApiError: Nakama refused.
        UnexpectedReply: The answer is not Nakama's.
    """
    if reply.status != 200:
        raise refusal(reply)
    try:
        return decode_items(reply.body, model, reply.secrets)
    except DECODE_ERRORS as error:
        problem = hide(str(error), reply.secrets)
    raise errors.UnexpectedReply(reply.status, excerpt(reply.body, reply.secrets), problem)


def refusal(reply: Reply) -> errors.ReplyError:
    """The error for an answer that is no success."""
    error = _refusal(reply)
    error.retry_after = reply.retry_after
    return error


def _redirect(reply: Reply) -> str:
    """Where a redirect points, which is not followed; "" for another answer.

    Its query is left out, and so is a user: both may hold what was sent.
    """
    if not 300 <= reply.status < 400 or not reply.location:
        return ""
    target = hide(reply.location.partition("?")[0], reply.secrets)[:200]
    if "@" in target:
        target = "an address with a user"
    return f"a redirect, which is not followed; give the client the right address: {target!r}"


def _refusal(reply: Reply) -> errors.ReplyError:
    try:
        body = decode(reply.body, _Refusal)
    except DECODE_ERRORS:
        body = _Refusal()
    kind = _BY_CODE.get(body.code)
    if kind is None:
        text = excerpt(reply.body, reply.secrets)
        return errors.UnexpectedReply(reply.status, text, _redirect(reply))
    return kind(reply.status, body.code, hide(body.message, reply.secrets))
