"""The matchmaker facade: what a test does with the matchmaker."""

from __future__ import annotations

from collections.abc import Callable

from mock_server.features.matchmaker.core import Matchmaker
from server_kit import InLoop


class MatchmakerFacade:
    """Runs the matchmaker when a test wants it to.

    Args:
        matchmaker: Returns the server's matchmaker; a restart makes a new one.
        in_loop: Awaits in the server's loop.
    """

    def __init__(self, matchmaker: Callable[[], Matchmaker], in_loop: InLoop) -> None:
        self._matchmaker = matchmaker
        self._in_loop = in_loop

    async def process(self) -> None:
        """Do one tick now, as every `matchmaker.interval_sec`, and return when it is done.

        A ticket whose `min_count` is less than its `max_count` accepts fewer players only from its
        second tick on (`matchmaker.max_intervals`).
        """

        async def call() -> None:
            await self._matchmaker().process()

        await self._in_loop.wait(call())
