"""Signals between features: the sender does not know the receivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Signal(Generic[T]):
    """One kind of event between features.

    Receivers run at once, in the order in which they were connected. They are plain functions that
    neither block nor raise: longer work they start and do later.
    """

    def __init__(self) -> None:
        self._receivers: list[Callable[[T], None]] = []

    def connect(self, receiver: Callable[[T], None]) -> None:
        """Call `receiver` with each value from now on."""
        self._receivers.append(receiver)

    def send(self, value: T) -> None:
        """Call every receiver."""
        for receiver in self._receivers:
            receiver(value)
