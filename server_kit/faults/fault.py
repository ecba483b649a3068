"""What can go wrong: a `Fault` and the points where it can happen."""

from __future__ import annotations

import enum
import inspect
import json
from collections.abc import Callable, Mapping

from attrs import field, frozen, validators


class Point(enum.Enum):
    """Where a fault can happen."""

    HTTP = "an HTTP request"
    HANDSHAKE = "the request that opens a socket"
    OPEN = "a socket that has opened"
    IN = "a frame that came in"
    OUT = "a frame that goes out"


class FaultKind(enum.StrEnum):
    """What can go wrong; each is a function of `Fault`."""

    LATENCY = "latency"
    BANDWIDTH = "bandwidth"
    STATUS = "status"
    EXPIRED_TOKEN = "expired_token"
    CLOSE = "close"
    RESET = "reset"
    BLACK_HOLE = "black_hole"
    DROP_REPLY = "drop_reply"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    FRAME = "frame"
    DUPLICATE = "duplicate"
    REORDER = "reorder"


MOST_GARBAGE = 16 * 1024 * 1024
"""How many bytes garbage can have."""

_REQUESTS = frozenset({Point.HTTP, Point.HANDSHAKE})
_FRAMES = frozenset({Point.IN, Point.OUT})
_POINTS: Mapping[FaultKind, frozenset[Point]] = {
    FaultKind.LATENCY: _REQUESTS | _FRAMES,
    FaultKind.BANDWIDTH: frozenset({Point.HTTP, Point.OUT}),
    FaultKind.STATUS: _REQUESTS,
    FaultKind.EXPIRED_TOKEN: _REQUESTS,
    FaultKind.CLOSE: _FRAMES | {Point.OPEN},
    FaultKind.RESET: frozenset(Point),
    FaultKind.BLACK_HOLE: frozenset(Point),
    FaultKind.DROP_REPLY: _FRAMES | {Point.HTTP},
    FaultKind.GARBAGE: _REQUESTS | {Point.OUT},
    FaultKind.TRUNCATED: frozenset({Point.HTTP, Point.OUT}),
    FaultKind.FRAME: frozenset({Point.OUT}),
    FaultKind.DUPLICATE: _FRAMES,
    FaultKind.REORDER: frozenset({Point.OUT}),
}
_NEVER_SENT = (1004, 1005, 1006, 1015)  # close codes that RFC 6455 forbids on the wire
_REASON_BYTES = 123

_text = validators.instance_of(str)
_texts = validators.deep_mapping(key_validator=_text, value_validator=_text)


@frozen
class Fault:
    """One thing that goes wrong. Make it with one of the functions below, named as in `FaultKind`.

    The attributes are the arguments of those functions.
    """

    kind: FaultKind
    seconds: float = field(default=0.0, validator=validators.ge(0))
    jitter: float = field(default=0.0, validator=validators.ge(0))
    bytes_per_second: float = field(default=1.0, validator=validators.gt(0))
    code: int = 0
    headers: Mapping[str, str] = field(factory=dict, validator=_texts)
    body: str = ""
    reason: str = ""
    size: int = field(default=1, validator=[validators.ge(1), validators.le(MOST_GARBAGE)])
    behind: int = field(default=1, validator=validators.ge(1))

    @staticmethod
    def latency(seconds: float, *, jitter: float = 0.0) -> Fault:
        """The request or frame waits `seconds`, more or less by up to `jitter` seconds.

        Frames of one socket stay in order. Latency comes on top of any other fault.
        """
        return Fault(FaultKind.LATENCY, seconds=seconds, jitter=jitter)

    @staticmethod
    def bandwidth(bytes_per_second: float) -> Fault:
        """The answer's body, or the frame, comes at this rate."""
        return Fault(FaultKind.BANDWIDTH, bytes_per_second=bytes_per_second)

    @staticmethod
    def status(
        code: int,
        *,
        headers: Mapping[str, str] | None = None,
        body: str | Mapping[str, object] = "",
    ) -> Fault:
        """The request is answered with this instead, and nothing is done.

        Args:
            code: The HTTP status, 200 to 599.
            headers: As `{"Retry-After": "1"}`.
            body: A text, or what becomes a JSON object.

        Raises:
            ValueError: There is no such final HTTP status.
        """
        if not 200 <= code <= 599:
            raise ValueError(f"an answer's status is 200 to 599, got {code}")
        given = dict(headers or {})
        if isinstance(body, Mapping):
            given = {"Content-Type": "application/json", **given}
            body = json.dumps(body)
        return Fault(FaultKind.STATUS, code=code, headers=given, body=body)

    @staticmethod
    def expired_token() -> Fault:
        """The request is answered as one whose token has expired; one without a token passes."""
        return Fault(FaultKind.EXPIRED_TOKEN)

    @staticmethod
    def close(code: int = 1000, *, reason: str = "") -> Fault:
        """The socket is closed with this code and reason instead of what it was about to do.

        Raises:
            ValueError: The code may not be sent, or the reason is longer than 123 bytes.
        """
        if not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in _NEVER_SENT:
            raise ValueError(f"a close frame cannot carry the code {code}")
        if len(reason.encode()) > _REASON_BYTES:
            raise ValueError(f"a close frame's reason has up to {_REASON_BYTES} bytes")
        return Fault(FaultKind.CLOSE, code=code, reason=reason)

    @staticmethod
    def reset() -> Fault:
        """The connection is reset (TCP RST) before anything is done."""
        return Fault(FaultKind.RESET)

    @staticmethod
    def black_hole() -> Fault:
        """The connection goes half-open: it takes bytes, answers nothing, and stays."""
        return Fault(FaultKind.BLACK_HOLE)

    @staticmethod
    def drop_reply() -> Fault:
        """The request is handled, its answer is lost; a frame that goes out is lost.

        Over HTTP the connection is then closed. A socket stays open.
        """
        return Fault(FaultKind.DROP_REPLY)

    @staticmethod
    def garbage(size: int = 64) -> Fault:
        """Random bytes, neither HTTP nor WebSocket, come instead; then the connection closes."""
        return Fault(FaultKind.GARBAGE, size=size)

    @staticmethod
    def truncated() -> Fault:
        """Half of the answer or frame comes, then the connection closes."""
        return Fault(FaultKind.TRUNCATED)

    @staticmethod
    def frame(body: str) -> Fault:
        """The socket sends this text frame instead."""
        return Fault(FaultKind.FRAME, body=body)

    @staticmethod
    def duplicate() -> Fault:
        """A frame is delivered twice: to the client, or from the client."""
        return Fault(FaultKind.DUPLICATE)

    @staticmethod
    def reorder(behind: int = 1, *, seconds: float = 1.0) -> Fault:
        """A frame waits until others have overtaken it.

        Where the answer to a request is followed at once by an event that it caused, the event
        comes first.

        Args:
            behind: How many frames to other users go first.
            seconds: How long it waits at most when there are no others.
        """
        return Fault(FaultKind.REORDER, behind=behind, seconds=seconds)

    @property
    def points(self) -> frozenset[Point]:
        """Where it can happen."""
        return _POINTS[self.kind]

    def arguments(self) -> dict[str, object]:
        """What its function was called with, by name."""
        return {name: getattr(self, name) for name in parameters(self.kind)}

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments().items())
        return f"{self.kind}({given})"


def maker(kind: FaultKind) -> Callable[..., Fault]:
    """The function of `Fault` that makes this kind."""
    function: Callable[..., Fault] = getattr(Fault, kind)
    return function


def parameters(kind: FaultKind) -> Mapping[str, inspect.Parameter]:
    """The parameters of that function."""
    return inspect.signature(maker(kind)).parameters
