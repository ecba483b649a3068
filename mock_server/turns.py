"""Long work in the loop, with turns for others in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

_BETWEEN = 100  # items


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Hand on items one by one; others have a turn after every hundred of them.

    Only what is no part of a transaction may be done so: others would write into it.
    """
    for number, item in enumerate(items, start=1):
        yield item
        if number % _BETWEEN == 0:
            await asyncio.sleep(0)
