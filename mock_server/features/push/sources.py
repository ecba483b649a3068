"""Says which push rules wait for what does not exist: a misspelt rule would be silent for ever.

Such a rule is not refused: a module may register its function later, and an event has no
registration at all.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Collection

from mock_server.features.push.events import EVENT, RPC
from mock_server.features.push.rule_set import RuleSet
from mock_server.runtime.events import GeneratedEvent
from server_kit.nearest import COMPARED, nearest

_log = logging.getLogger("mock_server.push")

_MOST_EVENTS = 1000
_ALIKE = 0.7  # of difflib's ratio, from which a name may be meant for another


class RuleSources:
    """Compares the rules with the RPC functions there are and the events that happened.

    Args:
        rules: The rules.
        rpc_ids: Returns the ids of all RPC functions.
    """

    def __init__(self, rules: RuleSet, rpc_ids: Callable[[], Collection[str]]) -> None:
        self._rules = rules
        self._rpc_ids = rpc_ids
        self._happened: dict[str, None] = {}  # the first thousand names

    def problems(self) -> dict[str, str]:
        """Event of a rule → why nothing makes it happen; rules that may work are left out."""
        rpc_ids = self._rpc_ids()
        found = {}
        for rule in self._rules.all():
            problem = None
            if rule.event.startswith(RPC):
                problem = _of_rpc(rule.event.removeprefix(RPC), rpc_ids)
            elif rule.event.startswith(EVENT):
                problem = self._of_event(rule.event.removeprefix(EVENT))
            if problem is not None:
                found[rule.event] = problem
        return found

    def check(self) -> None:
        """Warn of each problem once."""
        problems = self.problems()
        for event in self._rules.warn_of(problems):
            _log.warning("the push rule for %s cannot fire: %s", event, problems[event])

    def generated(self, event: GeneratedEvent) -> None:
        """Note an event; if it has no rule, it may be what a misspelt rule is meant for."""
        name = event.name[:COMPARED]
        if name not in self._happened and len(self._happened) < _MOST_EVENTS:
            self._happened[name] = None
            if self._rules.find(EVENT + name) is None:
                self.check()

    def forget(self) -> None:
        """Forget which events happened."""
        self._happened.clear()

    def _of_event(self, name: str) -> str | None:
        if name[:COMPARED] in self._happened:
            return None
        without_rule = [each for each in self._happened if self._rules.find(EVENT + each) is None]
        alike = difflib.get_close_matches(name[:COMPARED], without_rule, n=1, cutoff=_ALIKE)
        return f"no such event happened, but {alike[0]!r} did and has no rule" if alike else None


def _of_rpc(rpc_id: str, rpc_ids: Collection[str]) -> str | None:
    if rpc_id in rpc_ids:
        return None
    closest = nearest(rpc_id, rpc_ids)
    hint = "" if closest is None else f"; the nearest is {closest!r}"
    return f"no RPC function {rpc_id!r} is registered{hint}"
