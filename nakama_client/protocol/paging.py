"""When a list that comes in pages is at its end."""

from __future__ import annotations


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
