"""When a lost socket is opened again, and what its handlers get then."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from nakama_client import errors
from nakama_client.disconnect import DisconnectReason
from nakama_client.protocol.retry import full_jitter, upper_jitter


@frozen
class Reconnecting:
    """The socket is about to be opened again.

    Attributes:
        attempt: The number of the attempt, from 1.
        delay: Seconds until it is made.
        cause: Why the connection ended, or the error of the attempt before.
    """

    attempt: int
    delay: float
    cause: DisconnectReason | errors.NakamaError


@frozen
class Connected:
    """The socket is open, and its channels, followed users and status are restored.

    Attributes:
        attempts: How many attempts it took; 1 when the first succeeded.
        lost: Why the connection before this one ended; None for the first one.
    """

    attempts: int
    lost: DisconnectReason | None


# The highest bound, in seconds, while the server's port refuses connections: nobody has been asked
# to do anything, and a server that restarts is found soon after it listens. When it is away for up
# to 2 s, each of thousands of sockets makes at most 2.5 attempts on average
# (`python -m benchmarks.reconnect_storm`).
_LONGEST_WHILE_REFUSED = 2.0


class Backoff:
    """Counts failed attempts, and says how long to wait before the next one.

    A refused connection costs the server nothing, so it does not count among the failures that
    double the delay.

    Args:
        attempts: How many attempts may fail in a row; None for any number.
        first_delay: The bound of the first delay, in seconds.
        max_delay: The highest bound.
        random: Gives numbers from 0 up to 1.

    Attributes:
        attempt: How many attempts were made since the connection was lost.
    """

    __slots__ = (
        "_attempts",
        "_failures",
        "_first_delay",
        "_max_delay",
        "_opened_at",
        "_random",
        "_refusals",
        "attempt",
    )

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
        self._refusals = 0
        self._opened_at = 0.0

    def opened(self, now: float) -> None:
        """The connection is open."""
        self._opened_at = now

    def lost(self, now: float) -> None:
        """The connection was lost. When it held for long, the delays begin again."""
        self.attempt = 0
        self._refusals = 0
        if now - self._opened_at >= self._max_delay:
            self._failures = 0

    def next_delay(self, cause: DisconnectReason | errors.NakamaError) -> float | None:
        """Seconds until the next attempt; None when there were enough."""
        if self.attempt == self._attempts:
            return None
        self.attempt += 1
        if isinstance(cause, errors.ConnectionFailed) and cause.is_refused:
            self._refusals += 1
            failures, jitter = self._refusals + 1, upper_jitter  # the lost connection counts, too
            longest = min(self._max_delay, max(self._first_delay, _LONGEST_WHILE_REFUSED))
        else:
            self._failures += 1
            failures, jitter = self._failures, full_jitter
            longest = self._max_delay
        delay = jitter(failures, first=self._first_delay, longest=longest, random=self._random)
        asked = cause.retry_after if isinstance(cause, errors.ReplyError) else None
        return max(delay, asked or 0.0)
