"""The calls that wait for a match's handler, and the limit of each kind."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from enum import Enum

from mock_server.config import MatchConfig

QueuedCall = Callable[[], Awaitable[object]]


class CallKind(Enum):
    """The kinds of calls, of which attempts and signals have a limit of their own.

    Those who join and leave always find room, unlike in Nakama: they are as many as the members at
    most, and when a thousand sockets close at once their match is not to blame.
    """

    MEMBERS = "members"
    JOIN_ATTEMPT = "join attempt"
    SIGNAL = "signal"


class CallQueue:
    """The calls of one match, in the order they came.

    Args:
        config: How many of each kind may wait.

    Attributes:
        changed: Set when there is something new.
    """

    def __init__(self, config: MatchConfig) -> None:
        self.changed = asyncio.Event()
        self._most: dict[CallKind, float] = {
            CallKind.MEMBERS: math.inf,
            CallKind.JOIN_ATTEMPT: config.join_attempt_queue_size,
            CallKind.SIGNAL: config.signal_queue_size,
        }
        self._waiting: Counter[CallKind] = Counter()
        self._calls: deque[tuple[CallKind, QueuedCall]] = deque()

    def __len__(self) -> int:
        return len(self._calls)

    def put(self, kind: CallKind, call: QueuedCall) -> bool:
        """Let a call wait; False when too many of its kind do already."""
        if self._waiting[kind] >= self._most[kind]:
            return False
        self._waiting[kind] += 1
        self._calls.append((kind, call))
        self.changed.set()
        return True

    def put_first(self, call: QueuedCall) -> None:
        """Let a call of a member go before all that wait."""
        self.put(CallKind.MEMBERS, call)
        self._calls.rotate(1)

    def take(self) -> QueuedCall:
        """The call that has waited longest."""
        kind, call = self._calls.popleft()
        self._waiting[kind] -= 1
        return call
