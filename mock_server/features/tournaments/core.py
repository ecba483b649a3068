"""Tournaments: who may join, and who may write when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import Enum

from attrs import frozen

from mock_server.cron_schedule import NEVER, ScheduleCrash
from mock_server.cursor import decode_cursor, encode_cursor
from mock_server.features.leaderboards.board import Board
from mock_server.features.leaderboards.boards import BoardRejected, Boards
from mock_server.features.leaderboards.core import check_schedule
from mock_server.features.leaderboards.periods import (
    Period,
    previous_reset,
    tournament_period,
)
from mock_server.features.leaderboards.record import Record, RecordPage, Submission
from mock_server.features.leaderboards.records import Records
from mock_server.features.leaderboards.scores import (
    Score,
    effective_operator,
    first_score,
    merged_score,
)
from server_kit import Clock, Store

_LIST = "tournament_list"
_LARGEST_INT4 = (1 << 31) - 1
_NOW_OR_LATER = -1
_END = 253_402_300_800  # the first second of the year 10000, which the API cannot show


class Refusal(Enum):
    """Why a tournament refuses; the values are Nakama's texts."""

    NOT_FOUND = "tournament not found"
    AUTHORITATIVE = "tournament only allows authoritative submissions"
    MAX_SIZE = "tournament max size reached"
    OUTSIDE_DURATION = "tournament outside of duration"
    MAX_NUM_SCORE = "max number score count reached"
    JOIN_REQUIRED = "required to join before writing tournament record"


class TournamentRefused(Exception):
    """A call that the rules of a tournament do not allow; nothing was changed.

    Attributes:
        reason: Which rule.
    """

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@frozen
class Tournament:
    """A tournament at a time.

    Attributes:
        board: Its definition, and how many have a place.
        period: Its period.
        can_enter: Whether one can take part.
        prev_reset: When it was reset last; 0 where it never was.
    """

    board: Board
    period: Period
    can_enter: bool
    prev_reset: int


@frozen
class TournamentPage:
    """Tournaments, and where the next page starts; empty on the last page."""

    tournaments: Sequence[Tournament]
    cursor: str


@frozen
class TournamentFilter:
    """Which tournaments a list shows.

    Attributes:
        category_start: The lowest category.
        category_end: The highest category.
        start_time: They start then or later, in seconds; -1 is any time.
        end_time: They end until then; 0 is those without an end, -1 all that are not over.
    """

    category_start: int = 0
    category_end: int = 127
    start_time: int = -1
    end_time: int = _NOW_OR_LATER

    def shows(self, board: Board, now: int) -> bool:
        """Tell whether a tournament is in the list."""
        in_category = self.category_start <= board.category <= self.category_end
        if not in_category or board.start_time < self.start_time:
            return False
        if self.end_time == 0:
            return board.end_time == 0
        if self.end_time == _NOW_OR_LATER:
            return board.end_time == 0 or board.end_time >= now
        return 0 < board.end_time <= self.end_time


class Tournaments:
    """The tournaments of one server.

    Where a call is `authoritative`, the server itself acts, and may do what clients may not.

    Args:
        store: The database.
        clock: The server's time.
        boards: Their definitions.
        records: Their records.
    """

    def __init__(self, store: Store, clock: Clock, boards: Boards, records: Records) -> None:
        self._store = store
        self._clock = clock
        self._boards = boards
        self._records = records

    def create(self, board: Board) -> None:
        """Create a tournament; one that is there already stays as it is.

        Args:
            board: Its definition; a start time of 0 is now.

        Raises:
            BoardRejected: A leaderboard has its id, it ends before its first reset, or a value is
                beyond what the database holds.
            ScheduleCrash: Its schedule has no match.
            CrashingSchedule: A real Nakama would not survive its schedule.
        """
        _check_end(board)
        existing = self._boards.find(board.id)
        if existing is not None:
            if not existing.is_tournament:
                raise BoardRejected("cannot create tournament as leaderboard is already in use")
            return
        _check_numbers(board)
        check_schedule(board, self._now())
        self._boards.create(board)

    def delete(self, tournament_id: str) -> None:
        """Delete a tournament; an unknown one or a leaderboard is no error, and stays."""
        board = self._boards.find(tournament_id)
        if board is not None and board.is_tournament:
            self._boards.delete(tournament_id)

    def join(self, tournament_id: str, owner_id: str, username: str) -> None:
        """Take a place; without effect where no place is needed, or the owner has one.

        Raises:
            TournamentRefused: There is no such tournament, or it is over or full.
            RecordRejected: The name is too long.
        """
        board = self._find(tournament_id)
        if not board.join_required:
            return
        period = self._period(board)
        if period.end_active <= self._now():
            raise TournamentRefused(Refusal.OUTSIDE_DURATION)
        if self._records.find(board, period.expiry, owner_id) is not None:
            return
        with self._store.transaction():
            self._take_place(board)
            nothing = Score(0, 0)
            submission = Submission(owner_id, username, nothing)
            self._records.insert(
                board, period.expiry, submission, nothing, board.max_num_score, num_score=0
            )

    def write(self, tournament_id: str, submission: Submission, *, authoritative: bool) -> Record:
        """Write a score; it counts, also where it changes nothing.

        Raises:
            TournamentRefused: There is no such tournament, or it does not take the score.
            BadOperator: The operator is none.
            BadScore: The score is negative, or beyond 64 bits.
            RecordRejected: A value is beyond what the database holds.
        """
        board = self._find(tournament_id)
        if board.authoritative and not authoritative:
            raise TournamentRefused(Refusal.AUTHORITATIVE)
        period, now = self._period(board), self._now()
        if not period.start_active <= now < period.end_active:
            raise TournamentRefused(Refusal.OUTSIDE_DURATION)
        if board.join_required:
            return self._write_joined(board, period.expiry, submission)
        return self._write_freely(board, period.expiry, submission)

    def delete_record(self, tournament_id: str, owner_id: str, *, authoritative: bool) -> None:
        """Delete a record of the current period, and give its place back.

        Raises:
            TournamentRefused: There is no such tournament, or clients may not delete there.
        """
        board = self._find(tournament_id)
        if board.authoritative and not authoritative:
            raise TournamentRefused(Refusal.AUTHORITATIVE)
        expiry = self._period(board).expiry
        with self._store.transaction():
            if self._records.delete(board, expiry, owner_id) and board.has_max_size:
                self._boards.change_size(board.id, -1)

    def add_attempts(self, tournament_id: str, owner_id: str, count: int) -> None:
        """Change how many scores an owner may submit in this period; no record, no change.

        Raises:
            TournamentRefused: There is no such tournament, or it is over.
        """
        board = self._find(tournament_id)
        period = self._period(board)
        if period.end_active <= self._now():
            raise TournamentRefused(Refusal.OUTSIDE_DURATION)
        self._records.add_attempts(board, period.expiry, owner_id, count)

    def disable_ranks(self, tournament_id: str) -> None:
        """Drop the ranks of a tournament for good.

        Raises:
            TournamentRefused: There is no such tournament.
        """
        self._boards.disable_ranks(self._find(tournament_id).id)

    def find(self, tournament_id: str) -> Board | None:
        """The board of an id, a leaderboard's, too, or None."""
        return self._boards.find(tournament_id)

    def has_ended(self, board: Board) -> bool:
        """Tell whether a board's end time is over."""
        return 0 < board.end_time <= self._now()

    def get(self, tournament_ids: Iterable[str]) -> list[Tournament]:
        """Tournaments by id, each once; those that count places come last."""
        found = [self._boards.find(each) for each in dict.fromkeys(tournament_ids)]
        boards = [board for board in found if board is not None and board.is_tournament]
        boards.sort(key=lambda board: board.has_max_size)
        return [tournament_at(board, self._now(), is_open_ended=True) for board in boards]

    def page(self, wanted: TournamentFilter, limit: int, cursor: str = "") -> TournamentPage:
        """List tournaments by start, end (the latest first, none last), category and id.

        Raises:
            BadCursor: Not a cursor of such a list.
        """
        after, now = tournament_list_position(cursor), self._now()
        boards = self._boards.tournaments()
        if after:
            ids = [board.id for board in boards]
            boards = boards[ids.index(after) + 1 :] if after in ids else []
        shown = [board for board in boards if wanted.shows(board, now)]
        following = encode_cursor(_LIST, shown[limit - 1].id) if len(shown) > limit else ""
        return TournamentPage(
            [tournament_at(board, now, is_open_ended=False) for board in shown[:limit]], following
        )

    def records(
        self,
        tournament_id: str,
        limit: int | None,
        *,
        cursor: str = "",
        owner_ids: Collection[str] = (),
        expiry: int = 0,
    ) -> RecordPage:
        """List records; see `Records.page`.

        Raises:
            TournamentRefused: There is no such tournament, or it has ended.
            BadCursor: Not a cursor of this tournament and period.
        """
        board = self._find(tournament_id)
        if not expiry and self.has_ended(board):
            raise TournamentRefused(Refusal.OUTSIDE_DURATION)
        return self._records.page(board, limit, cursor=cursor, owner_ids=owner_ids, expiry=expiry)

    def around(
        self, tournament_id: str, owner_id: str, limit: int, *, cursor: str = "", expiry: int = 0
    ) -> RecordPage:
        """List the records around an owner's.

        The cursor to what is before is a copy of the one to what is behind, as in Nakama.

        Raises:
            TournamentRefused: There is no such tournament.
            BadCursor: Not a cursor of this tournament and period.
        """
        board = self._find(tournament_id)
        page = self._records.around(board, owner_id, limit, cursor=cursor, expiry=expiry)
        return RecordPage(
            page.records,
            next_cursor=page.next_cursor,
            prev_cursor=page.next_cursor,
            rank_count=page.rank_count,
        )

    def _write_joined(self, board: Board, expiry: int, submission: Submission) -> Record:
        operator = effective_operator(board.operator, submission.operator)
        stored = self._records.find(board, expiry, submission.owner_id)
        if stored is None:
            raise TournamentRefused(Refusal.JOIN_REQUIRED)
        if 0 < stored.max_num_score <= stored.num_score:
            return self._records.unchanged(stored, submission)
        score = merged_score(
            operator, stored.score, submission.score, is_ascending=board.is_ascending
        )
        return self._records.update(board, stored, submission, score)

    def _write_freely(self, board: Board, expiry: int, submission: Submission) -> Record:
        operator = effective_operator(board.operator, submission.operator)
        score = first_score(operator, submission.score)
        stored = self._records.find(board, expiry, submission.owner_id)
        if stored is None:
            with self._store.transaction():
                self._take_place(board)
                return self._records.insert(board, expiry, submission, score, board.max_num_score)
        score = merged_score(
            operator, stored.score, submission.score, is_ascending=board.is_ascending
        )
        if 0 < stored.max_num_score <= stored.num_score:
            raise TournamentRefused(Refusal.MAX_NUM_SCORE)
        return self._records.update(board, stored, submission, score)

    def _take_place(self, board: Board) -> None:
        if board.has_max_size and not self._boards.change_size(board.id, 1):
            raise TournamentRefused(Refusal.MAX_SIZE)

    def _find(self, tournament_id: str) -> Board:
        board = self._boards.find(tournament_id)
        if board is None or not board.is_tournament:
            raise TournamentRefused(Refusal.NOT_FOUND)
        return board

    def _period(self, board: Board) -> Period:
        return tournament_period(board, self._now())

    def _now(self) -> int:
        return int(self._clock.time())


def tournament_at(board: Board, now: int, *, is_open_ended: bool) -> Tournament:
    """A tournament as it stands at a time.

    Args:
        board: The tournament.
        now: The time.
        is_open_ended: Whether one can enter where no period ends.
    """
    period = tournament_period(board, now)
    is_over = period.end_active < now and not (is_open_ended and period.end_active == 0)
    can_enter = period.start_active <= now and not is_over and board.size < board.max_size
    return Tournament(board, period, can_enter, previous_reset(board, now, board.start_time))


def tournament_list_position(cursor: str) -> str:
    """The id in a cursor of a list of tournaments; an empty cursor is the beginning.

    Raises:
        BadCursor: Not a cursor of such a list.
    """
    return str(decode_cursor(_LIST, cursor, str)[0]) if cursor else ""


def _check_end(board: Board) -> None:
    schedule = board.schedule
    if schedule is None:
        return
    first = schedule.next(board.start_time)
    if first == NEVER:
        raise ScheduleCrash("runtime error: index out of range [0] with length 0")
    if 0 < board.end_time <= first:
        raise BoardRejected(
            "tournament end time cannot be before first reset schedule - either increase end time "
            "or change/disable reset schedule"
        )


def _check_numbers(board: Board) -> None:
    """Refuse what does not fit 32 bits; the text tells the place in Nakama's statement."""
    texts = (board.reset_schedule, board.metadata, "category", board.description)
    flags = (board.end_time, board.join_required)
    size_place = 5 + sum(map(bool, texts)) + sum(map(bool, flags))
    places = (
        (board.duration, 4),
        (board.max_size, size_place),
        (board.max_num_score, size_place + 1),
    )
    if max(board.start_time, board.end_time) >= _END:
        raise BoardRejected("this mock of Nakama knows the years 1 to 9999 only")
    for number, place in places:
        if number > _LARGEST_INT4:
            raise BoardRejected(
                f"failed to encode args[{place}]: unable to encode {number} into binary format "
                f"for int4 (OID 23): {number} is greater than maximum value for int4"
            )
