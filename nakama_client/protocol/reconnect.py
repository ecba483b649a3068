"""Whether a lost socket is opened again, and when."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from nakama_client import errors
from nakama_client.protocol.backoff import full_jitter
from nakama_client.protocol.closing import DisconnectCause, DisconnectReason

Trouble = DisconnectReason | errors.NakamaError

# After -7 both would throw each other out for ever; a banned account gets no socket.
_FINAL_CAUSES = frozenset(
    {DisconnectCause.CLOSED, DisconnectCause.REPLACED, DisconnectCause.BANNED}
)
_FINAL_ERRORS = (errors.SessionExpired, errors.ClientClosed, errors.ArgumentError)
_TOO_MANY_REQUESTS = 429


@frozen
class Reconnecting:
    """The socket is about to be opened again.

    Attributes:
        attempt: The number of the attempt, from 1.
        delay: Seconds until it is made.
        trouble: Why the connection ended, or the error of the attempt before.
    """

    attempt: int
    delay: float
    trouble: Trouble


@frozen
class Connected:
    """The socket is open, and all that was joined is joined again.

    Attributes:
        attempts: How many attempts it took; 1 when the first succeeded.
        lost: Why the connection before this one ended; None for the first one.
    """

    attempts: int
    lost: DisconnectReason | None


def may_reconnect(trouble: Trouble) -> bool:
    """Whether the socket may be opened again.

    Nakama closes nearly everything with code 1000, so the cause decides and not the code.

    Args:
        trouble: Why the connection ended, or the error of the last attempt.
    """
    if isinstance(trouble, DisconnectReason):
        return trouble.cause not in _FINAL_CAUSES
    if isinstance(trouble, errors.ConnectionLost):
        return may_reconnect(trouble.reason)
    if isinstance(trouble, errors.ApiError):
        return trouble.status >= 500 or trouble.status == _TOO_MANY_REQUESTS
    return not isinstance(trouble, _FINAL_ERRORS)


class Backoff:
    """Counts what failed, and says how long to wait.

    Args:
        attempts: How many attempts may fail in a row; None for any number.
        first_delay: The bound of the first delay, in seconds.
        max_delay: The highest bound.
        random: Gives numbers from 0 up to 1.

    Attributes:
        attempt: How many attempts were made since the connection was lost.
    """

    def __init__(
        self,
        *,
        attempts: int | None,
        first_delay: float,
        max_delay: float,
        random: Callable[[], float],
    ) -> None:
        self.attempt = 0
        self._attempts = attempts
        self._first_delay = first_delay
        self._max_delay = max_delay
        self._random = random
        self._failures = 0
        self._opened_at = 0.0

    def opened(self, now: float) -> None:
        """The connection is open."""
        self._opened_at = now

    def lost(self, now: float) -> None:
        """The connection was lost. When it held for long, the delays begin anew."""
        self.attempt = 0
        if now - self._opened_at >= self._max_delay:
            self._failures = 0

    def next_delay(self, trouble: Trouble) -> float | None:
        """Seconds until the next attempt; None when there were enough."""
        if self.attempt == self._attempts:
            return None
        self.attempt += 1
        self._failures += 1
        delay = full_jitter(
            self._failures, first=self._first_delay, longest=self._max_delay, random=self._random
        )
        asked = trouble.retry_after if isinstance(trouble, errors.ReplyError) else None
        return max(delay, asked or 0.0)
