"""Lists that come in pages, as one async iterator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, Protocol, Self, TypeVar

T = TypeVar("T")

FetchPage = Callable[[str | None], Awaitable[tuple[Sequence[T], str]]]


class _HasCursor(Protocol):
    @property
    def cursor(self) -> str:
        """Where the next page begins."""


P = TypeVar("P", bound=_HasCursor)


def is_last(*, count: int, cursor: str, previous: str) -> bool:
    """Whether to ask for no further page.

    Nakama's notification cursor is never empty, not even on an empty page, so its presence says
    nothing. Other lists leave it out on the last page.

    Args:
        count: How many items the page holds.
        cursor: The cursor that came with the page.
        previous: The cursor that was sent, "" for the first page.
    """
    return count == 0 or cursor in {"", previous}


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


def paginate(
    list_page: Callable[[str | None], Awaitable[P]],
    items: Callable[[P], Sequence[T]],
    *,
    cursor: str | None,
    cursor_of: Callable[[P], str] | None = None,
) -> PageIterator[T]:
    """Make every item of a list out of the call that lists one page.

    Args:
        list_page: Lists the page behind a cursor, None for the first page.
        items: The items of a page.
        cursor: Where to begin; None or "" for the beginning.
        cursor_of: Where the next page begins; None for the page's `cursor`.
    """

    async def fetch(position: str | None) -> tuple[Sequence[T], str]:
        page = await list_page(position)
        return items(page), page.cursor if cursor_of is None else cursor_of(page)

    return PageIterator(fetch, cursor)
