"""The local cache, metrics, files and settings, and what a server does when it stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_server import Config, MockServer
from mock_server.runtime.errors import ModuleError

pytestmark = pytest.mark.asyncio


async def test_localcache_get_returns_the_default_once_the_time_is_over(
    server: MockServer,
) -> None:
    server.nk.localcache_put("key", "value", 60)
    assert server.nk.localcache_get("key", "default") == "value"
    server.clock.advance(61)
    assert server.nk.localcache_get("key", "default") == "default"


async def test_localcache_get_shows_a_stored_none_instead_of_the_default(
    server: MockServer,
) -> None:
    server.nk.localcache_put("key", None)
    assert server.nk.localcache_get("key", "default") is None
    server.nk.localcache_clear()
    assert server.nk.localcache_get("key", "default") == "default"


async def test_localcache_get_returns_the_very_object_that_was_put(server: MockServer) -> None:
    table = {"a": 1}
    server.nk.localcache_put("key", table)
    assert server.nk.localcache_get("key") is table


async def test_metrics_are_counted_by_name_and_tags(server: MockServer) -> None:
    server.nk.metrics_counter_add("wins", {"mode": "duel"}, 2)
    server.nk.metrics_counter_add("wins", {"mode": "duel"}, 3)
    server.nk.metrics_counter_add("wins", None, 1)
    server.nk.metrics_gauge_set("load", {}, 0.5)
    found = {(each.kind, each.name, tuple(each.tags)): each for each in server.metrics()}
    assert found["counter", "wins", ("mode",)].value == 5
    assert found["counter", "wins", ()].value == 1
    assert found["gauge", "load", ()].value == 0.5


async def test_metrics_are_shown_to_other_processes(server: MockServer, http: Any) -> None:
    server.nk.metrics_timer_record("turn", {}, 1500)
    async with http.get(f"{server.console_url}/_control/metrics") as answer:
        shown = (await answer.json())["metrics"]
    assert shown == [{"kind": "timer", "name": "turn", "tags": {}, "value": 1500, "count": 1}]


@pytest.mark.parametrize("function", ["sql_query", "sql_exec"])
async def test_sql_is_refused_with_what_to_use_instead(server: MockServer, function: str) -> None:
    with pytest.raises(ModuleError, match=rf"nk\.{function} .* use nk\.storage_read"):
        await getattr(server.nk, function)("SELECT 1", [])


async def test_file_read_reads_beside_the_modules(tmp_path: Path) -> None:
    (tmp_path / "prices.txt").write_bytes(b"sword 5")
    async with MockServer(Config.from_settings({"runtime.path": str(tmp_path)})) as server:
        assert server.nk.file_read("prices.txt") == "sword 5"
        with pytest.raises(ModuleError, match="failed to open file"):
            server.nk.file_read("none.txt")
        with pytest.raises(ModuleError, match="failed to open file"):
            server.nk.file_read("x" * 300)


@pytest.mark.parametrize("grace", [0, 5])
async def test_the_shutdown_function_is_called_if_there_is_time(grace: int) -> None:
    modes: list[str] = []
    server = MockServer(Config.from_settings({"shutdown_grace_sec": grace}))

    @server.module
    def init_module(nk: Any) -> None:
        nk.register_shutdown(lambda context: modes.append(context.execution_mode))

    async with server:
        pass
    assert modes == (["shutdown"] if grace else [])
