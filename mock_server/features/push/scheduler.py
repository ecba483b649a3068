"""Pushes on a schedule: each time that a rule's cron expression names is pushed once."""

from __future__ import annotations

import asyncio
import logging
import sqlite3

from mock_server.cron import parse_schedule
from mock_server.cron_schedule import NEVER
from mock_server.features.push.dispatcher import PushDispatcher
from mock_server.features.push.events import PushEvent
from mock_server.features.push.rule_set import RuleSet
from mock_server.features.push.rules import EventRule
from server_kit import Alarm, Clock, Store
from server_kit.store import RolledBack

_log = logging.getLogger("mock_server.push")

SCHEMA = """
CREATE TABLE push_schedule (event TEXT PRIMARY KEY, cron TEXT NOT NULL, due INTEGER NOT NULL);
"""

_MOST_MISSED = 1000
_PAUSE = 60.0  # seconds after a time that could not be stored


class PushScheduler:
    """Pushes the rules with a schedule when they are due, on the server's clock.

    When each is due next is in the database, and changes in one transaction with the push: a time
    is neither lost nor pushed twice, whenever the server ends. What became due while it did not
    run, or while the clock was moved, is pushed when it runs: up to 1,000 times, the rest is
    skipped and logged.
    """

    def __init__(
        self, store: Store, clock: Clock, *, rules: RuleSet, dispatcher: PushDispatcher
    ) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._dispatcher = dispatcher
        self._alarm = Alarm(clock, self._catch_up)

    def start(self) -> None:
        """Begin to watch the clock."""
        self.plan()
        self._alarm.start()

    async def end(self) -> None:
        """Stop watching."""
        await self._alarm.close()

    async def settle(self) -> None:
        """Return once a push was made for all that is due."""
        await self._alarm.settle()

    def plan(self) -> None:
        """Follow the present rules: a schedule that is known keeps its time, others begin now."""
        scheduled = {rule.event: rule.cron for rule in self._rules.all() if rule.cron}
        with self._store.transaction():
            for row in self._store.all("SELECT event, cron FROM push_schedule"):
                if scheduled.get(row["event"]) == row["cron"]:
                    del scheduled[row["event"]]
                else:
                    self._forget(row["event"])
            for event, cron in scheduled.items():
                self._set_due(event, cron, self._clock.time())
        self._set_alarm()

    async def _catch_up(self) -> None:
        try:
            for _ in range(_MOST_MISSED):
                if not self._push_next():
                    break
                await asyncio.sleep(0)  # the sending begins
            self._skip()
        except (sqlite3.Error, RolledBack):
            _log.exception("a push on a schedule could not be stored; it is tried again")
            self._alarm.set(self._clock.time() + _PAUSE)
            return
        self._set_alarm()

    def _push_next(self) -> bool:
        """Push what was due first; False where nothing is due."""
        row = self._store.one("SELECT * FROM push_schedule ORDER BY due, event LIMIT 1")
        if row is None or row["due"] > self._clock.time():
            return False
        rule = self._rules.find(row["event"])
        with self._store.transaction():
            self._set_due(row["event"], row["cron"], row["due"])
            if rule is not None:
                self._dispatcher.broadcast(_event(rule), rule)
        return True

    def _skip(self) -> None:
        """Leave out what is due still, because it is too much."""
        now = self._clock.time()
        late = self._store.all("SELECT event, cron FROM push_schedule WHERE due <= ?", now)
        for row in late:
            _log.warning(
                "%s was due more than %d times at once; the rest is skipped",
                row["event"],
                _MOST_MISSED,
            )
            self._set_due(row["event"], row["cron"], now)

    def _set_due(self, event: str, cron: str, after: float) -> None:
        self._forget(event)
        due = parse_schedule(cron).next(after)
        if due == NEVER:
            _log.warning("%s has no further time: %s", event, cron)
            return
        sql = "INSERT INTO push_schedule (event, cron, due) VALUES (?, ?, ?)"
        self._store.run(sql, event, cron, due)

    def _forget(self, event: str) -> None:
        self._store.run("DELETE FROM push_schedule WHERE event = ?", event)

    def _set_alarm(self) -> None:
        row = self._store.one("SELECT min(due) AS due FROM push_schedule")
        self._alarm.set(row["due"] if row is not None else None)


def _event(rule: EventRule) -> PushEvent:
    return PushEvent(name=rule.event, user_id="", content={})
