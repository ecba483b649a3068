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
from server_kit.nearest import COMPARED

_log = logging.getLogger("mock_server.push")

_MOST_EVENTS = 200
_MOST_EFFORT = 1_000_000  # characters of names, times those of what they are compared with
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
        self._happened: dict[str, None] = {}  # the first names, as many as are compared

    def problems(self) -> dict[str, str]:
        """Event of a rule → why nothing makes it happen; rules that may work are left out."""
        rpcs = _Candidates(self._rpc_ids())
        rules = self._rules.all()
        ruled = {rule.event for rule in rules}
        events = _Candidates([name for name in self._happened if EVENT + name not in ruled])
        found = {}
        for rule in rules:
            problem = None
            if rule.event.startswith(RPC):
                problem = _of_rpc(rule.event.removeprefix(RPC), rpcs)
            elif rule.event.startswith(EVENT):
                problem = self._of_event(rule.event.removeprefix(EVENT), events)
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

    def _of_event(self, name: str, others: _Candidates) -> str | None:
        if name[:COMPARED] in self._happened:
            return None
        alike = others.nearest(name, likeness=_ALIKE)
        return (
            None if alike is None else f"no such event happened, but {alike!r} did and has no rule"
        )


class _Candidates:
    """Names that others are compared with, until that has taken enough effort.

    Args:
        names: The names.
    """

    def __init__(self, names: Collection[str]) -> None:
        self.names = frozenset(names)
        self._length = sum(map(len, names))
        self._effort = _MOST_EFFORT

    def nearest(self, name: str, *, likeness: float = 0.0) -> str | None:
        """The name that is most alike, if it is so at least as much; None also after the effort."""
        name = name[:COMPARED]
        self._effort -= len(name) * self._length
        if self._effort < 0:
            return None
        alike = difflib.get_close_matches(name, sorted(self.names), n=1, cutoff=likeness)
        return alike[0] if alike else None


def _of_rpc(rpc_id: str, rpcs: _Candidates) -> str | None:
    if rpc_id in rpcs.names:
        return None
    closest = rpcs.nearest(rpc_id)
    hint = "" if closest is None else f"; the nearest is {closest!r}"
    return f"no RPC function {rpc_id!r} is registered{hint}"
