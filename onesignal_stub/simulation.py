"""Simulated devices: they receive pushes, and people open or dismiss them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from attrs import frozen

from onesignal_stub.features.outcomes.core import CLICK, CONFIRMED_DELIVERY, Outcomes
from onesignal_stub.sent_pushes import STOPPED, Push, SentPushes
from onesignal_stub.webhooks import Webhooks
from server_kit import Clock, InLoop, ServerNotRunning, Store
from server_kit.web import EventStream

_NEXT = (
    "SELECT d.number FROM deliveries d JOIN notifications n ON n.number = d.notification"
    " JOIN subscriptions s ON s.number = d.subscription"
    " WHERE s.id = ? AND d.received_at IS NULL AND NOT d.hidden AND d.sent_at + n.ttl > ?"
    " AND NOT EXISTS (SELECT 1 FROM deliveries newer"
    "   JOIN notifications other ON other.number = newer.notification"
    "   WHERE newer.subscription = d.subscription AND newer.number > d.number"
    "   AND other.collapse_id = n.collapse_id)"
    " ORDER BY d.number LIMIT 1"
)


@frozen
class PushChange:
    """A change of a push on a device, as `GET /_control/events` sends it.

    Attributes:
        id: The push.
        notification_id: Its notification.
        player_id: The device.
        external_user_id: Its user, as the backend calls it.
        change: `received`, `opened` or `dismissed`.
        action_id: For `opened`: the button; "" for the message itself.
    """

    id: int
    notification_id: str
    player_id: str
    external_user_id: str | None
    change: str
    action_id: str | None = None


class Simulation:
    """Receiving, opening and dismissing pushes.

    Args:
        store: The tables.
        clock: The stub's time.
        pushes: The pushes that were sent.
        outcomes: Where confirmed deliveries and clicks are counted.
        webhooks: Where these events are posted.
        events: Where they are published for pages and tests.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        pushes: SentPushes,
        outcomes: Outcomes,
        webhooks: Webhooks,
        events: EventStream,
    ) -> None:
        self._store = store
        self._clock = clock
        self._pushes = pushes
        self._outcomes = outcomes
        self._webhooks = webhooks
        self._events = events
        self._online: dict[str, list[asyncio.Future[int]]] = {}

    def delivered(self, notification: int) -> None:
        """Give a notification that was just sent to the devices that are online."""
        for player_id in list(self._online):
            row = self._store.one(
                "SELECT number FROM deliveries WHERE notification = ? AND received_at IS NULL"
                " AND subscription = (SELECT number FROM subscriptions WHERE id = ?)",
                notification,
                player_id,
            )
            if row is not None:
                self._give(player_id, row["number"])
        self._pushes.notify()

    async def next_for(self, player_id: str) -> Push:
        """Return the next push that a device receives; it is online while it waits for one."""
        row = self._store.one(_NEXT, player_id, self._clock.time())
        if row is not None:
            return self.receive(row["number"])
        waiting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._online.setdefault(player_id, []).append(waiting)
        try:
            # Marked as received only now: if this wait is cancelled, the push still waits.
            return self.receive(await waiting)
        finally:
            self._leave(player_id, waiting)

    def receive(self, push_id: int) -> Push:
        """A device confirms a push; a second time changes nothing.

        Raises:
            LookupError: There is no such push.
        """
        push = self._pushes.get(push_id)
        if push.received_at is not None:
            return push
        self._mark("received_at", push_id)
        self._count(CONFIRMED_DELIVERY, push_id)
        push = self._pushes.get(push_id)
        self._publish("received", push)
        self._webhooks.post("notification.willDisplay", push)
        return push

    def open(self, push_id: int, *, action_id: str = "") -> Push:
        """A person opens a push, by one of its buttons if `action_id` names it.

        Raises:
            LookupError: There is no such push.
        """
        push = self.receive(push_id)
        if push.opened_at is None:
            self._mark("clicked_at", push_id)
            self._store.run(
                "UPDATE delivery_rows SET clicked_on = ? WHERE number = ?", action_id, push_id
            )
            self._count(CLICK, push_id)
            push = self._pushes.get(push_id)
            self._publish("opened", push, action_id)
            self._webhooks.post("notification.clicked", push, action_id=action_id)
        return push

    def dismiss(self, push_id: int) -> Push:
        """A person dismisses a push.

        Raises:
            LookupError: There is no such push.
        """
        push = self.receive(push_id)
        if push.dismissed_at is None:
            self._mark("dismissed_at", push_id)
            push = self._pushes.get(push_id)
            self._publish("dismissed", push)
            self._webhooks.post("notification.dismissed", push)
        return push

    def close(self) -> None:
        """End every wait for a push with ServerNotRunning."""
        for waiting in [future for futures in self._online.values() for future in futures]:
            if not waiting.done():
                waiting.set_exception(ServerNotRunning(STOPPED))

    def _give(self, player_id: str, push_id: int) -> None:
        for waiting in self._online.pop(player_id, []):
            if not waiting.done():
                waiting.set_result(push_id)

    def _leave(self, player_id: str, waiting: asyncio.Future[int]) -> None:
        others = [future for future in self._online.get(player_id, []) if future is not waiting]
        if others:
            self._online[player_id] = others
        else:
            self._online.pop(player_id, None)

    def _publish(self, change: str, push: Push, action_id: str | None = None) -> None:
        event = PushChange(
            push.id, push.notification_id, push.player_id, push.external_user_id, change, action_id
        )
        self._events.publish("push", event)

    def _mark(self, column: str, push_id: int) -> None:
        self._store.run(
            f"UPDATE delivery_rows SET {column} = ? WHERE number = ?", self._clock.time(), push_id
        )

    def _count(self, outcome: str, push_id: int) -> None:
        row = self._store.one(
            "SELECT n.app_id, d.device_type, d.notification FROM deliveries d"
            " JOIN notifications n ON n.number = d.notification WHERE d.number = ?",
            push_id,
        )
        assert row is not None
        self._outcomes.record(
            row["app_id"],
            outcome,
            device_type=row["device_type"],
            attribution="direct",
            notification=row["notification"],
        )


class SimulatedDevice:
    """A phone or browser that receives: `async for push in stub.device(player_id)`.

    It is online while something waits for its next push. Pushes that are sent while it is offline
    wait as they do at Apple's and Google's servers: until their `ttl` has passed, and of those
    with one `collapse_id` only the newest. With `ttl: 0` only a device that is online gets it.

    Attributes:
        player_id: The player, or subscription, that it is.
    """

    def __init__(self, player_id: str, simulation: Simulation, in_loop: InLoop) -> None:
        self.player_id = player_id.lower()
        self._simulation = simulation
        self._in_loop = in_loop

    def __aiter__(self) -> AsyncIterator[Push]:
        return self

    async def __anext__(self) -> Push:
        return await self._in_loop.wait(self._simulation.next_for(self.player_id))

    async def receive(self, *, timeout: float = 5.0) -> Push:
        """Return the next push and confirm that it was received.

        Args:
            timeout: Seconds to wait.

        Raises:
            TimeoutError: None came in time.
            ServerNotRunning: The stub stopped.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._in_loop.wait(self._simulation.next_for(self.player_id))
        except TimeoutError:
            text = f"nothing came for player {self.player_id} within {timeout} s"
            raise TimeoutError(text) from None

    async def open(self, push: Push, *, action_id: str = "") -> Push:
        """The person opens a push; it counts as a click.

        Args:
            push: The push.
            action_id: The button that was tapped; "" for the message itself.

        Returns:
            The push as it is recorded now.
        """

        async def open_it() -> Push:
            return self._simulation.open(push.id, action_id=action_id)

        return await self._in_loop.wait(open_it())

    async def dismiss(self, push: Push) -> Push:
        """The person dismisses a push.

        Returns:
            The push as it is recorded now.
        """

        async def dismiss_it() -> Push:
            return self._simulation.dismiss(push.id)

        return await self._in_loop.wait(dismiss_it())
