"""The notification feed for a game loop."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable

from nakama_client.features.notifications import Notification
from nakama_client.feed import NotificationFeed
from nakama_client.feed_settings import Acknowledge
from nakama_client.game.delegation import Facade, call
from nakama_client.game.handle import Handle
from nakama_client.game.pump import Pump
from nakama_client.protocol.rules import check_plain_function

_AHEAD = 64  # notifications that wait for `poll`, so that one frame can handle many


class GameFeed(Facade[NotificationFeed]):
    """A player's notifications, each persistent one once. `client.notifications` makes it."""

    def __init__(self, target: NotificationFeed, pump: Pump, acknowledge: Acknowledge) -> None:
        super().__init__(target, pump)
        self._acknowledge = acknowledge

    @property
    def is_live(self) -> bool:
        """Whether it has caught up, so that notifications are delivered as they are sent."""
        return self._target.is_live

    @property
    def dropped(self) -> int:
        """How many transient notifications were dropped because they were polled too slowly."""
        return self._target.dropped

    def run(self, function: Callable[[Notification], object]) -> Handle[None]:
        """Open the feed, and let `poll` call a function with each notification until it closes.

        Up to 64 notifications are fetched ahead of `poll`. When the function raises, `on_error`
        gets the error, and the notification is not acknowledged: it comes again after a restart.
        The feed continues; with `acknowledge="delete"` it ends.

        Returns:
            A handle that is done when the feed has ended; it raises what ended it. Cancelling it
            stops the feed.
        """
        check_plain_function("function", function)
        return Handle(self._pump.submit(lambda: self._run(function)), self._pump)

    open = call(NotificationFeed.open)
    close = call(NotificationFeed.close)
    acknowledge = call(NotificationFeed.acknowledge)
    forget = call(NotificationFeed.forget)
    flush = call(NotificationFeed.flush)

    async def _run(self, function: Callable[[Notification], object]) -> None:
        async with self._target as feed:
            if self._acknowledge == "delete":
                async for notification in feed:
                    await self._pump.run(functools.partial(function, notification))
                return
            ahead = asyncio.Semaphore(_AHEAD)
            async with asyncio.TaskGroup() as group:
                async for notification in feed:
                    await ahead.acquire()
                    group.create_task(self._handle(function, notification, ahead))

    async def _handle(
        self,
        function: Callable[[Notification], object],
        notification: Notification,
        ahead: asyncio.Semaphore,
    ) -> None:
        try:
            await self._pump.run(functools.partial(function, notification))
        except Exception as error:
            self._pump.enqueue(functools.partial(self._pump.report, error))
        else:
            if self._acknowledge == "auto":
                await self._target.acknowledge(notification)
        finally:
            ahead.release()
