"""The push log: the rules of one server and a record of each push, for tests to read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import takewhile

from mock_server.features.push.events import PushEvent, event_name
from mock_server.features.push.message import PushMessage
from mock_server.features.push.records import PushRecord
from mock_server.features.push.rule_set import RuleSet
from mock_server.features.push.rules import FunctionRule, PushRule
from server_kit import Notifier
from server_kit.functions import check_plain_function

MessageMaker = Callable[[PushEvent], PushMessage | None]

_SIZE = 10_000
_SHOWN = 20  # records in the message of a TimeoutError


class PushLog:
    """The push rules of one server, and the records of its pushes, oldest first.

    Every event with a rule has a record; the newest 10,000 are kept. Any thread may read them.

    Args:
        rules: The rules of the configuration.

    Attributes:
        rules: The present rules.
    """

    def __init__(self, rules: Iterable[PushRule] = ()) -> None:
        self.rules = RuleSet(rules)
        self._records: dict[str, PushRecord] = {}
        self._change_numbers: dict[str, int] = {}  # by record id, the latest change last
        self._changes = 0
        self._lock = threading.Lock()
        self._changed = Notifier()
        self._watchers: list[Callable[[PushRecord], None]] = []

    def __iter__(self) -> Iterator[PushRecord]:
        with self._lock:
            return iter(tuple(self._records.values()))

    def __len__(self) -> int:
        return len(self._records)

    def on_event(
        self, event: str | int, *, also_online: bool = False, recipients: str = ""
    ) -> Callable[[MessageMaker], MessageMaker]:
        """Decorate a function that makes the push for one kind of event.

        It takes a `PushEvent` and returns a `PushMessage`, or None for no push; it runs in the
        server's loop and must not block. It replaces any other rule for that event. A rule
        that is added while the server runs is removed by `reset`.

        Args:
            event: The event of a `PushRule`, except `schedule:NAME`.
            also_online: Whether to push although the user has an open socket.
            recipients: As that of a `PushRule`.

        Raises:
            InvalidRule: There is no such event, or it has its own recipients.
            TypeError: The decorated function is async, or no function.
        """
        rule = partial(
            FunctionRule, event=event_name(event), also_online=also_online, recipients=recipients
        )
        rule(message=lambda _: None)  # a wrong rule is refused here

        def register(make: MessageMaker) -> MessageMaker:
            check_plain_function("a rule", make)
            self.rules.add(rule(message=make))
            return make

        return register

    def reset(self) -> None:
        """Remove all records, and the rules that were added since the start."""
        with self._lock:
            self._records.clear()
            self._change_numbers.clear()
        self.rules.reset()

    def put(self, record: PushRecord) -> None:
        """Add a record, or replace the one with its id, and wake those who wait."""
        with self._lock:
            self._records[record.id] = record
            self._changes += 1
            self._change_numbers.pop(record.id, None)
            self._change_numbers[record.id] = self._changes
            if len(self._records) > _SIZE:
                oldest = next(iter(self._records))
                del self._records[oldest], self._change_numbers[oldest]
        self._changed.notify()
        for watcher in self._watchers:
            watcher(record)

    def watch(self, watcher: Callable[[PushRecord], None]) -> None:
        """Call a function with each record from now on, and whenever it changes."""
        self._watchers.append(watcher)

    async def wait_for(
        self, matches: Callable[[PushRecord], bool], *, timeout: float = 5.0
    ) -> PushRecord:
        """Return the first record that matches, now or later; may be awaited in any loop.

        Args:
            matches: Whether a record matches; called once for each change of a record.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: None matched in time; the message lists what there is.
            TypeError: `matches` is no plain function.
        """
        check_plain_function("matches", matches)
        position = 0

        def first_match() -> PushRecord | None:
            nonlocal position
            records, position = self._changed_since(position)
            return next((record for record in records if matches(record)), None)

        try:
            return await self._changed.wait_for(first_match, timeout=timeout)
        except TimeoutError:
            raise TimeoutError(
                f"no matching push within {timeout:g} s; there are: {self._summary()}"
            ) from None

    def _changed_since(self, position: int) -> tuple[list[PushRecord], int]:
        """The records that changed after a position, in the order of changes, and the new position.

        Takes time for these records only: a dict is read from its end.
        """
        with self._lock:
            changed = list(
                takewhile(lambda each: each[1] > position, reversed(self._change_numbers.items()))
            )
            return [self._records[record_id] for record_id, _ in reversed(changed)], self._changes

    def _summary(self) -> str:
        records = list(self)
        text = "; ".join(_line(record) for record in records[-_SHOWN:]) or "none"
        left_out = len(records) - _SHOWN
        return text if left_out <= 0 else f"{text} (and {left_out} before these)"


def _line(record: PushRecord) -> str:
    reason = f" ({record.reason})" if record.reason else ""
    return f"{record.event} to {record.user_id}: {record.outcome}{reason}"
