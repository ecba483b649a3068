"""Errors of the runtime functions of leaderboards and tournaments, as modules see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mock_server.cron_schedule import ScheduleCrash
from mock_server.cursor import BadCursor
from mock_server.features.leaderboards.records import RecordRejected
from mock_server.features.leaderboards.scores import BadScore
from mock_server.runtime.errors import ModuleError


@contextmanager
def task(name: str, refused: type[Exception]) -> Iterator[None]:
    """Word what goes wrong while something is done.

    Args:
        name: What is done, as `listing leaderboard records`.
        refused: What the board raises when its rules do not allow it.

    Raises:
        ModuleError: It went wrong.
    """
    try:
        yield
    except BadCursor:
        raise ModuleError(f"error {name}: leaderboard cursor invalid") from None
    except (refused, BadScore, RecordRejected) as error:
        raise ModuleError(f"error {name}: {error}") from None
    except ScheduleCrash as crash:
        raise ModuleError(str(crash)) from None
