"""How long to wait before trying again: exponential, with full jitter."""

from __future__ import annotations

from collections.abc import Callable

# 2.0 ** 1024 is no float any more; any sensible longest delay is reached long before.
_MOST_DOUBLINGS = 60


def full_jitter(
    failures: int, *, first: float, longest: float, random: Callable[[], float]
) -> float:
    """The seconds to wait after so many failures in a row.

    Any time from 0 up to a bound is as likely as any other, so that thousands of clients that
    failed at the same moment come back spread out. The bound doubles with each failure.

    Args:
        failures: How often it failed by now, at least once.
        first: The bound after the first failure, in seconds.
        longest: The highest bound, in seconds.
        random: Gives numbers from 0 up to 1.
    """
    doublings = min(failures - 1, _MOST_DOUBLINGS)
    return random() * min(longest, first * 2.0**doublings)
