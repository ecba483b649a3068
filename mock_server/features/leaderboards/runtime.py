"""`nk.leaderboard_*`."""

from __future__ import annotations

from typing import Any

from mock_server.features.leaderboards.core import Leaderboard, Leaderboards
from mock_server.runtime.arguments import Arguments, stored_json
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.runtime.tools.time import is_cron

_ID = "expects a leaderboard ID string"
_SORT_ORDERS = {"asc": "asc", "ascending": "asc", "desc": "desc", "descending": "desc"}
_OPERATORS = {
    "best": "best",
    "set": "set",
    "incr": "incr",
    "increment": "incr",
    "decr": "decr",
    "decrement": "decr",
}


class LeaderboardFunctions(RuntimeFunctions):
    """Create and delete leaderboards."""

    def __init__(self, leaderboards: Leaderboards) -> None:
        self._leaderboards = leaderboards

    def leaderboard_create(
        self,
        leaderboard_id: Any = None,
        authoritative: Any = None,
        sort_order: Any = None,
        operator: Any = None,
        reset_schedule: Any = None,
        metadata: Any = None,
        enable_ranks: Any = None,
    ) -> None:
        """Create a leaderboard; one that is there already stays as it is.

        Args:
            leaderboard_id: Its name.
            authoritative: Whether only the server writes scores; False when left out.
            sort_order: `asc` or `desc` (when left out).
            operator: `best` (when left out), `set`, `incr` or `decr`.
            reset_schedule: A cron expression.
            metadata: A table.
            enable_ranks: Whether records are ranked; False when left out.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments(
            "leaderboard_create",
            leaderboard_id,
            authoritative,
            sort_order,
            operator,
            reset_schedule,
            metadata,
            enable_ranks,
        )
        name, is_authoritative = given.filled_text(1, _ID), given.optional_flag(2)
        order = _SORT_ORDERS.get(given.optional_text(3, "desc"))
        if order is None:
            raise given.error(3, "expects sort order to be 'asc' or 'desc'")
        action = _OPERATORS.get(given.optional_text(4, "best"))
        if action is None:
            raise given.error(4, "expects operator to be 'best', 'set', 'decr' or 'incr'")
        schedule = given.optional_text(5)
        if schedule and not is_cron(schedule):
            raise given.error(5, "expects reset schedule to be a valid CRON expression")
        table = given.optional_table(6)
        self._leaderboards.create(
            Leaderboard(
                name,
                is_authoritative,
                order,
                action,
                schedule,
                "{}" if table is None else stored_json(table),
                given.optional_flag(7),
            )
        )

    def leaderboard_delete(self, leaderboard_id: Any = None) -> None:
        """Delete a leaderboard; an unknown one is no error.

        Raises:
            ModuleError: A bad argument.
        """
        name = Arguments("leaderboard_delete", leaderboard_id).filled_text(1, _ID)
        self._leaderboards.delete(name)
