"""Pages of lists that are in the database: found, counted and cut there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from mock_server.console.page.paging import PageQuery
from server_kit import Store
from server_kit.store import Row

_FINDS = "page_finds"


@frozen
class RowQuery:
    """Which rows a list has.

    Attributes:
        columns: What is read of each.
        source: The `FROM` and `WHERE` of the list without a search.
        values: The values of the question marks in `source`.
        searched: An expression for the text that is searched.
        order: What rows are ordered by.
    """

    columns: str
    source: str
    values: tuple[Any, ...]
    searched: str
    order: str


def page_of_rows(
    store: Store, query: RowQuery, wanted: PageQuery, show: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    """The answer, as `PageQuery.page` makes it of what is in memory."""
    source, values = query.source, query.values
    if wanted.q:
        store.create_function(_FINDS, 2, _finds)  # SQLite's `lower` knows ASCII only
        source, values = f"{source} AND {_FINDS}({query.searched}, ?)", (*values, wanted.q)
    counted = store.one(f"SELECT count(*) AS total {source}", *values)
    rows = store.all(
        f"SELECT {query.columns} {source} ORDER BY {query.order} LIMIT ? OFFSET ?",
        *values,
        wanted.limit,
        wanted.offset,
    )
    total = counted["total"] if counted else 0
    end = wanted.offset + wanted.limit
    return {
        "items": [show(row) for row in rows],
        "total": total,
        "next": end if end < total else None,
    }


def _finds(text: str, wanted: str) -> bool:
    return wanted in text.lower()
