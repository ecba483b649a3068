"""A clock that is never set back."""

from __future__ import annotations

from collections.abc import Callable


class ForwardClock:
    """A clock that stands still while another one is set back, and then goes on with it.

    What is planned for a time comes due, although the device's clock is set back by a day.

    Args:
        clock: Gives the seconds since 1970.
    """

    __slots__ = ("_ahead", "_clock", "_last")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self._ahead = 0.0

    def __call__(self) -> float:
        """The seconds since 1970, as this clock has them."""
        reading = self._clock()
        self._ahead += max(0.0, self._last - reading)
        self._last = reading
        return reading + self._ahead
