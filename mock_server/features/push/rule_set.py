"""The push rules of one server, one for each event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mock_server.features.push.events import InvalidRule
from mock_server.features.push.rules import EventRule, PushRule

MOST_RULES = 1000
"""How many rules a server can have, of which there is one for each event."""


class RuleSet:
    """The rules by their event.

    Args:
        rules: The rules of the configuration.
    """

    def __init__(self, rules: Iterable[PushRule] = ()) -> None:
        self._rules: dict[str, EventRule] = {rule.event: rule for rule in rules}
        self._rules_after_reset = dict(self._rules)
        self._warned: dict[str, str] = {}

    def add(self, rule: EventRule) -> None:
        """Add a rule; it replaces any other for its event."""
        self._rules[rule.event] = rule

    def add_all(self, rules: Iterable[EventRule]) -> None:
        """Add rules, each of which replaces any other for its event.

        Raises:
            InvalidRule: There would be more than `MOST_RULES`; none is added.
        """
        added = {rule.event: rule for rule in rules}
        count = len(self._rules.keys() | added.keys())
        if count > MOST_RULES:
            raise InvalidRule(f"there can be {MOST_RULES} push rules; these would make {count}")
        self._rules |= added

    def find(self, event: str) -> EventRule | None:
        """The rule for an event of this name, or None."""
        return self._rules.get(event)

    def all(self) -> list[EventRule]:
        """Every rule."""
        return list(self._rules.values())

    def keep(self) -> None:
        """Keep the present rules over a `reset`."""
        self._rules_after_reset = dict(self._rules)

    def reset(self) -> None:
        """Remove the rules that were added since `keep`."""
        self._rules = dict(self._rules_after_reset)

    def warn_of(self, problems: Mapping[str, str]) -> list[str]:
        """The events whose rule has a problem that was not there when this was called last."""
        new = [event for event, text in problems.items() if self._warned.get(event) != text]
        self._warned = dict(problems)
        return new
