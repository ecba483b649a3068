"""Errors of the runtime functions of tournaments, as modules see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mock_server.cron_schedule import ScheduleCrash
from mock_server.cursor import BadCursor
from mock_server.features.leaderboards.records import RecordRejected
from mock_server.features.leaderboards.scores import BadScore
from mock_server.features.tournaments.core import TournamentRefused
from mock_server.runtime.errors import ModuleError


@contextmanager
def task(name: str) -> Iterator[None]:
    """Word what goes wrong while something is done, as `joining tournament`.

    Raises:
        ModuleError: It went wrong.
    """
    try:
        yield
    except BadCursor:
        raise ModuleError(f"error {name}: leaderboard cursor invalid") from None
    except (TournamentRefused, BadScore, RecordRejected) as error:
        raise ModuleError(f"error {name}: {error}") from None
    except ScheduleCrash as crash:
        raise ModuleError(str(crash)) from None
