"""Gives each player of a load test a number that no other player has, in no worker."""

from __future__ import annotations

import itertools
from typing import ClassVar
from weakref import WeakKeyDictionary

import gevent.queue
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

_WANTED = "nakama_client player wanted"
_GIVEN = "nakama_client player"
_SECONDS = 10.0


class PlayerNumbers:
    """Counts the players of a test, from 0; workers ask the master, who counts for all.

    The numbers have no gaps, so that a test of so many players uses the same accounts again,
    with however many workers. Each test begins at 0.

    Args:
        environment: Locust's.
    """

    _all: ClassVar[WeakKeyDictionary[Environment, PlayerNumbers]] = WeakKeyDictionary()

    def __init__(self, environment: Environment) -> None:
        self._numbers = itertools.count()
        self._given: gevent.queue.Queue[int] = gevent.queue.Queue()
        runner = environment.runner
        self._master = runner if isinstance(runner, WorkerRunner) else None
        if isinstance(runner, WorkerRunner):
            runner.register_message(_GIVEN, self._receive)
        if isinstance(runner, MasterRunner):
            runner.register_message(_WANTED, self._give)
        environment.events.test_start.add_listener(self._begin)

    @classmethod
    def of(cls, environment: Environment) -> PlayerNumbers:
        """The numbers of an environment, made when they are first asked for."""
        found = cls._all.get(environment)
        if found is None:
            found = cls._all[environment] = cls(environment)
        return found

    def next(self) -> int:
        """The number of a new player.

        Raises:
            gevent.queue.Empty: The master does not answer.
        """
        if self._master is None:
            return next(self._numbers)
        self._master.send_message(_WANTED)
        number: int = self._given.get(timeout=_SECONDS)
        return number

    def _begin(self, **_: object) -> None:
        self._numbers = itertools.count()

    def _give(self, environment: Environment, msg: object) -> None:
        runner, worker = environment.runner, getattr(msg, "node_id", "")
        assert isinstance(runner, MasterRunner)
        runner.send_message(_GIVEN, {"number": next(self._numbers)}, worker)

    def _receive(self, msg: object, **_: object) -> None:
        data = getattr(msg, "data", None)
        assert isinstance(data, dict)
        self._given.put(data["number"])
