"""A leaderboard or a tournament: its row, and how it takes scores."""

from __future__ import annotations

from enum import IntEnum

from attrs import frozen

from mock_server.cron import parse_schedule
from mock_server.cron_schedule import CronSchedule
from server_kit import store

NO_MAX_SIZE = (1 << 31) - 1
"""The size of a tournament that takes everybody."""
MAX_NUM_SCORE = 1_000_000
"""How many scores one owner may submit when nothing else is said."""


class Operator(IntEnum):
    """What a new score does to the stored one; the numbers are those of the API."""

    NO_OVERRIDE = 0
    BEST = 1
    SET = 2
    INCREMENT = 3
    DECREMENT = 4


@frozen
class Board:
    """A leaderboard, or a tournament, which is a leaderboard with a duration.

    Times are in whole seconds since the epoch, UTC.

    Attributes:
        id: Its name.
        authoritative: Whether only the server writes scores.
        is_ascending: Whether the lowest score comes first.
        operator: What a new score does to the stored one.
        reset_schedule: A cron expression, or empty.
        metadata: JSON text.
        create_time: When it was created.
        enable_ranks: Whether records are ranked.
        duration: Seconds in which a tournament takes scores; 0 for a leaderboard.
        title: A tournament's title.
        description: A tournament's description.
        category: A tournament's category, 0 to 127.
        start_time: When a tournament starts for the first time.
        end_time: When a tournament is over for good; 0 is never.
        max_size: How many owners a tournament takes.
        max_num_score: How many scores an owner may submit.
        join_required: Whether an owner must join before the first score.
        size: How many owners have a place in a tournament with a maximal size.
    """

    id: str
    authoritative: bool = False
    is_ascending: bool = False
    operator: Operator = Operator.BEST
    reset_schedule: str = ""
    metadata: str = "{}"
    create_time: int = 0
    enable_ranks: bool = False
    duration: int = 0
    title: str = ""
    description: str = ""
    category: int = 0
    start_time: int = 0
    end_time: int = 0
    max_size: int = NO_MAX_SIZE
    max_num_score: int = MAX_NUM_SCORE
    join_required: bool = False
    size: int = 0

    @property
    def is_tournament(self) -> bool:
        """Whether it has a duration."""
        return self.duration != 0

    @property
    def has_max_size(self) -> bool:
        """Whether places are counted."""
        return self.max_size != NO_MAX_SIZE

    @property
    def schedule(self) -> CronSchedule | None:
        """When it resets; None is never."""
        return parse_schedule(self.reset_schedule) if self.reset_schedule else None


def board_of(row: store.Row) -> Board:
    """The board of a row of the `leaderboard` table."""
    values = dict(row)
    return Board(
        id=values["id"],
        authoritative=bool(values["authoritative"]),
        is_ascending=bool(values["is_ascending"]),
        operator=Operator(values["operator"]),
        reset_schedule=values["reset_schedule"],
        metadata=values["metadata"],
        create_time=values["create_time"] // 1_000_000,
        enable_ranks=bool(values["enable_ranks"]),
        duration=values["duration"],
        title=values["title"],
        description=values["description"],
        category=values["category"],
        start_time=values["start_time"],
        end_time=values["end_time"],
        max_size=values["max_size"],
        max_num_score=values["max_num_score"],
        join_required=bool(values["join_required"]),
        size=values["size"],
    )
