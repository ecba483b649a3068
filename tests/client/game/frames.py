"""A game's loop, of which each turn shows a frame."""

from __future__ import annotations

import time
from collections.abc import Callable

from nakama_client.game import GameClient


class FrameClock:
    """A display of 240 frames a second whose time passes only with its frames."""

    def __init__(self) -> None:
        self.frame = 0

    @property
    def seconds(self) -> float:
        """What time it is in the game."""
        return self.frame / 240

    def tick(self) -> None:
        """Show a frame; the other threads get their turn, as while a real one is shown."""
        self.frame += 1
        time.sleep(0)


def frames(
    client: GameClient, is_over: Callable[[], bool], clock: FrameClock | None = None
) -> None:
    """Run a game's loop until something is so: one poll a frame."""
    clock = clock or FrameClock()
    while not is_over():
        client.poll()
        clock.tick()
