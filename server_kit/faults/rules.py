"""When a fault happens: rules by route, user, count and probability, repeatable under a seed."""

from __future__ import annotations

import itertools
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from random import Random

from attrs import define, field, frozen

from server_kit.clock import Clock
from server_kit.faults.fault import Fault, FaultKind, Point
from server_kit.faults.targets import FaultTargets
from server_kit.journal import Entry, Journal
from server_kit.notifier import Notifier

_log = logging.getLogger("server_kit.faults")

MOST_RULES = 1000
"""How many rules a server can have: each is checked at every request and frame."""
MOST_BYTES = 64 * 1024
"""How many characters a rule's texts can have together."""

_REQUESTS = frozenset({Point.HTTP, Point.HANDSHAKE})
_VARIABLE = re.compile(r"\{[^{}]*\}")


@frozen
class FaultDecision:
    """What happens to one request, socket or frame.

    Attributes:
        delay: Seconds that it waits first.
        fault: The fault; None for none.
        random: Where the fault's random bytes come from.
    """

    delay: float = 0.0
    fault: Fault | None = None
    random: Random = field(default=Random(0), repr=False, eq=False)

    @property
    def kind(self) -> FaultKind | None:
        """The kind of the fault."""
        return self.fault.kind if self.fault else None


NO_FAULT = FaultDecision()


@define
class FaultRule:
    """When a fault happens; `remove()` ends it.

    Attributes:
        id: Its number, from 1.
        fault: What happens.
        route: As given to `Faults.add`.
        user: As given.
        after: As given.
        times: As given.
        probability: As given.
        calls: How many requests, sockets or frames it was checked against.
        hits: How often its fault happened.
    """

    id: int
    fault: Fault
    route: str | None
    user: str | None
    after: int
    times: int | None
    probability: float
    calls: int = 0
    hits: int = 0
    _faults: Faults = field(kw_only=True, repr=False, eq=False)
    _matches: Callable[[Point, str], bool] = field(kw_only=True, repr=False, eq=False)
    _random: Random = field(kw_only=True, repr=False, eq=False)

    def remove(self) -> None:
        """End the rule; a second call does nothing."""
        self._faults._remove(self)

    async def wait_for_hits(self, count: int = 1, *, timeout: float = 5.0) -> None:
        """Return once the fault happened `count` times; may be awaited in any loop.

        Args:
            count: How often, counted from the start.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: It happened less often in time.
        """
        try:
            await self._faults._happened.wait_for(
                lambda: True if self.hits >= count else None, timeout=timeout
            )
        except TimeoutError:
            where = self.route or "everything"
            raise TimeoutError(
                f"{self.fault} on {where} happened {self.hits} times within {timeout} s, "
                f"not {count}; the rule was checked against {self.calls} calls"
            ) from None

    def _applies_to(self, point: Point, name: str, user: str | None) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if self.fault.kind is FaultKind.EXPIRED_TOKEN and user is None:
            return False
        return self.user in (None, user) and self._matches(point, name)

    def _draw(self) -> bool:
        """Count a call and return whether the fault happens to it."""
        self.calls += 1
        if self.calls <= self.after or self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def _delay(self) -> float:
        fault = self.fault
        return max(0.0, fault.seconds + self._random.uniform(-fault.jitter, fault.jitter))


class Faults:
    """The fault rules of one server; they may be changed in any thread.

    Args:
        journal: Each fault that happens is written here, as an entry of kind `fault`.
        clock: The time of those entries.
        socket_path: The path of requests that open sockets; None for a server without sockets,
            users and tokens.
        prefix: What the server's paths may start with, and rules need not name.
        targets: What rules may name; None for anything. It may be set later, too.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        socket_path: str | None = None,
        prefix: str = "",
        targets: FaultTargets | None = None,
    ) -> None:
        self._journal = journal
        self._happened = Notifier()
        self._clock = clock
        self._socket_path = socket_path
        self._prefix = prefix
        self.targets = targets
        self._lock = threading.Lock()
        self._rules: tuple[FaultRule, ...] = ()
        self._numbers = itertools.count(1)
        self._seed = 0

    def __iter__(self) -> Iterator[FaultRule]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def add(
        self,
        fault: Fault,
        route: str | None = None,
        *,
        user: str | None = None,
        after: int = 0,
        times: int | None = None,
        probability: float = 1.0,
    ) -> FaultRule:
        """Let a fault happen from now on, until it is removed or cleared.

        Of several rules that match, the first added applies, and the others do not count that
        call: `status(503)` twice, then `reset()` once is a script. Latencies add up, and come on
        top of any other.

        Args:
            fault: What happens.
            route: `GET /v2/notification` for a request; its path may have segments in braces, as
                `/v2/group/{id}`, which stand for any one segment, and end in `*`, which stands for
                any rest; the method may be left out or `*`. `open` for a socket that has opened,
                `in rpc` and `out notifications` for a frame with this member, `in *` and `out *`
                for any. None is everywhere that this fault can happen.
            user: The id of the user whose requests, sockets and frames are meant; None is all.
            after: How many calls come first without the fault.
            times: How often it happens at most; None is no limit.
            probability: How likely it happens to a call, 0 to 1, under the seed.

        Returns:
            The rule, with `hits` and `remove()`.

        Raises:
            ValueError: The route cannot be read or names nothing that the server has (the text has
                the nearest), `user` is no id, the fault cannot happen there, a number is out of
                its range, the rule is larger than 64 KiB, or there are 1,000. Nothing is added.
        """
        if after < 0:
            raise ValueError(f"`after` counts calls, got {after}")
        if times is not None and times < 1:
            raise ValueError(f"`times` is 1 or more, or None, got {times}")
        if not 0 <= probability <= 1:
            raise ValueError(f"`probability` is from 0 to 1, got {probability}")
        if user is not None and self._socket_path is None:
            raise ValueError("this server has no users to select by")
        if user is not None and self.targets is not None:
            self.targets.check_user(user)
        size = len(route or "") + len(user or "") + len(json.dumps(fault.arguments(), default=str))
        if size > MOST_BYTES:
            raise ValueError(f"a rule has at most {MOST_BYTES} characters, got {size}")
        matches = self._matcher(fault, route)
        number = next(self._numbers)
        rule = FaultRule(
            number,
            fault,
            route,
            user,
            after,
            times,
            probability,
            faults=self,
            matches=matches,
            random=self._random(number),
        )
        with self._lock:
            if len(self._rules) >= MOST_RULES:
                raise ValueError(f"there are {MOST_RULES} rules; remove some, or clear all")
            self._rules = (*self._rules, rule)
        return rule

    def seed(self, seed: int) -> None:
        """Begin all random choices again: the same calls under the same seed meet the same faults.

        Args:
            seed: Any number; a server starts with 0.
        """
        self._seed = seed
        for rule in self._rules:
            rule._random = self._random(rule.id)

    def clear(self) -> None:
        """Remove all rules, and go back to the seed 0."""
        with self._lock:
            self._rules = ()
            self._numbers = itertools.count(1)
            self._seed = 0

    def decide(self, point: Point, name: str, user: str | None = None) -> FaultDecision:
        """Decide what happens at a point, and write it to the journal.

        Args:
            point: Where.
            name: `GET /v2/notification`, or the member of a frame, as `rpc`; "" for a socket that
                opened.
            user: Whose it is, where the server knows.
        """
        delay, applied = 0.0, None
        for rule in self._rules:
            if not rule._applies_to(point, name, user):
                continue
            if rule.fault.kind is FaultKind.LATENCY:
                if rule._draw():
                    delay += rule._delay()
                    self._record(rule, point, name, user)
            elif applied is None and rule._draw():
                applied = rule
                self._record(rule, point, name, user)
        if applied is None:
            return NO_FAULT if not delay else FaultDecision(delay)
        return FaultDecision(delay, applied.fault, applied._random)

    def _random(self, number: int) -> Random:
        return Random(f"{self._seed}/{number}")

    def _remove(self, rule: FaultRule) -> None:
        with self._lock:
            self._rules = tuple(each for each in self._rules if each is not rule)

    def _record(self, rule: FaultRule, point: Point, name: str, user: str | None) -> None:
        where = {Point.OPEN: "open", Point.IN: f"in {name}", Point.OUT: f"out {name}"}
        text = f"{rule.fault.kind} on {where.get(point, name)}"
        _log.debug("fault %s: %s", rule.id, text)
        self._journal.write(Entry(kind="fault", name=text, time=self._clock.time(), user_id=user))
        self._happened.notify()

    def _matcher(self, fault: Fault, route: str | None) -> Callable[[Point, str], bool]:
        served = frozenset(Point) if self._socket_path else frozenset({Point.HTTP})
        points, fits = self._parse(route)
        possible = points & fault.points & served
        if not possible or (fault.kind is FaultKind.EXPIRED_TOKEN and self._socket_path is None):
            where = f"`{route}`" if route is not None else "anything of this server"
            raise ValueError(f"{fault.kind} cannot happen to {where}")
        return lambda point, name: point in possible and fits(name)

    def _parse(self, route: str | None) -> tuple[frozenset[Point], Callable[[str], bool]]:
        """The points that a route means, and which names there."""
        if route is None:
            return frozenset(Point), lambda name: True
        first, _, rest = route.strip().rpartition(" ")
        if route == "open":
            return frozenset({Point.OPEN}), lambda name: True
        if first in ("in", "out"):
            point = Point.IN if first == "in" else Point.OUT
            if self.targets is not None and self._socket_path:
                self.targets.check_frame(first, rest)
            return frozenset({point}), lambda name: rest in ("*", name)
        if not rest.startswith(("/", "*")) or " " in first:
            raise ValueError(
                f"cannot read the route {route!r}: expected `GET /path`, `open`, `in member` or "
                "`out member`"
            )
        method, path = first.upper() or "*", rest.removeprefix(self._prefix)
        matches_path = _path_matcher(path)
        if self.targets is not None and path != "*":
            self.targets.check_request(method, path)
        points = {Point.HTTP}
        if self._socket_path and method in ("*", "GET") and matches_path(self._socket_path):
            points = {Point.HANDSHAKE} if rest == self._socket_path else set(_REQUESTS)

        def fits(name: str) -> bool:
            given, _, where = name.partition(" ")
            return method in ("*", given) and matches_path(where.removeprefix(self._prefix))

        return frozenset(points), fits


def _path_matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a path matches a route's, segment by segment: in time that grows with the path only.

    Raises:
        ValueError: Braces stand for less than the whole of a segment.
    """
    has_rest = pattern.endswith("*")
    segments = pattern.removesuffix("*").split("/")
    for segment in segments:
        if set("{}") & set(segment) and not _VARIABLE.fullmatch(segment):
            raise ValueError(
                f"`{segment}`: braces stand for a whole part of the path, as `/a/{{id}}`"
            )
    fixed, last = segments[:-1], segments[-1]

    def matches(path: str) -> bool:
        given = path.split("/", len(segments) - 1 if has_rest else len(segments))
        if len(given) != len(segments) or not all(map(_fits, fixed, given)):
            return False
        if not has_rest:
            return _fits(last, given[-1])
        if _VARIABLE.fullmatch(last):
            return given[-1][:1] not in ("", "/")
        return given[-1].startswith(last)

    return matches


def _fits(segment: str, given: str) -> bool:
    return given == segment or (given != "" and _VARIABLE.fullmatch(segment) is not None)
