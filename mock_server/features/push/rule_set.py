"""The push rules of one server, one for each event."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.features.push.rules import EventRule, PushRule


class RuleSet:
    """The rules by their event.

    Args:
        rules: The rules of the configuration.
    """

    def __init__(self, rules: Iterable[PushRule] = ()) -> None:
        self._rules: dict[str, EventRule] = {rule.event: rule for rule in rules}
        self._rules_after_reset = dict(self._rules)

    def add(self, rule: EventRule) -> None:
        """Add a rule; it replaces any other for its event."""
        self._rules[rule.event] = rule

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
