"""Boards are reset on the server's clock, and modules hear of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from mock_server import MockServer, ModuleError
from mock_server.features.tournaments.scheduler import MAX_MISSED
from mock_server.runtime.context import Context
from mock_server.runtime.nk import Nakama
from server_kit import Clock
from tests.mock_server.players import sign_up

_START = 1_767_225_600  # 2026-01-01, a Thursday
_HOUR = 3600
_DAY = 24 * _HOUR


class HandlerCalls:
    """The calls of the handlers that a module registered."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def init_module(self, nk: Nakama) -> None:
        def leaderboard_reset(context: Context, board: dict[str, Any], reset: int) -> None:
            self.calls.append((context.execution_mode, board, reset))

        async def ended(context: Context, board: dict[str, Any], end: int, reset: int) -> None:
            self.calls.append((context.execution_mode, board, end, reset))

        nk.register_leaderboard_reset(leaderboard_reset)
        nk.register_tournament_end(ended)
        nk.register_tournament_reset(ended)

    def summary(self) -> list[tuple[Any, ...]]:
        """Mode, id and times of each call."""
        return [(mode, board["id"], *times) for mode, board, *times in self.calls]


@pytest.fixture
def handler_calls() -> HandlerCalls:
    return HandlerCalls()


@pytest_asyncio.fixture
async def server(handler_calls: HandlerCalls) -> AsyncIterator[MockServer]:
    server = MockServer(clock=Clock(stopped_at=_START + 600))
    server.module(handler_calls.init_module)
    async with server:
        yield server


async def _pass(server: MockServer, seconds: float) -> None:
    server.clock.advance(seconds)
    await server.settle()


def _tournament(server: MockServer, name: str, duration: int, **more: Any) -> None:
    server.nk.tournament_create(
        name,
        False,
        "desc",
        "best",
        duration,
        more.get("schedule"),
        {"prize": 5},
        "Cup",
        "",
        3,
        more.get("start", 0),
        more.get("end", 0),
        more.get("max_size", 0),
        0,
        more.get("join", False),
        True,
    )


@pytest.mark.asyncio
async def test_a_leaderboard_reset_starts_again_and_calls_the_module(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    nk, ada = server.nk, "00000000-0000-4000-8000-000000000001"
    nk.leaderboard_create("daily", False, "asc", "incr", "0 0 * * *", {"m": 1}, True)
    nk.leaderboard_record_write("daily", ada, "ada", 7)
    await _pass(server, _DAY - 601)
    assert handler_calls.calls == []
    await _pass(server, 1)
    ((mode, board, reset),) = handler_calls.calls
    assert (mode, reset) == ("leaderboard_reset", _START + _DAY)
    assert board == {
        "id": "daily",
        "authoritative": False,
        "sort_order": "0",
        "operator": "increment",
        "metadata": {"m": 1},
        "create_time": _START + 600,
        "prev_reset": str(_START),
        "next_reset": str(_START + _DAY),
    }
    assert nk.leaderboard_records_list("daily", None, 10)[0] == []
    (old,), _, _, _, count = nk.leaderboard_records_list("daily", None, 10, None, reset)
    assert (old["score"], old["expiry_time"], count) == (7, reset, 0)
    assert nk.leaderboard_record_write("daily", ada, "ada", 1)["num_score"] == 1


@pytest.mark.asyncio
async def test_advancing_the_clock_calls_each_reset_function_in_order(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    server.nk.leaderboard_create("slow", False, "desc", "best", "0 0 * * *")
    server.nk.leaderboard_create("fast", False, "desc", "best", "0 */12 * * *")
    server.nk.leaderboard_create("never", False, "desc", "best")
    await _pass(server, _DAY)
    noon, midnight = _START + 12 * _HOUR, _START + _DAY
    assert handler_calls.summary() == [
        ("leaderboard_reset", "fast", noon),
        ("leaderboard_reset", "fast", midnight),
        ("leaderboard_reset", "slow", midnight),
    ]


@pytest.mark.asyncio
async def test_a_tournament_ends_and_is_reset(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    nk, ada = server.nk, "00000000-0000-4000-8000-000000000001"
    _tournament(server, "cup", 2 * _HOUR, schedule="0 0 * * *", max_size=5, join=True)
    nk.tournament_join("cup", ada, "ada")
    nk.tournament_record_write("cup", ada, "ada", 9)
    await _pass(server, _DAY)
    (ended, end_table, *end_times), (reset, reset_table, *reset_times) = handler_calls.calls
    assert (ended, reset) == ("tournament_end", "tournament_reset")
    assert end_times == reset_times == [_START + 2 * _HOUR, _START + _DAY]
    assert (end_table["can_enter"], end_table["size"]) == (True, 1)
    assert end_table["start_active"] == _START + 600
    assert (reset_table["can_enter"], reset_table["size"]) == (False, 1)
    assert "start_active" not in reset_table
    assert not {"join_required", "authoritative"} & {*end_table, *reset_table}
    (cup,) = nk.tournaments_get_id(["cup"])
    assert (cup["size"], cup["can_enter"], cup["prev_reset"]) == (0, True, _START + _DAY)
    assert cup["start_active"] == _START + _DAY
    assert nk.tournament_records_list("cup", None, 10)[0] == []
    assert nk.tournament_records_list("cup", None, 10, None, _START + _DAY)[0][0]["score"] == 9


@pytest.mark.asyncio
async def test_a_plain_end_time_ends_and_resets_once(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    end = _START + 600 + 100
    _tournament(server, "once", 50, end=end)
    _tournament(server, "endless", 50)
    await _pass(server, _DAY)
    assert handler_calls.summary() == [
        ("tournament_end", "endless", end - 50, 0),
        ("tournament_end", "once", end - 50, end),
        ("tournament_reset", "once", end - 50, end),
    ]


@pytest.mark.asyncio
async def test_a_start_within_a_period_shortens_it(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    # The period that is under way at the start counts, so that the first reset comes with it.
    _tournament(server, "late", _DAY, schedule="0 0 * * *", start=_START + 5 * _HOUR)
    await _pass(server, _DAY)
    assert handler_calls.summary() == [
        ("tournament_end", "late", _START + _DAY, _START + _DAY),
        ("tournament_reset", "late", _START + _DAY, _START + _DAY),
    ]


@pytest.mark.asyncio
async def test_a_reset_before_the_creation_of_a_board_calls_no_handler(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    await _pass(server, 3 * _DAY)
    server.nk.leaderboard_create("daily", False, "desc", "best", "0 0 * * *")
    _tournament(server, "cup", _HOUR, schedule="0 0 * * *")
    await server.settle()
    assert handler_calls.calls == []
    await _pass(server, _DAY)
    end, midnight = _START + 3 * _DAY + _HOUR, _START + 4 * _DAY
    assert handler_calls.summary() == [
        ("tournament_end", "cup", end, midnight),
        ("tournament_reset", "cup", end, midnight),
        ("leaderboard_reset", "daily", midnight),
    ]


@pytest.mark.asyncio
async def test_a_deleted_board_calls_no_reset_function(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    server.nk.leaderboard_create("daily", False, "desc", "best", "0 0 * * *")
    server.nk.leaderboard_delete("daily")
    await _pass(server, 3 * _DAY)
    assert handler_calls.calls == []


@pytest.mark.asyncio
async def test_what_the_hook_raises_is_logged_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[str] = []

    def init_module(nk: Nakama) -> None:
        def reset(context: Context, board: dict[str, Any], reset: int) -> None:
            told.append(board["id"])
            raise RuntimeError(f"no reward for {board['id']}")

        nk.register_leaderboard_reset(reset)

    server = MockServer(clock=Clock(stopped_at=_START))
    server.module(init_module)
    async with server:
        for name in "ab":
            server.nk.leaderboard_create(name, False, "desc", "best", "0 0 * * *")
        await _pass(server, _DAY)
    assert told == ["a", "b"]
    assert "no reward for a" in caplog.text


@pytest.mark.asyncio
async def test_resets_go_on_after_a_restart_and_are_not_made_up_for(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    server.nk.leaderboard_create("daily", False, "desc", "best", "0 0 * * *")
    await server.restart()
    await _pass(server, _DAY)
    assert handler_calls.summary() == [("leaderboard_reset", "daily", _START + _DAY)]
    await server.reset()  # the clock goes back, too
    handler_calls.calls.clear()
    server.nk.leaderboard_create("hourly", False, "desc", "best", "0 * * * *")
    await _pass(server, _HOUR)
    assert handler_calls.summary() == [("leaderboard_reset", "hourly", _START + _HOUR)]


@pytest.mark.asyncio
async def test_too_many_resets_at_once_are_cut(
    server: MockServer, handler_calls: HandlerCalls, caplog: pytest.LogCaptureFixture
) -> None:
    server.nk.leaderboard_create("fast", False, "desc", "best", "0 * * * *")
    await _pass(server, 3 * MAX_MISSED * _HOUR)
    assert len(handler_calls.calls) == MAX_MISSED
    assert "more than 1000 resets" in caplog.text
    await _pass(server, _HOUR)
    assert len(handler_calls.calls) == MAX_MISSED + 1


@pytest.mark.asyncio
async def test_the_control_routes_clock_answers_when_hooks_have_run(
    server: MockServer, handler_calls: HandlerCalls
) -> None:
    server.nk.leaderboard_create("daily", False, "desc", "best", "0 0 * * *")
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{server.console_url}/_control/clock", json={"advance": _DAY}) as answer,
    ):
        assert answer.status == 200
    assert len(handler_calls.calls) == 1


@pytest.mark.asyncio
async def test_a_schedule_on_which_nakama_crashes_is_refused_with_a_warning(
    server: MockServer, caplog: pytest.LogCaptureFixture
) -> None:
    def create(context: Context, payload: str) -> str:
        _tournament(server, "cup", 60, schedule=payload)
        return "created"

    server.nk.register_rpc(create, "create")
    async with aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        status, answer = await ada.call("POST", "/v2/rpc/create", "0 0 0 1 1 * 2099")
        assert status == 500
        assert answer["message"].startswith("error creating tournament: the reset schedule")
        assert "Nakama 3.40 would crash here and at every start" in answer["message"]
        assert "would crash" in caplog.text
        assert server.nk.tournaments_get_id(["cup"]) == []
        status, _ = await ada.call("POST", "/v2/rpc/create", "0 0 0 1 1 * 2098-2099")
        assert status == 200  # two matches are enough


@pytest.mark.asyncio
async def test_a_leaderboard_whose_range_runs_backwards_is_refused(server: MockServer) -> None:
    with pytest.raises(ModuleError, match=r"Nakama 3\.40 would crash"):
        server.nk.leaderboard_create("b", False, "desc", "best", "10-5 * * * *")
    assert server.nk.leaderboards_get_id(["b"]) == []


@pytest.mark.asyncio
async def test_a_tournament_without_any_match_is_refused_in_gos_words(server: MockServer) -> None:
    with pytest.raises(
        ModuleError, match=r"^runtime error: index out of range \[0\] with length 0$"
    ):
        _tournament(server, "cup", 60, schedule="0 0 30 2 *")
