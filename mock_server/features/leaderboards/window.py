"""Which records are shown around an owner's. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from attrs import frozen

T = TypeVar("T")


@frozen
class Window(Generic[T]):
    """A part of a list.

    Attributes:
        items: What is shown.
        has_before: Whether a cursor to what is before is given.
        has_after: Whether a cursor to what is behind is given.
    """

    items: Sequence[T]
    has_before: bool
    has_after: bool


def around(before: Sequence[T], owner: T, after: Sequence[T], limit: int) -> Window[T]:
    """The window of `limit` items around one of a list, as Nakama cuts it.

    In the middle there are as many behind as before, and one more where `limit` is even. At the
    edges it is filled from the other side; at the top one more is read than is shown, so that the
    cursor to what is behind is missing when just that one is left.

    Args:
        before: What is before, the nearest first, up to `limit` + 1.
        owner: The item itself.
        after: What is behind, the nearest first, up to `limit` + 1.
        limit: How many at most, 1 or more.
    """
    has_before = len(before) > limit
    front = [*reversed(before[:limit])]
    behind = limit // 2 if len(front) >= limit // 2 else limit - len(front)
    has_after = len(after) > behind
    items = [*front, owner, *after[:behind]]
    start = len(items) - limit
    if start < 0 or len(front) < behind:
        start = 0
    return Window(items[start : start + limit], has_before or start > 0, has_after)
