"""What a feed remembers: a position in the list, and what it delivered behind that position."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from nakama_client.errors import ArgumentError
from nakama_client.protocol.codec import DECODE_ERRORS, decode, encode

# At most about so many notifications behind the position are remembered.
CAPACITY = 1000


class AcknowledgementState(IntEnum):
    """What the user has done with a notification.

    Attributes:
        DELIVERED: The user has it; it would come again after a restart.
        ACKNOWLEDGED: It is acknowledged, and never comes again.
        DONE: Nothing is left to do; in a work queue it is also deleted.
    """

    DELIVERED = 0
    ACKNOWLEDGED = 1
    DONE = 2


class _ListedPage(msgspec.Struct):
    """A page of the backfill; `open` counts those of its ids that are not done."""

    cursor: str
    ids: list[str]
    open: int = 0
    is_settled: bool = False


class _Delivered(msgspec.Struct):
    """A notification that was delivered; `backfill` is the last one that listed it, 0 for none."""

    since: float
    state: AcknowledgementState
    backfill: int = 0


class _SavedLog(msgspec.Struct):
    cursor: str = ""
    seen: dict[str, float] = {}


class DeliveryLog:
    """The ids that must not be delivered again, and the position from which to list.

    Nakama's list is sorted by the time at which a transaction began, so that a row may become
    visible after a later one was listed. The position therefore stays behind: it moves past a row
    only when a backfill that began `overlap_window` seconds after that row was delivered found
    nothing new before it. What was delivered behind the position is remembered, so that listing it
    again repeats nothing. With more than `CAPACITY` notifications in that time, the position
    follows sooner.

    Args:
        saved: What `save` gave in an earlier process; None to begin with nothing.
        overlap_window: How many seconds a row may need to become visible.
        state: The state of what was acknowledged in that process.

    Attributes:
        cursor: From where to list; "" is the beginning.
        unlisted: How many came live, and were not listed yet.
        delivered: How many are delivered, but not acknowledged yet.

    Raises:
        ArgumentError: What was saved cannot be read.
    """

    __slots__ = (
        "_backfill",
        "_entries",
        "_overlap_window",
        "_page_of",
        "_pages",
        "_past",
        "_settled_since",
        "cursor",
        "delivered",
        "unlisted",
    )

    def __init__(
        self,
        saved: str | None,
        *,
        overlap_window: float,
        state: AcknowledgementState = AcknowledgementState.DONE,
    ) -> None:
        saved_state = _SavedLog() if saved is None else _read(saved)
        self.cursor = saved_state.cursor
        self.unlisted = len(saved_state.seen)
        self.delivered = 0
        self._overlap_window = overlap_window
        self._entries = {
            item_id: _Delivered(since, state) for item_id, since in saved_state.seen.items()
        }
        self._past: dict[str, None] = {}  # before the position; a frame of one may be on its way
        self._pages: list[_ListedPage] = []  # few: a list holds at most some thousand ids
        self._page_of: dict[str, _ListedPage] = {}  # those of its ids that are not done
        self._backfill = 0
        self._settled_since = 0.0

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._entries or item_id in self._past

    def __len__(self) -> int:
        return len(self._entries)

    def save(self) -> str:
        """A text with which another process goes on; what was only delivered is not in it."""
        seen = {item_id: each.since for item_id, each in self._entries.items() if each.state}
        return encode(_SavedLog(self.cursor, seen)).decode()

    def begin_backfill(self, now: float) -> None:
        """A backfill begins: the list is read from `cursor` to its end."""
        self._backfill += 1
        self._settled_since = now - self._overlap_window
        self._pages.clear()
        self._page_of.clear()
        for entry in self._entries.values():
            # The clock may have been set back since an earlier process saved this.
            entry.since = min(entry.since, now)

    def list_page(self, ids: Iterable[str], cursor: str) -> list[str]:
        """Note the next page of the backfill, and the position of its end.

        Returns:
            Those of its ids that were acknowledged but are still listed.
        """
        page = _ListedPage(cursor, list(ids))
        again = []
        for item_id in page.ids:
            entry = self._entries.get(item_id)
            page.is_settled = entry is not None and entry.since <= self._settled_since
            if entry is None:
                if item_id not in self._past:
                    self._open(item_id, page)
                continue
            self._mark_listed(entry)
            if entry.state is not AcknowledgementState.DONE:
                self._open(item_id, page)
            if entry.state is not AcknowledgementState.DELIVERED:
                again.append(item_id)
        if page.ids:
            self._pages.append(page)
        self._advance()
        return again

    def end_backfill(self) -> None:
        """Forget what the backfill did not list: it was deleted, unless it is not visible yet."""
        for item_id, entry in list(self._entries.items()):
            is_old = (
                entry.since <= self._settled_since
                and entry.state is not AcknowledgementState.DELIVERED
            )
            if is_old and entry.backfill != self._backfill:
                self._forget(item_id)

    def deliver(self, item_id: str, now: float) -> None:
        """Remember that the user has it."""
        entry = self._entries[item_id] = _Delivered(now, AcknowledgementState.DELIVERED)
        self.delivered += 1
        self.unlisted += 1
        if item_id in self._page_of:
            self._mark_listed(entry)

    def move(self, item_id: str, state: AcknowledgementState) -> None:
        """Move a notification to a later state; one that is not remembered stays so."""
        entry = self._entries.get(item_id)
        if entry is None or entry.state >= state:
            return
        if entry.state is AcknowledgementState.DELIVERED:
            self.delivered -= 1
        entry.state = state
        if state is AcknowledgementState.DONE:
            page = self._page_of.pop(item_id, None)
            if page is not None:
                page.open -= 1
            self._advance()

    def _open(self, item_id: str, page: _ListedPage) -> None:
        if item_id not in self._page_of:
            self._page_of[item_id] = page
            page.open += 1

    def _mark_listed(self, entry: _Delivered) -> None:
        if entry.backfill == 0:
            self.unlisted -= 1
        entry.backfill = self._backfill

    def _advance(self) -> None:
        """Move the position past the backfill's first pages, and forget what is before it."""
        while self._pages and not self._pages[0].open:
            page = self._pages[0]
            left = len(self._entries) - len(page.ids)
            # Until the overlap window has passed, a row may still become visible before this page's
            # end. Only when that would remember too much is it risked: the log stays bounded.
            if not page.is_settled and left < CAPACITY:
                return
            self.cursor = page.cursor
            for item_id in page.ids:
                self._forget(item_id)
            del self._pages[0]

    def _forget(self, item_id: str) -> None:
        entry = self._entries.pop(item_id, None)
        if entry is None:
            return
        if entry.backfill == 0:
            self.unlisted -= 1
        self._past[item_id] = None
        if len(self._past) > CAPACITY:
            del self._past[next(iter(self._past))]


def _read(saved: str) -> _SavedLog:
    try:
        return decode(saved.encode(), _SavedLog)
    except DECODE_ERRORS as error:
        problem = "the stored position can't be read, the feed's forget() helps"
        raise ArgumentError(f"{problem}: {error}") from error
