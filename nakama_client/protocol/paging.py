"""Lists that come in pages, as one async iterator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, Protocol, Self, TypeVar, overload

import attrs

from nakama_client.protocol.rules import check_text

T = TypeVar("T")

# The items of a page, what else it holds that could not be read, and its cursor.
FetchPage = Callable[[str | None], Awaitable[tuple[Sequence[T], Sequence[object], str]]]


class _HasCursor(Protocol):
    @property
    def cursor(self) -> str:
        """Where the next page begins."""


P = TypeVar("P", bound=_HasCursor)

# How far a long call is: how many are done, and of how many, None where that is not known.
Progress = Callable[[int, int | None], object]


class Pagination:
    """Goes through the pages of a list, and tells which page is the last one.

    Nakama's notification cursor is never empty, not even on an empty page, so its presence says
    nothing. Other lists leave it out on the last page. A server that sends a page or a cursor a
    second time would send it for ever. About 200 bytes of each page are remembered.

    Args:
        cursor: Where it begins, "" for the beginning.

    Attributes:
        is_over: Whether to ask for no further page.
        is_repeating: Whether it is over because the server repeated itself.
    """

    __slots__ = (
        "_cursors",
        "_pages",
        "_position",
        "is_over",
        "is_repeating",
    )

    def __init__(self, cursor: str) -> None:
        self.is_over = False
        self.is_repeating = False
        self._position = cursor
        self._cursors = {cursor}
        self._pages: set[int] = set()

    def turn(self, items: Sequence[object], cursor: str) -> bool:
        """The next page came.

        Args:
            items: What it holds; the `repr` of one tells it from others.
            cursor: The cursor that came with it.

        Returns:
            Whether it is new; a repeated one is to be left out.
        """
        is_last = not items or cursor in {"", self._position}
        page = hash((repr(items[0]), repr(items[-1]), len(items))) if items else 0
        is_new = not items or page not in self._pages
        self.is_repeating = not is_last and (not is_new or cursor in self._cursors)
        self.is_over = is_last or self.is_repeating
        self._pages.add(page)
        self._cursors.add(cursor)
        self._position = cursor
        return is_new


class Page(Sequence[T]):
    """A page is the sequence of its items: `len(page)`, `page[0]`, `for item in page`.

    The items are what the page's first attribute holds.
    """

    __slots__ = ()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    @property
    def _items(self) -> tuple[T, ...]:
        first = attrs.fields(type(self))[0]  # type: ignore[arg-type]
        items: tuple[T, ...] = getattr(self, first.name)
        return items


class PageIterator(Generic[T]):
    """Every item of a list, page after page: `async for item in …`.

    It always ends: at an empty page, at a page without a cursor, or when a page or a cursor comes
    a second time. A cancelled `anext`, as under a time limit, loses nothing: the request goes on,
    and the next `anext` waits for it.
    """

    def __init__(
        self, fetch: FetchPage[T], cursor: str | None, on_progress: Progress | None = None
    ) -> None:
        self._fetch = fetch
        check_text("the cursor", cursor or "")
        self._on_progress = on_progress
        self._listed = 0
        self._cursor = cursor
        self._next_cursor = cursor or ""
        self._items: Iterator[T] = iter(())
        self._pagination = Pagination(cursor or "")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            self._cursor = self._next_cursor or self._cursor
            if self._pagination.is_over:
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
        items, unreadable, cursor = await self._fetch(self._cursor)
        is_new = self._pagination.turn([*items, *unreadable], cursor)
        self._items = iter(items if is_new else ())
        self._next_cursor = cursor
        self._listed += len(items) if is_new else 0
        if self._on_progress is not None:
            self._on_progress(self._listed, self._listed if self._pagination.is_over else None)


def paginate(
    list_page: Callable[[str | None], Awaitable[P]],
    items: Callable[[P], Sequence[T]],
    *,
    cursor: str | None,
    cursor_of: Callable[[P], str] | None = None,
    unreadable: Callable[[P], Sequence[object]] | None = None,
    on_progress: Progress | None = None,
) -> PageIterator[T]:
    """Iterate over every item of a list, with the call that lists one page.

    Args:
        list_page: Lists the page behind a cursor, None for the first page.
        items: The items of a page.
        cursor: Where to begin; None or "" for the beginning.
        cursor_of: Where the next page begins; None for the page's `cursor`.
        unreadable: What else the page holds, so that it does not count as empty; None for nothing.
        on_progress: Called after each page with two numbers: how many items were listed so far, and
            how many there are in all, which is None until the end.
    """

    async def fetch(position: str | None) -> tuple[Sequence[T], Sequence[object], str]:
        page = await list_page(position)
        others = () if unreadable is None else unreadable(page)
        return items(page), others, page.cursor if cursor_of is None else cursor_of(page)

    return PageIterator(fetch, cursor, on_progress)
