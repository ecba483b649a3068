"""A clock that is never set back."""

from __future__ import annotations

from collections.abc import Callable


def never_back(clock: Callable[[], float]) -> Callable[[], float]:
    """Make a clock that stands still where the other one goes back, and then goes on with it.

    What is planned for a time comes due, although the device's clock is set back by a day.

    Args:
        clock: Gives the seconds since 1970.
    """
    last = clock()
    ahead = 0.0

    def now() -> float:
        nonlocal last, ahead
        reading = clock()
        ahead += max(0.0, last - reading)
        last = reading
        return reading + ahead

    return now
