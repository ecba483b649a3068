"""Load tests as Locust runs them, against the mock."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.request import urlopen

import pytest

from mock_server import MockServer
from nakama_client import Client
from tests.load.conftest import EXAMPLES
from tests.load.runs import LOCUST, deliveries, free_port, run

EXAMPLE = EXAMPLES / "locustfile.py"
PLAYERS = ("-u", "10", "-r", "10", "-t", "10s")
AT_MOST = ("-u", "10", "-r", "10", "-t", "20s")  # the test's locustfile ends it

HEAD = """
import gevent
from locust import constant, events, task
from nakama_client.load import NakamaUser

ran = []


@events.request.add_listener
def show(name, exception, **_):
    if exception:
        print(f"{name}: {exception}")



def note(user, name, *, until):
    ran.append(name)
    if until(ran):
        gevent.spawn(user.environment.runner.quit)


"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def locustfile(folder: Path, body: str) -> Path:
    path = folder / "locustfile.py"
    path.write_text(HEAD + textwrap.dedent(body), encoding="utf-8")
    return path


async def log_in_players(url: str, count: int) -> None:
    """The accounts of so many players are there, with the numbers from 0 on."""
    async with Client(url) as client:
        for number in range(count):
            await client.authenticate_device(f"load-test-{number:010}", create=False)


def test_the_example_delivers_every_gift_and_measures_every_call(
    server: MockServer, tmp_path: Path
) -> None:
    done = run(EXAMPLE, server.http_url, tmp_path, *PLAYERS, "--delivery-loss", "0")
    assert done.code == 0, done.output
    gift = done.deliveries["gift"]
    assert gift["expected"] == gift["delivered"] > 0
    assert gift["missed"] == gift["repeated"] == gift["out_of_order"] == 0
    assert done.stats["DELIVERY", "gift"] == done.stats["HTTP", "rpc gift"] == (gift["expected"], 0)
    assert done.stats["HTTP", "authenticate_device"] == (10, 0)
    assert done.stats["SOCKET", "connect"] == done.stats["SOCKET", "close"] == (10, 0)
    assert done.stats["HTTP", "list_notifications"][1] == 0
    assert "Deliveries" in done.output


@pytest.mark.skipif(sys.platform == "win32", reason="Locust's --processes forks")
def test_two_workers_have_other_players_and_one_count(server: MockServer, tmp_path: Path) -> None:
    done = run(
        EXAMPLE, server.http_url, tmp_path, *PLAYERS, "--processes", "2", "--delivery-loss", "0"
    )
    assert done.code == 0, done.output
    gift = done.deliveries["gift"]
    assert gift["expected"] == gift["delivered"] > 0
    assert done.stats["HTTP", "authenticate_device"] == (10, 0)
    assert len(server.run(server.users())) == 10


def test_a_master_and_its_workers_have_other_players_and_one_count(
    server: MockServer, tmp_path: Path
) -> None:
    port = str(free_port())
    joins = ["--worker", "--master-host", "127.0.0.1", "--master-port", port]
    command = [sys.executable, "-m", "locust", "-f", str(EXAMPLE), "--host", server.http_url]
    workers = [subprocess.Popen([*command, *joins], stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        leads = ["--master", "--expect-workers", "2"]
        ports = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        done = run(
            EXAMPLE, server.http_url, tmp_path, *PLAYERS, *leads, *ports, "--delivery-loss", "0"
        )
        assert [worker.wait(timeout=30) for worker in workers] == [0, 0]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert done.code == 0, done.output
    gift = done.deliveries["gift"]
    assert gift["expected"] == gift["delivered"] > 0
    asyncio.run(log_in_players(server.http_url, 10))
    assert len(server.run(server.users())) == 10


def test_the_web_page_has_the_deliveries(server: MockServer, tmp_path: Path) -> None:
    port = free_port()
    web = ["--web-host", "127.0.0.1", "--web-port", str(port), "--autostart"]
    command = [sys.executable, "-m", "locust", "-f", str(EXAMPLE), "--host", server.http_url]
    with subprocess.Popen(
        [*command, *web, "-u", "10", "-r", "10"], stderr=subprocess.DEVNULL, cwd=tmp_path
    ) as process:
        try:
            server.run(server.journal.wait_for(lambda entry: "rpc/gift" in str(entry), timeout=60))
            with urlopen(f"http://127.0.0.1:{port}/stats/requests", timeout=10) as answer:
                report = json.load(answer)
            with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                page = answer.read().decode()
        finally:
            process.kill()
    [table] = report["extended_stats"]
    assert table["key"] == "deliveries"
    assert [row["kind"] for row in table["data"]] == ["gift"]
    assert table["data"][0]["expected"] > 0
    assert '"Deliveries"' in page


def test_messages_that_arrive_late_break_the_bound(server: MockServer, tmp_path: Path) -> None:
    path = locustfile(
        tmp_path,
        """
        class Player(NakamaUser):
            wait_time = constant(1)

            @task
            async def send_late(self):
                async with self.sending("late", [self.session.user_id]) as marker:
                    marker["nakama_load"]["sent"] -= 10  # seconds ago
                    content = {"to": self.session.user_id, "content": marker}
                    await self.client.rpc(self.session, "gift", content)
                    note(self, "late", until=lambda ran: len(ran) == 10)
        """,
    )
    done = run(path, server.http_url, tmp_path, *AT_MOST, "--delivery-p99", "9")
    assert "--delivery-p99: 99 % of the messages took up to" in done.output
    assert done.code == 1


def test_messages_that_never_arrive_break_the_bound(server: MockServer, tmp_path: Path) -> None:
    path = locustfile(
        tmp_path,
        """
        class Player(NakamaUser):
            wait_time = constant(1)

            @task
            async def lose(self):
                async with self.sending("lost", [self.session.user_id]):
                    note(self, "lost", until=lambda ran: len(ran) == 10)
        """,
    )
    done = run(path, server.http_url, tmp_path, *AT_MOST, "--delivery-loss", "0.5")
    lost = done.deliveries["lost"]
    assert lost["missed"] == lost["expected"] > 0
    assert done.stats["DELIVERY", "lost"] == (lost["missed"], lost["missed"])
    assert f"{lost['missed']} of {lost['expected']} messages were missed" in done.output
    assert done.code == 1


def test_tasks_that_fail_are_failures_under_their_names(server: MockServer, tmp_path: Path) -> None:
    path = locustfile(
        tmp_path,
        """
        class Player(NakamaUser):
            wait_time = constant(0.2)

            def note(self, name):
                note(self, name, until=lambda ran: len(set(ran)) == 2 and len(ran) > 20)

            @task
            def plain(self):
                raise AssertionError

            @task
            async def raises(self):
                self.note("raises")
                raise ValueError("a bug in the scenario")

            @task
            async def asks_for_nothing(self):
                try:
                    await self.client.rpc(self.session, "missing")
                finally:
                    self.note("asks")
        """,
    )
    done = run(path, server.http_url, tmp_path, *AT_MOST)
    assert done.code == 1
    for name in ("plain", "raises", "asks_for_nothing"):
        requests, failures = done.stats["TASK", name]
        assert requests == failures > 0
    assert "plain must be a coroutine: write `async def plain(self)`" in done.output
    assert "a bug in the scenario" in done.output
    assert done.output.count("raises failed") == 1  # and not once for each player and time
    assert "RPC function not found" in done.output
    assert done.stats["SOCKET", "close"] == (10, 0)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("host = ''", "a load test needs the server's address"),
        ("host = 'nonsense'", "the server's URL must look like http://127.0.0.1:7350"),
        ("block = task(Block)", "Block: the tasks of a NakamaUser are coroutines"),
    ],
)
def test_a_class_without_players_ends_the_test_with_the_reason(
    line: str, problem: str, tmp_path: Path
) -> None:
    path = locustfile(
        tmp_path,
        f"""
        from locust import TaskSet

        class Block(TaskSet):
            @task
            def inner(self):
                raise AssertionError

        class Player(NakamaUser):
            @task
            async def never(self):
                raise AssertionError

            {line}
        """,
    )
    done = subprocess.run(
        [*LOCUST, "-f", str(path), "-u", "2", "-r", "2"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"ERROR/locust.runners: {problem}" in done.stdout + done.stderr


def test_a_handler_that_raises_is_a_failure_under_its_name(
    server: MockServer, tmp_path: Path
) -> None:
    path = locustfile(
        tmp_path,
        """
        class Player(NakamaUser):
            wait_time = constant(0.2)

            async def on_start(self):
                await super().on_start()
                self.socket.on_channel_message(self.read)

            def read(self, message):
                note(self, "read", until=lambda ran: len(ran) == 5)
                raise ValueError("a bug in the handler")

            @task
            async def write(self):
                room = await self.socket.join_channel("room")
                await self.socket.send_message(room.id, {})
        """,
    )
    done = run(path, server.http_url, tmp_path, *AT_MOST)
    assert done.code == 1
    requests, failures = done.stats["TASK", "Player.read"]
    assert requests == failures >= 5
    assert done.output.count("ValueError: a bug in the handler") == 1


def test_a_player_who_stops_inside_of_a_task_group_is_no_failure(
    server: MockServer, tmp_path: Path
) -> None:
    path = locustfile(
        tmp_path,
        """
        import asyncio
        from locust.exception import StopUser

        class Player(NakamaUser):
            async def on_stop(self):
                note(self, "stop", until=lambda ran: len(ran) == 2)

            @task
            async def stops(self):
                async with asyncio.TaskGroup(), asyncio.TaskGroup():
                    raise StopUser
        """,
    )
    done = run(path, server.http_url, tmp_path, "-u", "2", "-r", "2", "-t", "20s")
    assert done.code == 0, done.output
    assert ("TASK", "stops") not in done.stats


def test_a_server_that_refuses_logins_is_a_failure_of_on_start(
    server: MockServer, tmp_path: Path
) -> None:
    path = locustfile(
        tmp_path,
        """
        class Player(NakamaUser):
            server_key = "wrong"

            async def on_stop(self):
                note(self, "stop", until=lambda ran: len(ran) == 10)

            @task
            async def never(self):
                raise AssertionError
        """,
    )
    done = run(path, server.http_url, tmp_path, *AT_MOST)
    assert done.code == 1
    assert done.stats["HTTP", "authenticate_device"] == (10, 10)
    assert done.stats["TASK", "on_start"] == (10, 10)
    assert ("TASK", "never") not in done.stats
    assert "Server key invalid" in done.output


@pytest.mark.parametrize("share", ["2", "-1", "nan", "much"])
def test_a_bound_that_is_no_share_is_refused(share: str, tmp_path: Path) -> None:
    done = run(EXAMPLE, "http://127.0.0.1:1", tmp_path, *PLAYERS, "--delivery-loss", share)
    assert done.code == 2
    assert "argument --delivery-loss: it is a number from 0 to 1" in done.output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_with_the_report(server: MockServer, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*LOCUST, "-f", str(EXAMPLE), "--host", server.http_url, "-u", "10", "-r", "10"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "All users spawned" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(timeout=30) in (0, 1), rest
    assert "Aggregated" in rest or "Shutting down" in rest
    assert "Traceback" not in rest


def test_a_restart_of_the_server_loses_no_gift(server: MockServer, tmp_path: Path) -> None:
    prefix = tmp_path / "run"
    with subprocess.Popen(
        [
            *LOCUST,
            *("-f", str(EXAMPLE), "--host", server.http_url, "--csv", str(prefix)),
            *("-u", "10", "-r", "10", "-t", "15s", "--delivery-loss", "0"),
            *("--exit-code-on-error", "0"),
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stderr is not None
        server.run(server.journal.wait_for(lambda entry: "rpc/gift" in str(entry), timeout=60))
        server.run(server.restart())
        output = process.stderr.read()
        assert process.wait(timeout=30) == 0, output
    gift = deliveries(Path(f"{prefix}_deliveries.csv"))["gift"]
    assert gift["expected"] == gift["delivered"] > 0
    assert gift["repeated"] == 0
    assert "SOCKET   reconnect" in output
