"""Leaderboards and tournaments with their records, as the console shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mock_server.console.page.paging import PageQuery, choice
from mock_server.console.page.stored import stored_value
from mock_server.console.services import ConsoleServices
from mock_server.cron_schedule import ScheduleCrash
from mock_server.features.leaderboards.board import Board
from mock_server.features.leaderboards.periods import next_reset, previous_reset
from mock_server.features.leaderboards.record import Record
from mock_server.features.tournaments.core import tournament_at

KINDS = ("leaderboard", "tournament")
_RECORDS = 100  # that are shown of one board


class BoardList:
    """Finds and shows leaderboards and tournaments.

    Args:
        find_services: Returns what is asked about; a restart makes new ones.
        name_of: Returns the user name of an id; empty for an unknown one.
    """

    def __init__(
        self, find_services: Callable[[], ConsoleServices], name_of: Callable[[str], str]
    ) -> None:
        self._find_services = find_services
        self._name_of = name_of

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the boards, the newest first; with `id` the one with its best 100 records.

        Args:
            query: `kind`, `q` (in id, title or description), `id`, `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        kind = choice(query, "kind", KINDS)
        boards = self._find_services().boards
        if wanted.id:
            board = boards.find(wanted.id)
            return wanted.page([board] if board else [], self._whole)
        found = [
            board
            for board in reversed(boards.all())
            if kind in ("", _kind(board)) and wanted.finds(board.id, board.title, board.description)
        ]
        return wanted.page(found, self._show)

    def _show(self, board: Board) -> dict[str, Any]:
        shown = {
            "id": board.id,
            "kind": _kind(board),
            "title": board.title,
            "sort_order": "ascending" if board.is_ascending else "descending",
            "operator": board.operator.name.lower(),
            "authoritative": board.authoritative,
            "ranks": board.enable_ranks,
            "create_time": board.create_time,
            "reset_schedule": board.reset_schedule,
            "problem": "",
        }
        try:
            return shown | self._times(board)
        except ScheduleCrash as crash:
            return shown | {"problem": f"a real Nakama does not survive this schedule: {crash}"}

    def _times(self, board: Board) -> dict[str, Any]:
        now = int(self._find_services().clock.time())
        if not board.is_tournament:
            return {
                "previous_reset": previous_reset(board, now, 0) or None,
                "next_reset": next_reset(board, now) or None,
            }
        tournament = tournament_at(board, now, is_open_ended=True)
        period = tournament.period
        return {
            "description": board.description,
            "category": board.category,
            "duration": board.duration,
            "start_time": board.start_time,
            "end_time": board.end_time or None,
            "start_active": period.start_active,
            "end_active": period.end_active or None,
            "is_active": period.start_active <= now < (period.end_active or now + 1),
            "can_enter": tournament.can_enter,
            "previous_reset": tournament.prev_reset or None,
            "next_reset": period.expiry or None,
            "size": board.size,
            "max_size": board.max_size if board.has_max_size else None,
            "max_num_score": board.max_num_score,
            "join_required": board.join_required,
        }

    def _whole(self, board: Board) -> dict[str, Any]:
        shown = self._show(board) | {"metadata": stored_value(board.metadata), "records": []}
        if shown["problem"]:
            return shown
        page = self._find_services().leaderboards.page(board.id, _RECORDS)
        return shown | {
            "ranked": page.rank_count,
            "records": [self._record(record) for record in page.records],
        }

    def _record(self, record: Record) -> dict[str, Any]:
        return {
            "rank": record.rank or None,
            "owner_id": record.owner_id,
            "username": self._name_of(record.owner_id) or record.username or "",
            "score": str(record.score.score),  # a browser's numbers hold 53 bits only
            "subscore": str(record.score.subscore),
            "num_score": record.num_score,
            "max_num_score": record.max_num_score,
            "metadata": stored_value(record.metadata),
            "update_time": record.update_time,
            "expiry_time": record.expiry or None,
        }


def _kind(board: Board) -> str:
    return "tournament" if board.is_tournament else "leaderboard"
