"""Retries with exponential backoff and full jitter.

https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import frozen

from mock_server.features.push.errors import OneSignalError, Overloaded

T = TypeVar("T")

Sleep = Callable[[float], Awaitable[None]]
OnFailure = Callable[[OneSignalError], None]


@frozen(kw_only=True)
class PushRetryPolicy:
    """How often to try, and how long to wait in between.

    Attributes:
        attempts: How many in all, the first one included; None is no limit.
        base: Seconds that the first wait may take; the bound doubles with each failure.
        longest: Seconds that a wait may take at most, unless Retry-After asks for more.
        random: Returns numbers from 0 to 1, for the jitter.
    """

    attempts: int | None = 5
    base: float = 0.5
    longest: float = 30.0
    random: Callable[[], float] = random.random

    def delay(self, failures: int, retry_after: float | None = None) -> float:
        """Seconds to wait after so many failures; at least those of Retry-After."""
        bound = min(self.longest, self.base * 2.0 ** min(failures - 1, 60))
        return (retry_after or 0.0) + self.random() * bound


async def with_retries(
    call: Callable[[], Awaitable[T]],
    *,
    policy: PushRetryPolicy,
    sleep: Sleep,
    failed: OnFailure | None = None,
    is_wanted: Callable[[], bool] | None = None,
) -> T:
    """Call until it succeeds, fails for good, or the attempts are used up.

    Args:
        call: The call; it must be safe to repeat.
        policy: The number of attempts and the delays.
        sleep: Waits some seconds.
        failed: Called after every failure, the last one included.
        is_wanted: Whether there is to be a further attempt; asked after each delay.

    Raises:
        OneSignalError: The last failure.
    """
    failures = 0
    while True:
        try:
            return await call()
        except OneSignalError as error:
            failures += 1
            if failed is not None:
                failed(error)
            spent = policy.attempts is not None and failures >= policy.attempts
            if not error.retryable or spent:
                raise
            asked = error.retry_after if isinstance(error, Overloaded) else None
            last = error
        await sleep(policy.delay(failures, asked))
        if is_wanted is not None and not is_wanted():
            raise last
