"""Repeats a failed call over HTTP when that may help."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from nakama_client.config import RetryPolicy
from nakama_client.errors import NakamaError, ReplyError
from nakama_client.events.dispatcher import EventDispatcher
from nakama_client.events.handlers import Handlers
from nakama_client.protocol.requests import Request
from nakama_client.protocol.retry import Retry, full_jitter, may_repeat

T = TypeVar("T")

# The least seconds for an attempt: with 0 there would be no limit.
_SHORTEST = 0.001


class Retrying:
    """Attempts a call as often as its policy says.

    Args:
        policy: The policy; None for one attempt only.
        random: Gives numbers from 0 up to 1.
        dispatcher: Calls the `on_retry` handlers.

    Attributes:
        on_retry: The handlers of repetitions.
    """

    def __init__(
        self,
        policy: RetryPolicy | None,
        *,
        random: Callable[[], float],
        dispatcher: EventDispatcher,
    ) -> None:
        self.on_retry: Handlers[Retry] = Handlers()
        self._policy = policy
        self._random = random
        self._dispatcher = dispatcher

    async def call(
        self,
        request: Request,
        attempt: Callable[[float], Awaitable[T]],
        *,
        ends_at: float = math.inf,
    ) -> T:
        """Attempt a call until it succeeds, or the policy or the deadline ends it.

        Args:
            request: The request of the call.
            attempt: Makes one attempt; it gets the seconds that are left.
            ends_at: The deadline by the loop's clock, when there is one before the policy's.

        Raises:
            NakamaError: What the last attempt raised.
        """
        if self._policy is None:
            try:
                return await attempt(float("inf"))
            except NakamaError as error:
                error._note_call(request.method, request.path, 1)
                raise
        now = asyncio.get_running_loop().time
        deadline = min(ends_at, now() + (request.timeout or self._policy.deadline))
        count = 0
        while True:
            count += 1
            try:
                return await attempt(max(deadline - now(), _SHORTEST))
            except NakamaError as error:
                error._note_call(request.method, request.path, count)
                delay = self._delay(self._policy, request, error, count)
                if delay is None or now() + delay >= deadline:
                    if count > 1:
                        error.add_note(f"This was attempt {count} of {self._policy.attempts}.")
                    raise
                retry = Retry(request.method, request.path, count, error, delay)
            if self.on_retry.all:
                self._dispatcher.post(self.on_retry, retry)
            await asyncio.sleep(delay)

    def _delay(
        self, policy: RetryPolicy, request: Request, error: NakamaError, count: int
    ) -> float | None:
        """Seconds until the next attempt; None when there should be none."""
        if count >= policy.attempts or not may_repeat(error, request):
            return None
        if not policy.should_retry(error):
            return None
        delay = full_jitter(
            count, first=policy.first_delay, longest=policy.max_delay, random=self._random
        )
        asked = error.retry_after if isinstance(error, ReplyError) else None
        return max(delay, asked or 0.0)
