"""When boards are open, and when their records expire. Pure; all times are seconds, UTC."""

from __future__ import annotations

from attrs import frozen

from mock_server.cron_schedule import CronSchedule
from mock_server.features.leaderboards.board import Board


@frozen
class Period:
    """One period of a tournament.

    Attributes:
        start_active: When it begins to take scores.
        end_active: When it no longer does.
        expiry: When its records are over, which names the period; 0 is never.
    """

    start_active: int
    end_active: int
    expiry: int


def tournament_period(board: Board, now: int) -> Period:
    """The period of a tournament at a time.

    Raises:
        ScheduleCrash: The schedule has no such match.
    """
    schedule = board.schedule
    if schedule is None:
        end = board.start_time + board.duration
        if board.end_time > 0:
            end = min(end, board.end_time)
        return Period(board.start_time, end, board.end_time)
    return _scheduled_period(board, schedule, now)


def expiry_at(board: Board, now: int) -> int:
    """When the records that are written at a time expire; 0 is never.

    Raises:
        ScheduleCrash: The schedule has no such match.
    """
    if board.is_tournament:
        return tournament_period(board, now).expiry
    return 0 if board.schedule is None else board.schedule.next(now)


def listed_expiry(board: Board, now: int, asked: int) -> int | None:
    """The expiry of the records that a list shows; None where there can be none.

    Args:
        board: The board.
        now: The time.
        asked: The expiry of another period, or 0.
    """
    if asked:
        return asked
    expiry = expiry_at(board, now)
    is_over = board.is_tournament and expiry != 0 and expiry <= now
    return None if is_over else expiry


def previous_reset(board: Board, now: int, start_time: int) -> int:
    """When a board was reset last; 0 where it never was, or has not started."""
    if board.schedule is None or start_time > now:
        return 0
    return board.schedule.last(now)


def next_reset(board: Board, now: int) -> int:
    """When a leaderboard is reset next; 0 where it never is."""
    return 0 if board.schedule is None else board.schedule.next(now)


def unsigned(seconds: int) -> int:
    """A time as Nakama's 32-bit fields hold it."""
    return seconds & 0xFFFF_FFFF


def _scheduled_period(board: Board, schedule: CronSchedule, now: int) -> Period:
    if now < board.start_time:
        start = schedule.next(board.start_time)
    elif schedule.next(now - 1) == now:
        start = now
    else:
        start = schedule.last(now)
    expiry = schedule.next(start)
    end = min(start + board.duration, expiry)
    if board.start_time > end:
        start, expiry = schedule.next_two(board.start_time)
        end = min(start + board.duration, expiry)
    elif board.start_time > start:
        start = board.start_time
    if 0 < board.end_time < expiry:
        expiry = board.end_time
        end = min(end, expiry)
    return Period(start, end, expiry)
