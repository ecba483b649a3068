"""Tournaments as the API and server modules see them."""

from __future__ import annotations

from typing import Any

from mock_server.features.leaderboards.messages import seconds_text
from mock_server.features.leaderboards.periods import unsigned
from mock_server.features.tournaments.core import Tournament
from mock_server.wire import gojson
from mock_server.wire.output import omit_empty


def tournament_message(tournament: Tournament) -> dict[str, Any]:
    """The `Tournament` message."""
    board, period = tournament.board, tournament.period
    return omit_empty(
        {
            "id": board.id,
            "title": board.title,
            "description": board.description,
            "category": board.category,
            "sort_order": 0 if board.is_ascending else 1,
            "size": board.size,
            "max_size": board.max_size,
            "max_num_score": board.max_num_score,
            "can_enter": tournament.can_enter,
            "end_active": unsigned(period.end_active),
            "next_reset": unsigned(period.expiry),
            "metadata": board.metadata,
            "create_time": seconds_text(board.create_time),
            "start_time": seconds_text(board.start_time),
            "end_time": seconds_text(board.end_time) if board.end_time else "",
            "duration": board.duration,
            "start_active": unsigned(period.start_active),
            "prev_reset": unsigned(tournament.prev_reset),
            "operator": int(board.operator),
            "authoritative": board.authoritative,
            "join_required": board.join_required,
        }
    )


def tournament_table(tournament: Tournament) -> dict[str, Any]:
    """A tournament as server modules see it; times that are not set are left out."""
    board, period = tournament.board, tournament.period
    table: dict[str, Any] = {
        "id": board.id,
        "title": board.title,
        "description": board.description,
        "category": board.category,
        "sort_order": "0" if board.is_ascending else "1",
        "size": board.size,
        "max_size": board.max_size,
        "max_num_score": board.max_num_score,
        "duration": board.duration,
        "start_active": unsigned(period.start_active),
        "end_active": unsigned(period.end_active),
        "can_enter": tournament.can_enter,
        "next_reset": unsigned(period.expiry) or None,
        "prev_reset": unsigned(tournament.prev_reset) or None,
        "metadata": gojson.unmarshal(board.metadata) or {},
        "create_time": board.create_time,
        "start_time": board.start_time,
        "end_time": board.end_time or None,
        "operator": board.operator.name.lower(),
        "join_required": board.join_required,
    }
    return {name: value for name, value in table.items() if value is not None}
