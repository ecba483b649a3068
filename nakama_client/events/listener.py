"""An observer that is made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from nakama_client.errors import NakamaError, UnreadableItem

T = TypeVar("T")


def _ignore(*_: object) -> None:
    """Nothing is to be done."""


class Listener(Generic[T]):
    """Calls functions with what an `Observer` gets of a kind of event.

    Args:
        received: Takes each event.
        disconnected: Is called when the connection is lost.
        ended: Takes the error, or None, when the socket stays closed.
    """

    def __init__(
        self,
        received: Callable[[T], None],
        *,
        disconnected: Callable[[], None] = _ignore,
        ended: Callable[[NakamaError | None], None] = _ignore,
    ) -> None:
        self.received = received
        self.disconnected = disconnected
        self.ended = ended

    def received_unreadable(self, item: UnreadableItem) -> None:
        """Do nothing: the `on_error` handlers get the item."""

    def missed(self) -> None:
        """Do nothing: the `on_error` handlers get the frame."""

    def connected(self) -> None:
        """Do nothing: the socket restores what the connection before had."""
