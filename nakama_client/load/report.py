"""What Locust shows of deliveries: options, counts of workers, the summary, the exit code."""

from __future__ import annotations

import argparse
import csv
import logging
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs
import gevent
import locust
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner
from locust.stats import calculate_response_time_percentile

from nakama_client.load.delivery import DeliveryCounts
from nakama_client.load.load_test import DeliveryProblem, LoadTest
from nakama_client.load.numbers import PlayerNumbers
from nakama_client.load.web import show_deliveries

_log = logging.getLogger("nakama_client.load")
_sockets = logging.getLogger("nakama_client.socket")
_console = logging.getLogger("locust.stats_logger")  # Locust's own, which prints its tables

_REPORT = "nakama_client deliveries"
_SETTLE = "nakama_client settle"
_SETTLED = "nakama_client settled"
_SECONDS_TO_SETTLE = 12.0

_MOST_LOGGED = 100
_logged: set[tuple[object, ...]] = set()

_FURTHER = ("repeated", "out_of_order", "uncertain", "left")
_COLUMNS = ("expected", "delivered", "missed", *_FURTHER)

CountsByKind = dict[str, DeliveryCounts]


def install() -> None:
    """Take part in each load test that Locust starts in this process."""
    locust.events.init_command_line_parser.add_listener(_add_options)
    locust.events.init.add_listener(_begin)
    _sockets.setLevel(logging.WARNING)  # it has a line for each close, which are counted here


def log_failure(name: str, error: BaseException) -> None:
    """Log an error that is not the server's, with where it arose.

    That is done once for each place: thousands of players fail alike, and each time is counted.
    """
    place = (name, *_place_of(error))
    if place not in _logged and len(_logged) < _MOST_LOGGED:
        _logged.add(place)
        _log.error("%s failed; further such failures are only counted", name, exc_info=error)


def _place_of(error: BaseException) -> tuple[object, ...]:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = None if trace is None else (trace.tb_frame.f_code, trace.tb_lineno)
    return type(error), line


def _add_options(parser: Any, **_: object) -> None:
    parser.add_argument(
        "--delivery-loss",
        type=_number(0.0, 1.0),
        metavar="SHARE",
        help="Nakama: the highest share of expected messages that may be missed, from 0 to 1",
        include_in_web_ui=False,
    )
    parser.add_argument(
        "--delivery-p99",
        type=_number(0.0, 3600.0),
        metavar="SECONDS",
        help="Nakama: the longest time within which 99 %% of the messages have to arrive",
        include_in_web_ui=False,
    )
    parser.add_argument(  # Locust hands the master's to all workers
        "--delivery-run", default=uuid4().hex, help=argparse.SUPPRESS, include_in_web_ui=False
    )


def _number(lowest: float, highest: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"it is a number from {lowest:g} to {highest:g}")
        return value

    return parse


def _begin(environment: Environment, **_: object) -> None:
    report = Report(environment)
    PlayerNumbers.of(environment)
    show_deliveries(environment, ["kind", *_COLUMNS], report.rows)
    # gevent's clock stands while modules are imported, and the test's run time counts by it.
    gevent.get_hub().loop.update_now()
    if sys.platform != "win32":
        gevent.signal_handler(signal.SIGINT, _interrupt)


def _interrupt() -> None:
    """Raise Ctrl+C where Locust waits for it; otherwise it is raised in whatever greenlet runs."""
    gevent.get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt())


class Report:
    """The deliveries of one test, in the master, a worker, or the only process."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._of_workers: dict[str, CountsByKind] = {}
        self._settled: set[str] = set()
        self._is_done = False
        events, runner = environment.events, environment.runner
        if isinstance(runner, WorkerRunner):
            events.report_to_master.add_listener(self._report)
            runner.register_message(_SETTLE, self._settle_worker, concurrent=True)
        else:
            events.quit.add_listener(self._print)
        if isinstance(runner, MasterRunner):
            events.worker_report.add_listener(self._add)
            runner.register_message(_SETTLED, self._worker_settled)
        events.test_start.add_listener(self._started)
        events.test_stopping.add_listener(self._stopping)
        events.quitting.add_listener(self._quit)

    def rows(self) -> list[list[str | int]]:
        """The counts of each kind, those of all workers together."""
        return [
            [kind, *(getattr(counts, name) for name in _COLUMNS)]
            for kind, counts in sorted(self._counts().items())
        ]

    def _started(self, **_: object) -> None:
        self._of_workers.clear()
        self._is_done = False
        test = LoadTest.existing(self._environment)
        if test is not None:
            test.begin()

    def _report(self, data: dict[str, Any], **_: object) -> None:
        data[_REPORT] = self._serialized()

    def _add(self, client_id: str, data: dict[str, Any], **_: object) -> None:
        self._of_workers[client_id] = {
            kind: DeliveryCounts(**counts) for kind, counts in data.get(_REPORT, {}).items()
        }

    def _serialized(self) -> dict[str, dict[str, int]]:
        test = LoadTest.existing(self._environment)
        found = {} if test is None else test.deliveries.counts
        return {kind: attrs.asdict(counts) for kind, counts in found.items()}

    def _settle_worker(self, environment: Environment, **_: object) -> None:
        test = LoadTest.existing(environment)
        if test is not None:
            test.settle()
        runner = environment.runner
        if runner is not None:
            runner.send_message(_SETTLED, {_REPORT: self._serialized()})

    def _worker_settled(self, msg: Any, **_: object) -> None:
        self._add(msg.node_id, msg.data)
        self._settled.add(msg.node_id)

    def _stopping(self, environment: Environment, **_: object) -> None:
        """Wait for messages that are under way, and count those that did not arrive."""
        runner, test = environment.runner, LoadTest.existing(environment)
        if isinstance(runner, WorkerRunner) or self._is_done:
            return
        self._is_done = True
        if isinstance(runner, MasterRunner):
            self._settle_workers(runner)
        elif test is not None:
            test.settle()
        for kind, counts in self._counts().items():
            for _missed in range(counts.missed):
                environment.events.request.fire(
                    request_type="DELIVERY",
                    name=kind,
                    response_time=None,
                    response_length=0,
                    exception=DeliveryProblem("missed"),
                    context={},
                )

    def _settle_workers(self, runner: MasterRunner) -> None:
        self._settled.clear()
        workers = {client.id for client in runner.clients.all}
        for worker in workers:
            runner.send_message(_SETTLE, {}, worker)
        with gevent.Timeout(_SECONDS_TO_SETTLE, False):
            while not workers <= self._settled:
                gevent.sleep(0.05)

    def _quit(self, environment: Environment, **_: object) -> None:
        runner = environment.runner
        if runner is not None and not isinstance(runner, MasterRunner):
            runner.stop()  # after Ctrl+C, players still run
        elif isinstance(runner, MasterRunner):
            self._stopping(environment)
        test = LoadTest.existing(environment)
        if test is not None:
            test.close()
        if isinstance(runner, WorkerRunner):
            return
        broken = self._broken_bounds()
        for line in broken:
            _log.error(line)
        if broken:
            environment.process_exit_code = 1

    def _counts(self) -> CountsByKind:
        test = LoadTest.existing(self._environment)
        total: CountsByKind = {}
        for counts in [*self._of_workers.values(), {} if test is None else test.deliveries.counts]:
            for kind, each in counts.items():
                total.setdefault(kind, DeliveryCounts()).add(each)
        return total

    def _p99(self) -> float | None:
        """Seconds within which 99 % of the measured messages arrived; None when none was."""
        times: Counter[int] = Counter()
        for entry in self._environment.stats.entries.values():
            if entry.method == "DELIVERY":
                times.update(entry.response_times)
        if not times:
            return None
        return calculate_response_time_percentile(times, times.total(), 0.99) / 1000

    def _broken_bounds(self) -> list[str]:
        """A text for each bound that does not hold, also because there were no deliveries."""
        options = self._environment.parsed_options
        loss, p99 = getattr(options, "delivery_loss", None), getattr(options, "delivery_p99", None)
        expected = sum(each.expected for each in self._counts().values())
        missed = sum(each.missed for each in self._counts().values())
        found = []
        if loss is not None and not expected:
            found.append("--delivery-loss: no message was expected")
        elif loss is not None and missed > loss * expected:
            found.append(f"--delivery-loss: {missed} of {expected} messages were missed")
        slowest = self._p99()
        if p99 is not None and slowest is None:
            found.append("--delivery-p99: no latency was measured")
        elif p99 is not None and slowest is not None and slowest > p99:
            found.append(f"--delivery-p99: 99 % of the messages took up to {slowest:g} s")
        return found

    def _print(self, **_: object) -> None:
        """Print the table of deliveries, and write it beside Locust's CSV files."""
        rows = self.rows()
        if rows:
            titles = [name.replace("_", " ") for name in _COLUMNS]
            table: list[list[str | int]] = [["Deliveries", *titles], *rows]
            for row in table:
                _console.info(f"{row[0]:<32}" + "".join(f"{each:>13}" for each in row[1:]))
        prefix = getattr(self._environment.parsed_options, "csv_prefix", None)
        if prefix:
            with Path(f"{prefix}_deliveries.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([["kind", *_COLUMNS], *rows])
