"""Ranks: the true positions of records, kept in memory beside the database.

A database tells a rank only by counting, which is a scan; a sorted list answers in O(log n). Each
period of a board with ranks has a list, which is built from the database when it is asked for the
first time.
"""

from __future__ import annotations

from attrs import Factory, define
from sortedcontainers import SortedList

from mock_server.features.leaderboards.board import Board
from server_kit import Store

_Entry = tuple[int, int, str]
"""Score, subscore and owner: the order of an ascending board."""


class NoRanks(LookupError):
    """There are no ranks of this board, or none so far down; the text is Nakama's."""


@define
class _PeriodRanks:
    entries: SortedList[_Entry] = Factory(SortedList)
    by_owner: dict[str, _Entry] = Factory(dict)

    def put(self, entry: _Entry) -> None:
        self.remove(entry[2])
        self.by_owner[entry[2]] = entry
        self.entries.add(entry)

    def remove(self, owner: str) -> None:
        entry = self.by_owner.pop(owner, None)
        if entry is not None:
            self.entries.remove(entry)


class Ranks:
    """The ranks of one server's boards.

    Args:
        store: The database with the records.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._periods: dict[tuple[str, int], _PeriodRanks] = {}

    def rank(self, board: Board, expiry: int, owner: str, *, now: int) -> int:
        """An owner's position from 1; 0 where there is none."""
        period = self._period(board, expiry, now)
        entry = None if period is None else period.by_owner.get(owner)
        if period is None or entry is None:
            return 0
        index = period.entries.index(entry)
        return int(index + 1 if board.is_ascending else len(period.entries) - index)

    def count(self, board: Board, expiry: int, *, now: int) -> int:
        """How many records are ranked."""
        period = self._period(board, expiry, now)
        return 0 if period is None else len(period.entries)

    def at(self, board: Board, expiry: int, rank: int, *, now: int) -> _Entry:
        """Score, subscore and owner of the record at a position from 1.

        Raises:
            NoRanks: The board has none, or not so many.
        """
        period = self._period(board, expiry, now)
        if period is None:
            raise NoRanks(f'rank cache for leaderboard "{board.id}" with expiry {expiry} not found')
        if not 1 <= rank <= len(period.entries):
            raise NoRanks(
                f'rank entry {rank} not found for leaderboard "{board.id}" with expiry {expiry}'
            )
        entry: _Entry = period.entries[rank - 1 if board.is_ascending else -rank]
        return entry

    def put(self, board: Board, expiry: int, entry: _Entry, *, now: int) -> None:
        """Take over a record that was written; the database has it already."""
        if board.enable_ranks and _is_current(expiry, now):
            key = (board.id, expiry)
            self._forget_if_rolled_back(key)
            if key in self._periods:
                self._periods[key].put(entry)
            else:
                self._periods[key] = self._load(*key)

    def remove(self, board_id: str, expiry: int, owner: str) -> None:
        """Close the ranks up where a record was deleted."""
        key = (board_id, expiry)
        if key in self._periods:
            self._forget_if_rolled_back(key)
            self._periods[key].remove(owner)

    def drop(self, board_id: str) -> None:
        """Forget every rank of a board."""
        for key in [key for key in self._periods if key[0] == board_id]:
            del self._periods[key]

    def trim(self, now: int) -> None:
        """Forget the periods that are over."""
        for key in [key for key in self._periods if not _is_current(key[1], now)]:
            del self._periods[key]

    def clear(self) -> None:
        """Forget everything: the database was replaced."""
        self._periods.clear()

    def _forget_if_rolled_back(self, key: tuple[str, int]) -> None:
        """Load a period again if the transaction is rolled back."""

        def forget() -> None:
            self._periods.pop(key, None)

        self._store.after_rollback(forget)

    def _period(self, board: Board, expiry: int, now: int) -> _PeriodRanks | None:
        if not board.enable_ranks or not _is_current(expiry, now):
            return None
        key = (board.id, expiry)
        period = self._periods.get(key)
        if period is None:
            loaded = self._load(*key)
            if not loaded.by_owner:
                return None  # as in Nakama, whose cache begins with the first record
            period = self._periods[key] = loaded
        return period

    def _load(self, board_id: str, expiry: int) -> _PeriodRanks:
        rows = self._store.all(
            "SELECT score, subscore, owner_id FROM leaderboard_record "
            "WHERE leaderboard_id = ? AND expiry_time = ?",
            board_id,
            expiry,
        )
        entries: list[_Entry] = [(row[0], row[1], row[2]) for row in rows]
        return _PeriodRanks(SortedList(entries), {entry[2]: entry for entry in entries})


def _is_current(expiry: int, now: int) -> bool:
    return expiry <= 0 or expiry > now  # a schedule without a match leads to the year 1
