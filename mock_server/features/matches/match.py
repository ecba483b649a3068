"""One running match with a handler: its ticks, and what its callbacks decide."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import frozen

from mock_server.config import MatchConfig
from mock_server.features.matches.call_queue import CallKind, CallQueue
from mock_server.features.matches.dispatcher import MatchDispatcher
from mock_server.features.matches.ids import MatchId
from mock_server.features.matches.members import MatchMembers
from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.match_handler import (
    JoinDecision,
    MatchHandler,
    MatchMessage,
    MatchPresence,
)
from server_kit import Clock, Notifier

_log = logging.getLogger("mock_server.matches")

_PATIENCE = 10.0  # seconds that a join attempt or a signal waits for its answer
_HEAD_START = 0.5  # seconds that a join waits, at most, for what its handler sends at once
_CLEAR_SECONDS = 30
_MAX_TICKS_DUE = 3600

_NO_ROOM = JoinDecision(is_allowed=False, reason="Match is not currently accepting join requests")
_REJECTED = JoinDecision(is_allowed=False)

Result = TypeVar("Result")


@frozen
class MatchState:
    """The state of a match that the console shows.

    Attributes:
        tick: How many loops have run.
        members: Who is in it.
        state: The handler's state as JSON.
    """

    tick: int
    members: Sequence[MatchPresence]
    state: str


class Match:
    """A match whose handler is a server module.

    Its callbacks run one after another. A tick comes each 1/rate seconds of the server's clock; a
    clock that is moved brings all that it passes over, up to one minute's at the highest rate.

    Args:
        match_id: Its id.
        handler_name: The module of its handler.
        handler: The handler, which has made its state.
        dispatcher: What the handler does things with.
        members: Who is in it.
        config: How much of each kind may wait for the handler.
        clock: The server's time.
        ended: Called when it has ended, with the members to disconnect.

    Attributes:
        id: Its id.
        handler_name: The module of its handler.
        create_time_ms: When it was made, in milliseconds since the epoch.
        members: Who is in it.
    """

    def __init__(
        self,
        match_id: MatchId,
        handler_name: str,
        *,
        handler: MatchHandler,
        dispatcher: MatchDispatcher,
        members: MatchMembers,
        config: MatchConfig,
        clock: Clock,
        ended: Callable[[Match, Sequence[MatchPresence]], None],
    ) -> None:
        self.id = match_id
        self.handler_name = handler_name
        self.create_time_ms = clock.time_ns() // 1_000_000
        self._began = clock.time()
        self.members = members
        self._handler = handler
        self._dispatcher = dispatcher
        self._config = config
        self._clock = clock
        self._ended = ended
        self._tick = 0
        self._ticks_due = 0
        self._empty_ticks = 0
        self._messages: list[MatchMessage] = []
        self._calls = CallQueue(config)
        self._answers: set[asyncio.Future[Any]] = set()
        self._entering: dict[str, asyncio.Event] = {}  # by the session of who joins
        self._has_ended = False
        self._is_working = False
        self._next_tick = 0.0
        self._worked = Notifier()

    @property
    def label(self) -> str:
        """The label as it is now; a listing may have an older one."""
        return self._dispatcher.label

    @property
    def tick_rate(self) -> int:
        """How many ticks there are a second."""
        return self._dispatcher.tick_rate

    async def run(self) -> None:
        """Tick, and work what comes, until the match has ended."""
        ticking = asyncio.create_task(self._count_ticks())
        try:
            while not self._has_ended:
                await self._calls.changed.wait()
                self._calls.changed.clear()
                self._is_working = True
                await self._work_due()
                self._is_working = False
                self._worked.notify()
        finally:
            self._has_ended = True
            self._worked.notify()
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
            self._give_no_answers()
            self._handler.close()

    async def settle(self) -> None:
        """Return once the ticks that are due, and the calls that wait, have been worked."""
        await self._worked.wait_for(lambda: self._is_settled() or None, timeout=None)

    async def join_attempt(
        self, applicant: Context, presence: MatchPresence, metadata: Mapping[str, str]
    ) -> JoinDecision:
        """Ask the handler whether somebody may join; who may is a member at the next callback."""

        async def attempt() -> JoinDecision | None:
            decision = await self._call(
                self._handler.join_attempt(self._tick, applicant, presence, metadata),
                goes_on=lambda decision: decision is not None,
            )
            if decision is not None and decision.is_allowed:
                patience = self._config.join_marker_deadline_ms // 1000
                self.members.expect(presence, self._tick + self.tick_rate * patience)
                self._entering[presence.session_id] = asyncio.Event()
                # Next, for else a crowd's joins would wait behind all its attempts.
                self._calls.put_first(lambda: self._join(presence))
            return decision

        has_room, decision = await self._ask(CallKind.JOIN_ATTEMPT, attempt)
        return (decision or _REJECTED) if has_room else _NO_ROOM

    async def enter(self, session_id: str) -> None:
        """Give the handler a moment to work a join that it has allowed.

        Nakama's match works it beside the socket that waits for its reply: what the handler sends
        to the joiner at once mostly comes before the reply.
        """
        entering = self._entering.get(session_id)
        if entering is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(entering.wait(), _HEAD_START)

    def confirm(self, session_id: str) -> None:
        """Note that a joiner has appeared in the match's stream."""
        self.members.confirm(session_id)

    def leave(self, presences: Sequence[MatchPresence]) -> None:
        """Tell the handler that members are gone."""
        self._put(lambda: self._leave(presences))

    def send(self, message: MatchMessage) -> None:
        """Give the handler a message at the next tick; what is too much is dropped."""
        if len(self._messages) < self._config.input_queue_size:
            self._messages.append(message)

    async def signal(self, data: str) -> str | None:
        """The handler's answer to a signal; None when there is none."""

        async def signal() -> str | None:
            return await self._call(
                self._handler.signal(self._tick, data), goes_on=lambda text: text is not None
            )

        _, text = await self._ask(CallKind.SIGNAL, signal)
        return text

    async def state(self) -> MatchState | None:
        """A look at the state; None when the match has ended, or takes too long.

        Raises:
            ModuleError: The state can't be written as JSON.
        """
        problems: list[ModuleError] = []

        async def look() -> MatchState | None:
            try:
                state = await self._handler.state_json()
            except ModuleError as error:
                problems.append(error)
                return None
            return MatchState(self._tick, self.members.all(), state)

        _, state = await self._ask(CallKind.MEMBERS, look)
        if problems:
            raise problems[0]
        return state

    def terminate(self, grace_seconds: int) -> None:
        """Tell the handler that the server stops."""
        self._put(
            lambda: self._call(self._handler.terminate(self._tick, grace_seconds), goes_on=bool)
        )

    async def _ask(
        self, kind: CallKind, work: Callable[[], Awaitable[Result | None]]
    ) -> tuple[bool, Result | None]:
        """Let work wait for its turn; return whether there was room, and what came of it."""
        answer: asyncio.Future[Result | None] = asyncio.get_running_loop().create_future()

        async def call() -> None:
            if not answer.done():
                _answer(answer, await work())

        if self._has_ended:
            return True, None
        if not self._calls.put(kind, call):
            return False, None
        self._answers.add(answer)
        try:
            async with asyncio.timeout(_PATIENCE):
                return True, await answer
        except TimeoutError:
            return True, None
        finally:
            self._answers.discard(answer)

    def _put(self, call: Callable[[], Awaitable[object]]) -> None:
        if not self._has_ended:
            self._calls.put(CallKind.MEMBERS, call)

    def _is_settled(self) -> bool:
        if self._has_ended:
            return True
        is_due = self._ticks_due > 0 or self._clock.time() >= self._next_tick
        return not (is_due or self._is_working or self._calls or self._calls.changed.is_set())

    async def _count_ticks(self) -> None:
        period = 1 / self.tick_rate
        self._next_tick = self._began + period
        while True:
            await self._clock.sleep_until(self._next_tick)
            passed = int((self._clock.time() - self._next_tick) / period) + 1
            self._next_tick += passed * period
            self._ticks_due = min(self._ticks_due + passed, _MAX_TICKS_DUE)
            self._calls.changed.set()

    async def _work_due(self) -> None:
        """Work the calls that wait and the ticks that are due, in turns."""
        while not self._has_ended and (self._calls or self._ticks_due):
            if self._calls:
                await self._calls.take()()
            if self._ticks_due and not self._has_ended:
                self._ticks_due -= 1
                await self._loop()
                await asyncio.sleep(0)  # a handler that waits for nothing leaves others their turn

    async def _join(self, presence: MatchPresence) -> None:
        joined = self.members.join([presence])
        if joined:
            await self._call(self._handler.join(self._tick, joined), goes_on=bool)
        if entering := self._entering.pop(presence.session_id, None):
            entering.set()

    async def _leave(self, presences: Sequence[MatchPresence]) -> None:
        if self.members.leave(presences):
            await self._call(self._handler.leave(self._tick, presences), goes_on=bool)

    async def _loop(self) -> None:
        messages, self._messages = self._messages, []
        if not await self._call(self._handler.loop(self._tick, messages), goes_on=bool):
            return
        if self._tick % (self.tick_rate * _CLEAR_SECONDS) == 0:
            late = self.members.expired(self._tick)
            if late:
                self.leave(late)
        if self._is_empty_too_long():
            self._end()
        self._tick += 1

    def _is_empty_too_long(self) -> bool:
        self._empty_ticks = 0 if len(self.members) else self._empty_ticks + 1
        most = self.tick_rate * self._config.max_empty_sec
        return 0 < most <= self._empty_ticks

    async def _call(
        self, callback: Awaitable[Result], *, goes_on: Callable[[Result], bool]
    ) -> Result | None:
        """Run a callback; return its result, or None when the match has ended with it."""
        try:
            result = await callback
        except ModuleError as error:
            self._fail(error.message)
            return None
        except Exception as error:
            _log.exception("match %s: a callback failed", self.id)
            self._fail(f"{type(error).__name__}: {error}")
            return None
        if self._has_ended:
            return None
        if not goes_on(result):
            _log.info("match %s: the handler returned no state: it ends", self.id)
            self._end()
            return None
        self._dispatcher.flush()
        return result

    def _fail(self, problem: str) -> None:
        _log.error("match %s: a callback failed, the match ends: %s", self.id, problem)
        self._end(self.members.all())

    def _end(self, disconnected: Sequence[MatchPresence] = ()) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._dispatcher.end()
        self._ended(self, disconnected)
        self._calls.changed.set()

    def _give_no_answers(self) -> None:
        for answer in tuple(self._answers):
            _answer(answer, None)
        for entering in self._entering.values():
            entering.set()


def _answer(answer: asyncio.Future[Any], result: Any) -> None:
    if not answer.done():
        answer.set_result(result)
