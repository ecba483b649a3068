"""What a notification feed does next: deliver, list, or wait.

While the connection holds and nothing was missed, notifications are delivered as they come. After
any gap a backfill lists everything from the remembered position to the end; what comes live
meanwhile waits, and what the backfill listed is dropped from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

import msgspec

from nakama_client import errors
from nakama_client.config import is_transient
from nakama_client.protocol.delivery_log import CAPACITY, DeliveryLog
from nakama_client.protocol.paging import Pagination

# After so many that came live only, their places in the list are looked up.
_MOST_UNLISTED = CAPACITY // 2

# With so many remembered, the user has to acknowledge before more is delivered.
_MOST_REMEMBERED = 2 * CAPACITY

# Between two backfills: one of its own would keep what it has seen.
_NO_PAGES = Pagination("")

_SYSTEM = "00000000-0000-0000-0000-000000000000"


class Item(Protocol):
    """What the feed uses of a notification."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def sender_id(self) -> str:
        """Who sent it."""

    @property
    def persistent(self) -> bool:
        """Whether it is stored."""


T = TypeVar("T", bound=Item)


class Deliver(msgspec.Struct, Generic[T], frozen=True):
    """Hand this to the user."""

    item: T


class Fetch(msgspec.Struct, frozen=True, eq=False):
    """List what comes behind this position, "" for the beginning, and tell what came."""

    cursor: str


class WaitForEvent(msgspec.Struct, frozen=True):
    """Wait until something happens, or for so many seconds."""

    seconds: float | None


def may_list_again(error: errors.NakamaError, *, is_proven: bool) -> bool:
    """Whether listing may succeed later.

    Args:
        error: What the listing raised.
        is_proven: Whether the position is good; Nakama answers a bad one with status 500, the same
            as a failure of its database.
    """
    if is_transient(error) or isinstance(error, errors.UnexpectedReply):
        return True
    return is_proven and isinstance(error, errors.ReplyError) and error.status >= 500


class CatchUp(Generic[T]):
    """The state of one feed.

    Args:
        log: What is remembered.
        limit: How many may wait that came live.
        check_interval: How many seconds may pass without a backfill, more or less.
        random: Gives numbers from 0 up to 1, so that many feeds do not check at one moment.
        pause: Gives the seconds to wait before one more backfill, after so many backfills because
            of unreadable frames.

    Attributes:
        log: What is remembered.
        dropped: How many transient notifications found no room.
        listed: How many new notifications the present or last catch-up has listed.
    """

    __slots__ = (
        "_asked",
        "_check_interval",
        "_cursor",
        "_has_gap",
        "_has_progressed",
        "_has_unreadable_frames",
        "_held",
        "_is_check",
        "_is_connected",
        "_last_unreadable",
        "_limit",
        "_next_check",
        "_not_before",
        "_pagination",
        "_pause",
        "_random",
        "_ready",
        "_unreadable_backfills",
        "dropped",
        "listed",
        "log",
    )

    def __init__(
        self,
        log: DeliveryLog,
        *,
        limit: int,
        check_interval: float,
        random: Callable[[], float],
        pause: Callable[[int], float],
    ) -> None:
        self.log = log
        self.dropped = 0
        self.listed = 0
        self._limit = limit
        self._check_interval = check_interval
        self._random = random
        self._pause = pause
        self._is_connected = False
        self._has_gap = True
        self._is_check = False
        self._has_progressed = False
        self._next_check = 0.0
        self._has_unreadable_frames = False
        self._unreadable_backfills = 0  # such backfills in a row
        self._last_unreadable = 0.0
        self._not_before = 0.0  # when the next backfill may begin
        self._cursor: str | None = None  # of the backfill; None when none runs
        self._pagination = _NO_PAGES
        self._asked: Fetch | None = None
        self._ready: dict[str, T] = {}  # to be delivered before anything else
        self._held: dict[str, T] = {}  # what came live, and waits for the backfill

    @property
    def is_live(self) -> bool:
        """Whether nothing is missing, so that what comes live is delivered at once."""
        return not self._has_gap and self._cursor is None

    @property
    def is_catching_up(self) -> bool:
        """Whether something may be missing: more than a check of the list is to do or under way."""
        return not self.is_live and not self._is_check

    def connected(self) -> None:
        """From now on everything comes live."""
        self._is_connected = True

    def disconnected(self) -> None:
        """From now on nothing comes live: when it does again, a backfill begins again."""
        self._open_gap()
        self._cursor = self._asked = None
        self._is_connected = False
        self._not_before = 0.0

    def missed(self) -> None:
        """A frame came that can't be read: one more backfill follows.

        The one under way goes on to its end; otherwise a server that keeps sending such frames
        would never let one end.
        """
        self._open_gap()
        self._has_unreadable_frames = True

    def received(self, item: T) -> None:
        """Something came live."""
        if item.id in self.log:
            return
        if len(self._held) < self._limit:
            self._held[item.id] = item
        elif item.persistent:
            self._open_gap()
        else:
            self.dropped += 1

    def next(self, now: float) -> Deliver[T] | Fetch | WaitForEvent:
        """What to do now; a `Fetch` is answered by `fetched` or `failed`.

        Args:
            now: Seconds since 1970.
        """
        # Unacknowledged notifications hold the position, so everything behind them has to be
        # remembered. A user who never acknowledges must not fill the memory.
        if self.log.delivered and len(self.log) >= _MOST_REMEMBERED:
            return WaitForEvent(None)
        if self._ready:
            return self._deliver(self._first_ready(), now)
        if not self.is_live:
            if not self._is_connected:
                return WaitForEvent(None)
            if self._cursor is None and now < self._not_before:
                return WaitForEvent(self._not_before - now)
            return self._fetch(now)
        # The position moves only along the list, and the database may commit a row late or a frame
        # may get lost without a close: so even a live feed lists from time to time.
        if now >= self._next_check or self.log.unlisted >= _MOST_UNLISTED:
            self._is_check = self.log.unlisted < _MOST_UNLISTED
            return self._fetch(now)
        if self._held:
            return self._deliver(next(iter(self._held.values())), now)
        return WaitForEvent(self._next_check - now)

    def fetched(self, fetch: Fetch, items: Iterable[T], cursor: str, now: float) -> list[str]:
        """A page came.

        Args:
            fetch: What was asked for.
            items: The page.
            cursor: Its cursor.
            now: Seconds since 1970.

        Returns:
            The ids in it that were handled before; in a work queue they are still to be deleted.
        """
        if fetch is not self._asked:
            return []  # the connection was lost since, and the backfill begins again
        page = list(items)
        ids = [item.id for item in page]
        again: list[str] = []
        if self._pagination.turn(ids, cursor):
            for item in page:
                if item.id in self.log:
                    self._held.pop(item.id, None)
                else:
                    self._ready[item.id] = item
                    self.listed += 1
                    self._has_progressed = True
            again = self.log.list_page(ids, cursor)
        self._cursor = cursor
        if self._pagination.is_over:
            # What a server that repeats itself leaves out may still be there.
            if not self._pagination.is_repeating:
                self.log.end_backfill()
            self._end_backfill(now)
        return again

    def failed(self, fetch: Fetch, now: float) -> bool:
        """A page could not be listed.

        Returns:
            Whether it has to be asked for again before anything else; what is only a check waits
            for the next one.
        """
        if fetch is not self._asked:
            return True
        if self._is_check and not self._has_gap:
            self._end_backfill(now)
        return not self.is_live

    def _open_gap(self) -> None:
        if self.is_live:
            # Nothing is missing before these, so they need not wait for the backfill.
            self._ready.update(self._held)
            self._held.clear()
        self._has_gap = True

    def _fetch(self, now: float) -> Fetch:
        # Under a constant stream a backfill would never reach the end, and the position would
        # never move: after a check interval it begins again, from a position that has moved.
        is_old = self._has_progressed and now >= self._next_check
        if self._cursor is None:
            self.listed = 0
        if self._cursor is None or is_old:
            self._begin_backfill(now)
            self._cursor = self.log.cursor
        self._asked = Fetch(self._cursor)
        return self._asked

    def _begin_backfill(self, now: float) -> None:
        if self._has_unreadable_frames:
            self._has_unreadable_frames = False
            if now - self._last_unreadable > self._check_interval:
                self._unreadable_backfills = 0
            self._unreadable_backfills += 1
            self._last_unreadable = now
            self._not_before = now + self._pause(self._unreadable_backfills)
        self._is_check = self._is_check and not self._has_gap
        self._has_gap = self._has_progressed = False
        self._pagination = Pagination(self.log.cursor)
        self.log.begin_backfill(now)
        self._plan_check(now)

    def _end_backfill(self, now: float) -> None:
        self._cursor = self._asked = None
        self._pagination = _NO_PAGES
        self._is_check = self._has_progressed = False
        self._plan_check(now)

    def _plan_check(self, now: float) -> None:
        self._next_check = now + self._check_interval * (0.5 + self._random())

    def _first_ready(self) -> T:
        """The first that is ready, unless its sender sent another one before it.

        The list sorts what was sent at one moment by id; what came live is in the order of
        sending.
        """
        first = next(iter(self._ready.values()))
        if first.id in self._held:
            for earlier in self._held.values():
                if _sender(earlier) == _sender(first):
                    return earlier
        return first

    def _deliver(self, item: T, now: float) -> Deliver[T]:
        self._ready.pop(item.id, None)
        self._held.pop(item.id, None)
        if item.persistent:
            self.log.deliver(item.id, now)
        return Deliver(item)


def _sender(item: Item) -> str:
    return item.sender_id or _SYSTEM  # the list leaves the system out, a frame names it
