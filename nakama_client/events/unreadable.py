"""Tells once of each item that can't be read."""

from __future__ import annotations

from nakama_client.errors import UnreadableItem
from nakama_client.events.dispatcher import EventDispatcher

# So many items are remembered, so that a list that is read again reports nothing again.
_CAPACITY = 1000


class UnreadableItems:
    """Hands items that can't be read to the `on_error` handlers, each once.

    A notification may come live and in any number of lists.
    """

    __slots__ = (
        "_dispatcher",
        "_reported",
    )

    def __init__(self, dispatcher: EventDispatcher) -> None:
        self._dispatcher = dispatcher
        self._reported: dict[int, None] = {}

    def report(self, item: UnreadableItem) -> None:
        """Report an item, unless it was reported before; the last 1000 are remembered."""
        key = hash(item.id or item.raw)
        if key in self._reported:
            return
        self._reported[key] = None
        if len(self._reported) > _CAPACITY:
            del self._reported[next(iter(self._reported))]
        self._dispatcher.report(item)
