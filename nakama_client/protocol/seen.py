"""What a feed remembers: a position in the list, and what it has seen behind that position."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from nakama_client.errors import ArgumentError
from nakama_client.protocol.codec import DECODE_ERRORS, decode, encode

# At most about so many notifications behind the position are remembered.
WINDOW = 1000


class Stage(IntEnum):
    """How far a notification has come.

    Attributes:
        DELIVERED: The user has it; it would come again after a restart.
        HANDLED: It is acknowledged, and never comes again.
        DONE: Nothing is left to do about it; in a work queue it is also deleted.
    """

    DELIVERED = 0
    HANDLED = 1
    DONE = 2


class _Page(msgspec.Struct):
    """A page of the walk through the list; `open` are those of its ids that are not done."""

    cursor: str
    ids: list[str]
    open: set[str]
    is_settled: bool


class _Known(msgspec.Struct):
    """A notification that was delivered; `walk` is the last walk that met it in the list."""

    since: float
    stage: Stage
    walk: int = 0


class _Saved(msgspec.Struct):
    cursor: str = ""
    seen: dict[str, float] = {}


class Seen:
    """The ids that must not be delivered again, and the position from which to list.

    Nakama's list is sorted by the time at which a transaction began, so that a row may become
    visible after a later one was listed. The position therefore stays behind: it moves past a row
    only when a walk that began `look_back` seconds after that row was seen found nothing new
    before it. What was seen behind the position is remembered, so that meeting it again repeats
    nothing. With more than `WINDOW` notifications in that time, the position follows sooner.

    Args:
        saved: What `save` gave in an earlier life; None to begin with nothing.
        look_back: How many seconds a row may need to become visible.
        stage: How far they came that were handled in that earlier life.

    Attributes:
        cursor: From where to list; "" is the beginning.
        unlisted: How many came live, and were not met in the list yet.
        delivered: How many are delivered, but not handled yet.

    Raises:
        ArgumentError: What was saved cannot be read.
    """

    def __init__(self, saved: str | None, *, look_back: float, stage: Stage = Stage.DONE) -> None:
        state = _Saved() if saved is None else _read(saved)
        self.cursor = state.cursor
        self.unlisted = len(state.seen)
        self.delivered = 0
        self._look_back = look_back
        self._known = {item_id: _Known(since, stage) for item_id, since in state.seen.items()}
        self._past: dict[str, None] = {}  # before the position; a frame of one may be on its way
        self._pages: list[_Page] = []
        self._walk = 0
        self._settled_since = 0.0

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._known or item_id in self._past

    def __len__(self) -> int:
        return len(self._known)

    def save(self) -> str:
        """A text with which another process can go on; what was only delivered is not in it."""
        seen = {item_id: each.since for item_id, each in self._known.items() if each.stage}
        return encode(_Saved(self.cursor, seen)).decode()

    def begin_walk(self, now: float) -> None:
        """Go through the list from `cursor` on."""
        self._walk += 1
        self._settled_since = now - self._look_back
        self._pages.clear()

    def list_page(self, ids: Iterable[str], cursor: str) -> list[str]:
        """Note the next page of the walk, and the position of its end.

        Returns:
            Those of its ids that were handled, and are listed all the same.
        """
        page = _Page(cursor, list(ids), set(), is_settled=False)
        again = []
        for item_id in page.ids:
            known = self._known.get(item_id)
            page.is_settled = known is not None and known.since <= self._settled_since
            if known is None:
                if item_id not in self._past:
                    page.open.add(item_id)
                continue
            self._meet(known)
            if known.stage is not Stage.DONE:
                page.open.add(item_id)
            if known.stage is not Stage.DELIVERED:
                again.append(item_id)
        if page.ids:
            self._pages.append(page)
        self._advance()
        return again

    def end_walk(self) -> None:
        """Forget what the walk did not meet: it was deleted, unless it was too young to be met."""
        for item_id, known in list(self._known.items()):
            is_old = known.since <= self._settled_since and known.stage is not Stage.DELIVERED
            if is_old and known.walk != self._walk:
                self._forget(item_id)

    def deliver(self, item_id: str, now: float) -> None:
        """Remember that the user has it."""
        known = self._known[item_id] = _Known(now, Stage.DELIVERED)
        self.delivered += 1
        self.unlisted += 1
        if any(item_id in page.open for page in self._pages):
            self._meet(known)

    def move(self, item_id: str, stage: Stage) -> None:
        """Remember how far it came; what is not remembered is left so."""
        known = self._known.get(item_id)
        if known is None or known.stage >= stage:
            return
        if known.stage is Stage.DELIVERED:
            self.delivered -= 1
        known.stage = stage
        if stage is Stage.DONE:
            for page in self._pages:
                page.open.discard(item_id)
            self._advance()

    def _meet(self, known: _Known) -> None:
        if known.walk == 0:
            self.unlisted -= 1
        known.walk = self._walk

    def _advance(self) -> None:
        """Move the position past the walk's first pages, and forget what is before it."""
        while self._pages and not self._pages[0].open:
            page = self._pages[0]
            left = len(self._known) - len(page.ids)
            if not page.is_settled and left < WINDOW:
                return
            self.cursor = page.cursor
            for item_id in page.ids:
                self._forget(item_id)
            del self._pages[0]

    def _forget(self, item_id: str) -> None:
        known = self._known.pop(item_id, None)
        if known is None:
            return
        if known.walk == 0:
            self.unlisted -= 1
        self._past[item_id] = None
        if len(self._past) > WINDOW:
            del self._past[next(iter(self._past))]


def _read(saved: str) -> _Saved:
    try:
        return decode(saved.encode(), _Saved)
    except DECODE_ERRORS as error:
        problem = "the stored position can't be read, the feed's forget() helps"
        raise ArgumentError(f"{problem}: {error}") from error
