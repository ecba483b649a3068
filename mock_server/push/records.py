"""What became of each push: one record for every event that a rule was for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from attrs import field, frozen


class Outcome(StrEnum):
    """What became of a push.

    Attributes:
        PENDING: It waits for its turn, for an answer, or for the next attempt.
        SENT: OneSignal has taken it.
        NOBODY_REACHED: There is no device to send it to, or none is subscribed.
        FAILED: It was not sent; the reason says why.
        SKIPPED: It was not to be sent: the user is online, or the rule made no message.
    """

    PENDING = "pending"
    SENT = "sent"
    NOBODY_REACHED = "nobody_reached"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen
class Failure:
    """An attempt that had no success.

    Attributes:
        time: When, in seconds since the epoch.
        problem: What OneSignal said, or what happened on the way to it.
    """

    time: float
    problem: str


@frozen(kw_only=True)
class PushRecord:
    """One push.

    Attributes:
        id: A UUID; every attempt carried it as idempotency key, so nothing was sent twice.
        event: `direct_message`, the name of a notification, or its code as text.
        user_id: The recipient.
        time: When the event was, in seconds since the epoch.
        outcome: What became of it.
        reason: Why it was not sent, or whom it did not reach; empty when all went well.
        contents: The text by language.
        player_ids: The devices it was for, where it was sent by player id.
        notification_id: OneSignal's id of it.
        recipients: To how many devices it went; None where OneSignal did not say.
        failures: The attempts before the last one, and the last one if that failed, too.
    """

    id: str
    event: str
    user_id: str
    time: float
    outcome: Outcome = Outcome.PENDING
    reason: str = ""
    contents: Mapping[str, str] = field(factory=dict)
    player_ids: tuple[str, ...] = ()
    notification_id: str = ""
    recipients: int | None = None
    failures: tuple[Failure, ...] = ()


class PushRecords:
    """The newest records of one server, oldest first.

    Args:
        size: How many are kept; the oldest are dropped beyond it.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._records: dict[str, PushRecord] = {}
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def __iter__(self) -> Iterator[PushRecord]:
        return iter(tuple(self._records.values()))

    def put(self, record: PushRecord) -> None:
        """Add a record, or replace the one with its id, and wake those who wait."""
        self._records[record.id] = record
        if len(self._records) > self._size:
            del self._records[next(iter(self._records))]
        for loop, changed in tuple(self._waiting):
            loop.call_soon_threadsafe(changed.set)

    def clear(self) -> None:
        """Forget all records."""
        self._records.clear()

    async def wait_for(
        self, matches: Callable[[PushRecord], bool], *, timeout: float
    ) -> PushRecord:
        """Return the first record that matches, now or later; may be awaited in any loop.

        Raises:
            TimeoutError: None matched in time; the message lists what there is.
        """
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        self._waiting.add(waiter)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    waiter[1].clear()
                    for record in self:
                        if matches(record):
                            return record
                    await waiter[1].wait()
        except TimeoutError:
            shown = "; ".join(_line(record) for record in self) or "none"
            raise TimeoutError(
                f"no matching push within {timeout:g} s; there are: {shown}"
            ) from None
        finally:
            self._waiting.discard(waiter)


def _line(record: PushRecord) -> str:
    reason = f" ({record.reason})" if record.reason else ""
    return f"{record.event} to {record.user_id}: {record.outcome}{reason}"
