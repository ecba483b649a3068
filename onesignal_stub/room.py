"""How much of what callers define there can be: segments, templates, journeys, keys, apps."""

from __future__ import annotations

from collections.abc import Callable

from onesignal_stub.errors import ApiError, refused
from server_kit import Store

MOST = 1000
"""How many of a kind an app can have, and how many apps there can be."""

MOST_BYTES = 16 * 1024 * 1024
"""How many bytes those of one kind can have together."""


def check_room(
    store: Store,
    table: str,
    column: str,
    app_id: str | None,
    *,
    refuse: Callable[[str], ApiError] = refused,
) -> None:
    """Refuse what was just written, which the caller's transaction takes back, if it is too much.

    Args:
        store: The tables.
        table: Where it was written.
        column: The column with what may be large.
        app_id: The app that it belongs to; None for the account.
        refuse: Makes the error of a text.

    Raises:
        ApiError: There are more than `MOST`, or they are larger than `MOST_BYTES`.
    """
    sql = f"SELECT count(*), total(length(CAST({column} AS BLOB))) FROM {table}"
    found = store.one(sql) if app_id is None else store.one(f"{sql} WHERE app_id = ?", app_id)
    assert found is not None
    count, size = found
    name = table.replace("_", " ")
    if count > MOST:
        raise refuse(f"The stub takes at most {MOST} {name}; delete some")
    if size > MOST_BYTES:
        raise refuse(f"The stub takes at most {MOST_BYTES} bytes of {name}; delete some")
