"""The scenarios of load tests, as players of one Locust process against the mock."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server import Config, MockServer
from onesignal_stub import OneSignalStub
from tests.load.runs import run

MODULE = """
def init_module(nk):
    def broadcast(context, payload):
        wanted = nk.json_decode(payload)
        nk.notifications_send([
            {"user_id": each, "subject": "news", "content": wanted["content"], "code": 7,
             "persistent": True}
            for each in wanted["user_ids"]
        ])

    nk.register_rpc(broadcast, "broadcast")
"""

LOCUSTFILE = """
import asyncio
import gevent
from locust import constant, task
from nakama_client.console import ConsoleOperator
from nakama_client.load import NakamaUser, scenarios

PLAYERS = 6
played = set()


class Player(NakamaUser):
    wait_time = constant(0.2)
    tasks = [scenarios.log_in, scenarios.chat]
    turn = 0

    @task(4)
    async def play(self):
        if len(self.online) == PLAYERS and self.number not in played:
            await scenarios.register_push(self)
            await scenarios.play_match(self, players=2, messages=5, pause=0.01)
            await scenarios.chat(self)
            played.add(self.number)

    @task(2)
    async def broadcast(self):
        await scenarios.idle(self, 0.1)
        if self.number == 0 and len(played) == PLAYERS and not Player.turn:
            Player.turn = 1
            await scenarios.broadcast_by_rpc(self, "broadcast")
            storm = asyncio.create_task(scenarios.lose_connections(self, 1.0))
            operator = ConsoleOperator(CONSOLE, "admin", "password")
            await scenarios.broadcast_by_console(self, operator=operator)
            await storm
            gevent.spawn(self.environment.runner.quit)
"""

DUEL = """
import gevent
from locust import task
from nakama_client.errors import ArgumentError
from nakama_client.load import NakamaUser, scenarios

played = set()


class Player(NakamaUser):
    @task
    async def duel(self):
        try:
            await scenarios.play_match(self)
        except ArgumentError as error:
            print(error)
            raise
        finally:
            played.add(self.number)
            if len(played) == 2:
                gevent.spawn(self.environment.runner.quit)
            self.stop()
"""

WRONG = """
import gevent
from locust import task
from nakama_client.errors import ArgumentError
from nakama_client.load import NakamaUser, scenarios


class Player(NakamaUser):
    @task
    async def wrong(self):
        for scenario, arguments in (
            (scenarios.lose_connections, {"share": 2}),
            (scenarios.lose_connections, {"share": "all"}),
            (scenarios.play_match, {"players": 1}),
            (scenarios.play_match, {"messages": 1.5}),
            (scenarios.chat, {"room": "r" * 40}),
        ):
            try:
                await scenario(self, **arguments)
            except ArgumentError as error:
                print("refused:", error)
        self.stop()
        gevent.spawn(self.environment.runner.quit)
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MockServer]:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "broadcast.py").write_text(MODULE, encoding="utf-8")
    with (
        OneSignalStub() as onesignal,
        MockServer(
            Config.from_settings(
                {
                    "runtime.path": str(tmp_path / "modules"),
                    "onesignal.url": onesignal.url,
                    "matchmaker.interval_sec": 1,
                }
            )
        ) as server,
    ):
        yield server


def test_each_scenario_delivers_what_it_sends(server: MockServer, tmp_path: Path) -> None:
    path = tmp_path / "locustfile.py"
    head = f"CONSOLE = {server.console_url!r}\n"
    path.write_text(head + textwrap.dedent(LOCUSTFILE), encoding="utf-8")
    done = run(path, server.http_url, tmp_path, "-u", "6", "-r", "6", "-t", "60s")
    # A chat's writer may be without a socket in the storm.
    assert not {("TASK", "play"), ("TASK", "broadcast")} & set(done.stats), done.output
    assert done.deliveries["broadcast"] == {
        **dict.fromkeys(("missed", "repeated", "out_of_order", "uncertain", "left"), 0),
        **dict.fromkeys(("expected", "delivered"), 12),
    }
    assert done.deliveries["match data"]["expected"] == 6 * 5
    assert done.deliveries["match data"]["delivered"] == 6 * 5
    assert done.deliveries["chat"]["delivered"] > 0
    assert done.stats["SOCKET", "matchmaking"] == (6, 0)
    assert done.stats["SOCKET", "reconnect"] == done.stats["SOCKET", "catch_up"] == (6, 0)
    assert done.stats["HTTP", "rpc register_push"] == (6, 0)


def test_play_match_refuses_a_match_with_a_handler(server: MockServer, tmp_path: Path) -> None:
    class Silent:
        def match_init(self, context: object, params: object) -> tuple[object, int, str]:
            return {}, 1, ""

        def match_join_attempt(self, *arguments: object) -> tuple[object, bool]:
            return {}, True

        def __getattr__(self, name: str) -> object:
            if not name.startswith("match_"):
                raise AttributeError(name)
            return lambda context, dispatcher, tick, state, *more: state

    async def choose(context: object, entries: object) -> str:
        return str(await server.nk.match_create("silent", {}))

    server.nk.register_match("silent", Silent())
    server.nk.register_matchmaker_matched(choose)
    path = tmp_path / "locustfile.py"
    path.write_text(textwrap.dedent(DUEL), encoding="utf-8")
    done = run(path, server.http_url, tmp_path, "-u", "2", "-r", "2", "-t", "20s")
    assert done.stats["TASK", "duel"] == (2, 2), done.output
    assert "play_match is for relayed matches" in done.output
    assert "match data" not in done.deliveries


def test_scenarios_refuse_wrong_arguments_by_name(server: MockServer, tmp_path: Path) -> None:
    path = tmp_path / "locustfile.py"
    path.write_text(textwrap.dedent(WRONG), encoding="utf-8")
    done = run(path, server.http_url, tmp_path, "-u", "1", "-t", "20s")
    for problem in (
        "share is from 0 to 1, not 2",
        "share must be of the type int or float, not str",
        "players must be at least 2, not 1",
        "messages must be an int, not float",
        "the room's name must have 1 to 20 bytes, not 40",
    ):
        assert f"refused: {problem}" in done.output
