"""What becomes a push, and what became of it: the object that a test holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mock_server.features.push.message import PushMessage
from mock_server.features.push.records import PushRecord
from mock_server.features.push.rules import PushEvent, PushRule, Rule, event_name
from server_kit import Notifier

MessageMaker = Callable[[PushEvent], PushMessage | None]

_SIZE = 10_000


class Pushes:
    """The rules of one server, and the records of what they led to, oldest first.

    There is one record for every event that a rule was for; the newest 10,000 are kept.

    Args:
        rules: The rules of the configuration.
    """

    def __init__(self, rules: Iterable[PushRule] = ()) -> None:
        self._rules = {rule.event: Rule(rule.message, rule.also_online) for rule in rules}
        self._kept = dict(self._rules)
        self._records: dict[str, PushRecord] = {}
        self._changed = Notifier()

    def __iter__(self) -> Iterator[PushRecord]:
        return iter(tuple(self._records.values()))

    def __len__(self) -> int:
        return len(self._records)

    def on_event(
        self, event: str | int, *, also_online: bool = False
    ) -> Callable[[MessageMaker], MessageMaker]:
        """Decorate a function that makes the push for one kind of event.

        It takes a `PushEvent` and returns a `PushMessage`, or None for no push; it runs in the
        server's loop and must not block. It takes the place of any other rule for that event. A
        rule that is made while the server runs is gone after `reset`.

        Args:
            event: `direct_message`, or the name or the code of a notification.
            also_online: Whether to push although the user has an open socket.

        Raises:
            InvalidRule: There is no such event.
        """
        name = event_name(event)

        def register(make: MessageMaker) -> MessageMaker:
            self._rules[name] = Rule(make, also_online)
            return make

        return register

    def rule_for(self, event: str) -> Rule | None:
        """The rule for an event of this name, or None."""
        return self._rules.get(event)

    def keep(self) -> None:
        """Remember the rules there are now, for `reset`."""
        self._kept = dict(self._rules)

    def reset(self) -> None:
        """Forget all records, and the rules since `keep`."""
        self._records.clear()
        self._rules = dict(self._kept)

    def put(self, record: PushRecord) -> None:
        """Add a record, or replace the one with its id, and wake those who wait."""
        self._records[record.id] = record
        if len(self._records) > _SIZE:
            del self._records[next(iter(self._records))]
        self._changed.notify()

    async def wait_for(
        self, matches: Callable[[PushRecord], bool], *, timeout: float = 5.0
    ) -> PushRecord:
        """Return the first record that matches, now or later; may be awaited in any loop.

        Args:
            matches: Tells whether a record is the one.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: None matched in time; the message lists what there is.
        """

        def first() -> PushRecord | None:
            return next((record for record in self if matches(record)), None)

        try:
            return await self._changed.wait_for(first, timeout=timeout)
        except TimeoutError:
            shown = "; ".join(_line(record) for record in self) or "none"
            raise TimeoutError(f"no matching push within {timeout:g} s; met: {shown}") from None


def _line(record: PushRecord) -> str:
    reason = f" ({record.reason})" if record.reason else ""
    return f"{record.event} to {record.user_id}: {record.outcome}{reason}"
