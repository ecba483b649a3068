"""How a notification feed delivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar, get_args

from attrs import field, frozen

from nakama_client.config import RetryPolicy
from nakama_client.errors import ArgumentError
from nakama_client.protocol.catchup import CatchUp, Item
from nakama_client.protocol.delivery_log import AcknowledgementState, DeliveryLog
from nakama_client.protocol.paging import Progress
from nakama_client.protocol.retry import full_jitter
from nakama_client.protocol.rules import check_count, check_seconds

T = TypeVar("T", bound=Item)

Acknowledge = Literal["auto", "manual", "delete"]


@frozen(kw_only=True)
class FeedSettings:
    """How a feed delivers; `Client.notifications` explains the first four.

    Attributes:
        acknowledge: When a notification counts as handled.
        queue_limit: How many may wait that came live.
        overlap_window: For how many seconds a row may become visible after a later one.
        check_interval: Seconds between two looks at the list while all comes live.
        retry: The delays after a failed listing; only its delays count, a feed never gives up.
        clock: Gives the seconds since 1970.
        random: Gives numbers from 0 up to 1.
        on_progress: Called with how far the feed has caught up.

    Raises:
        ArgumentError: A value is out of range.
    """

    acknowledge: Acknowledge = field()
    queue_limit: int = field()
    overlap_window: float = field()
    check_interval: float = field()
    retry: RetryPolicy
    clock: Callable[[], float]
    random: Callable[[], float]
    on_progress: Progress | None = None

    @acknowledge.validator
    def _check_acknowledge(self, _: object, mode: str) -> None:
        if mode not in get_args(Acknowledge):
            modes = ", ".join(get_args(Acknowledge))
            raise ArgumentError(f"acknowledge is one of {modes}; not {mode!r}")

    @queue_limit.validator
    def _check_queue_limit(self, _: object, limit: int) -> None:
        check_count("queue_limit", limit)

    @overlap_window.validator
    def _check_overlap_window(self, _: object, seconds: float) -> None:
        check_seconds("overlap_window", seconds, zero=True)

    @check_interval.validator
    def _check_check_interval(self, _: object, seconds: float) -> None:
        check_seconds("check_interval", seconds)

    def catch_up(self, saved: str | None) -> CatchUp[T]:
        """Begin to catch up, from what an earlier feed has saved.

        Raises:
            ArgumentError: What was saved can't be read.
        """
        # What an earlier feed acknowledged may not be deleted yet: a work queue deletes it again.
        is_queue = self.acknowledge == "delete"
        state = AcknowledgementState.ACKNOWLEDGED if is_queue else AcknowledgementState.DONE
        log = DeliveryLog(saved, overlap_window=self.overlap_window, state=state)
        return CatchUp(
            log,
            limit=self.queue_limit,
            check_interval=self.check_interval,
            random=self.random,
            pause=self.pause,
        )

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failed listings in a row."""
        first, longest = self.retry.first_delay, self.retry.max_delay
        return full_jitter(failures, first=first, longest=longest, random=self.random)
