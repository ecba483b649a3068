"""Lists that come in pages, as one async iterator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, Self, TypeVar

from nakama_client.protocol.paging import is_last

T = TypeVar("T")

FetchPage = Callable[[str | None], Awaitable[tuple[Sequence[T], str]]]


class PageIterator(Generic[T]):
    """Every item of a list, page after page: `async for item in …`.

    It always ends: at an empty page, at a page without a cursor, or when the cursor stays the
    same.
    """

    def __init__(self, fetch: FetchPage[T], cursor: str | None) -> None:
        self._fetch = fetch
        self._cursor = cursor
        self._next_cursor = cursor or ""
        self._items: Iterator[T] = iter(())
        self._at_end = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            self._cursor = self._next_cursor or self._cursor
            if self._at_end:
                raise StopAsyncIteration
            await self._turn()

    @property
    def cursor(self) -> str | None:
        """Where to go on later: behind the last page of which every item was handed out.

        It moves when the loop asks for the item after a page's last one, so an item is covered
        once the loop is done with it. Going on from here may repeat items, and misses none.
        """
        return self._cursor

    async def _turn(self) -> None:
        items, cursor = await self._fetch(self._cursor)
        self._at_end = is_last(count=len(items), cursor=cursor, previous=self._cursor or "")
        self._items = iter(items)
        self._next_cursor = cursor
