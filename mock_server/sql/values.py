"""Values of columns that a module's language shows in a form of its own."""

from __future__ import annotations

from typing import Self

_EPOCH_DAYS = 719_468  # from 0000-03-01 to 1970-01-01
_DAY = 86_400


class Octets(str):
    """A column that is bytes for Nakama's driver, also JSON; a text where it is one.

    Bytes that are no UTF-8 are lone surrogates, as in all texts of runtime functions.
    """


class Instant(int):
    """A point in time: an int of whole seconds since 1970, as Lua and Python see it.

    Args:
        seconds: Since 1970.
        microseconds: Those beyond the seconds.

    Attributes:
        microseconds: Those beyond the seconds.
    """

    microseconds: int

    def __new__(cls, seconds: int, microseconds: int = 0) -> Self:
        """Make one; an int gets its value here."""
        made = super().__new__(cls, seconds)
        made.microseconds = microseconds
        return made

    @classmethod
    def of(cls, year: int, month: int, day: int, seconds: int = 0, microseconds: int = 0) -> Self:
        """The instant that is so many seconds after a day began, also of years out of 1..9999."""
        shifted = year - (month <= 2)
        era, year_of_era = divmod(shifted, 400)
        day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
        days = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
        return cls((era * 146_097 + days - _EPOCH_DAYS) * _DAY + seconds, microseconds)

    def rfc3339(self) -> str:
        """The time in UTC as Go writes it into JSON, as `2001-01-01T00:00:00.5Z`."""
        year, month, day, seconds = self._parts()
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        fraction = f".{self.microseconds:06}".rstrip("0").rstrip(".")
        return f"{year:04}-{month:02}-{day:02}T{clock}{fraction}Z"

    def _parts(self) -> tuple[int, int, int, int]:
        days, seconds = divmod(int(self), _DAY)
        era, day_of_era = divmod(days + _EPOCH_DAYS, 146_097)
        year_of_era = (
            day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096
        ) // 365
        day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
        shifted = (5 * day_of_year + 2) // 153
        month = shifted + (3 if shifted < 10 else -9)
        year = era * 400 + year_of_era + (month <= 2)
        return year, month, day_of_year - (153 * shifted + 2) // 5 + 1, seconds
