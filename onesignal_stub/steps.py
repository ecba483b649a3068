"""Work in steps: between two of them, others get a turn.

A request that concerns a hundred thousand devices would hold the loop for seconds. So its handler
is a generator: what it does between two `yield`s is one transaction, and happens at once; at a
`yield` other requests are served, and may change what the next step finds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import closing
from typing import Generic, TypeAlias, TypeVar

from attrs import frozen

from server_kit import Store

T = TypeVar("T")
Steps: TypeAlias = Generator[None, None, T]


class Replaced(Exception):
    """Everything stored was replaced, by a reset or a restore, in the middle of some work."""


@frozen
class Done(Generic[T]):
    """Work in steps has ended.

    Attributes:
        result: What it returned.
    """

    result: T


def take_step(store: Store, steps: Steps[T]) -> Done[T] | None:
    """Do one step of some work, or nothing of it if it raises; None if more steps follow."""
    with store.transaction():
        try:
            next(steps)
        except StopIteration as stop:
            return Done(stop.value)
    return None


async def give_turn() -> None:
    """Let others run."""
    await asyncio.sleep(0)


async def run_steps(store: Store, steps: Steps[T]) -> T:
    """Do some work to its end and return its result, with a turn for others after each step.

    Raises:
        Replaced: What it works on is gone.
    """
    replacements = store.replacements
    with closing(steps):
        while (done := take_step(store, steps)) is None:
            await give_turn()
            if store.replacements != replacements:
                raise Replaced
    return done.result
