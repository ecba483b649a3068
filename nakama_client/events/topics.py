"""Which handlers, subscriptions and observers get which events; it outlives the connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from nakama_client.errors import NakamaError, UnreadableItem
from nakama_client.events.dispatcher import EventDispatcher
from nakama_client.events.handlers import Function, Handler, Handlers
from nakama_client.events.subscription import Subscription, Subscriptions
from nakama_client.events.unreadable import UnreadableItems
from nakama_client.protocol.codec import DECODE_ERRORS
from nakama_client.protocol.envelopes import Event, beginning_of, malformed

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Observer(Protocol[T_contra]):
    """Gets every event of a kind, and learns of each moment in which some may be missed.

    The socket's reader calls these methods in the order of events; they must be quick.
    """

    def received(self, event: T_contra) -> None:
        """An event came."""

    def received_unreadable(self, item: UnreadableItem) -> None:
        """An event came that can't be read; it was reported."""

    def missed(self) -> None:
        """A frame came that can't be read; it may have held events."""

    def connected(self) -> None:
        """The server sends events from now on."""

    def disconnected(self) -> None:
        """The connection is lost; from now on events are missed."""

    def ended(self, error: NakamaError | None) -> None:
        """The socket is closed, and stays so; without error when we closed it."""


class _Topic(Generic[T]):
    """Who gets one kind of event."""

    __slots__ = (
        "beginning",
        "decode",
        "event",
        "events_in",
        "handlers",
        "observers",
        "subscriptions",
    )

    def __init__(self, event: Event[T]) -> None:
        self.event = event
        self.beginning, self.decode = event.lone.beginning, event.lone.decoder.decode
        self.events_in = event.events_in
        self.handlers: Handlers[T] = Handlers()
        self.observers: tuple[Observer[T], ...] = ()
        self.subscriptions: Subscriptions[T] = Subscriptions()


class Topics:
    """Hands events to those who get them.

    Attributes:
        queue_limit: How many events may wait in a subscription.
        latest: The member of the last frame of `publish_frame`.
        has_woken: Whether what came at once may have woken somebody, who goes on before a handler
            is called for the rest of it.
        is_served: Whether the socket is connected, or is about to be.
        unreadable_items: Reports what can't be read.
    """

    __slots__ = (
        "_dispatcher",
        "_latest",
        "_own",
        "_topics",
        "has_woken",
        "is_served",
        "latest",
        "queue_limit",
        "unreadable_items",
    )

    def __init__(self, dispatcher: EventDispatcher, *, queue_limit: int) -> None:
        self._dispatcher = dispatcher
        self.queue_limit = queue_limit
        self._topics: dict[bytes, _Topic[Any]] = {}  # by how their frames begin
        self._latest: _Topic[Any] | None = None
        self.latest = ""
        self.has_woken = False
        # What the socket tells of itself, without a frame.
        self._own: list[Subscriptions[Any]] = [dispatcher.errors]
        self.is_served: Callable[[], bool] = lambda: False
        self.unreadable_items = UnreadableItems(dispatcher)

    def on(self, event: Event[T], function: Function[T]) -> Handler[T]:
        """Call a function with each event of a kind."""
        return self._topic(event).handlers.add(function)

    def subscribe(self, event: Event[T]) -> Subscription[T]:
        """Collect the events of a kind for an `async for`."""
        return self.subscribe_to(self._topic(event).subscriptions)

    def subscribe_to(self, subscriptions: Subscriptions[T]) -> Subscription[T]:
        """Collect the events that go to these subscriptions."""
        report = None if subscriptions is self._dispatcher.errors else self._dispatcher.report
        subscription: Subscription[T] = Subscription(
            self.queue_limit, report, lambda: self.is_served()
        )
        subscriptions.add(subscription)
        return subscription

    def add_own(self) -> Subscriptions[T]:
        """The subscriptions to a kind of event that comes in no frame; they end as the others."""
        own: Subscriptions[T] = Subscriptions()
        self._own.append(own)
        return own

    def observe(self, event: Event[T], observer: Observer[T]) -> None:
        """Add an observer, until `forget`."""
        topic = self._topic(event)
        topic.observers = (*topic.observers, observer)

    def forget(self, event: Event[T], observer: Observer[T]) -> None:
        """Remove an observer."""
        topic = self._topic(event)
        topic.observers = tuple(each for each in topic.observers if each is not observer)

    def publish(self, member: str, raw: msgspec.Raw) -> int:
        """Hand on the events in a member of a frame; returns how many there were."""
        topic = self._topics.get(beginning_of(member))
        if topic is None:
            return 0
        try:
            events, unreadable = topic.event.read(raw)
        except DECODE_ERRORS as error:
            self._dispatcher.report(malformed(str(error), raw))
            for observer in topic.observers:
                observer.missed()
            return 1
        self._hand_on(topic, events)
        for item in unreadable:
            self.unreadable_items.report(item)
            for observer in topic.observers:
                observer.received_unreadable(item)
        return len(events) + len(unreadable)

    def publish_frame(self, frame: bytes) -> int | None:
        """Hand on the events of a frame, in which there is nothing else; returns how many.

        Nearly each event comes so. Such a frame is read in one step, which takes two thirds of the
        time. Any other frame is left alone, and None is returned.
        """
        topic = self._latest
        if topic is None or not frame.startswith(topic.beginning):
            topic = self._topics.get(frame[: frame.find(b":") + 1])
            if topic is None:
                return None
            self._latest, self.latest = topic, topic.event.member
        try:
            events = topic.events_in(topic.decode(frame).body)
        except DECODE_ERRORS:
            return None
        if len(events) != 1 or self.has_woken or topic.observers or topic.subscriptions.all:
            self._hand_on(topic, events)
        else:
            self._dispatcher.call(topic.handlers, events[0])
        return len(events)

    def _hand_on(self, topic: _Topic[T], events: Sequence[T]) -> None:
        self.has_woken = True
        dispatcher, handlers = self._dispatcher, topic.handlers
        for event in events:
            if handlers.all:
                dispatcher.post(handlers, event)
            for observer in topic.observers:
                observer.received(event)
            if topic.subscriptions.all:
                topic.subscriptions.publish(event)

    def missed(self) -> None:
        """A frame can't be read."""
        for observer in self._observers():
            observer.missed()

    def connected(self) -> None:
        """A connection is open, and the server knows it."""
        for observer in self._observers():
            observer.connected()

    def disconnected(self) -> None:
        """The connection is lost."""
        for observer in self._observers():
            observer.disconnected()

    def wake(self) -> None:
        """Let those who iterate look whether the socket is still served."""
        for subscriptions in self._subscriptions():
            subscriptions.wake()

    def end(self, error: NakamaError | None) -> None:
        """The socket is closed, and stays so."""
        for observer in self._observers():
            observer.ended(error)
        for subscriptions in self._subscriptions():
            subscriptions.end(error)

    def _topic(self, event: Event[T]) -> _Topic[T]:
        return self._topics.setdefault(event.lone.beginning, _Topic(event))

    def _subscriptions(self) -> list[Subscriptions[Any]]:
        found = [each for each in self._own if each.all]
        found += [each.subscriptions for each in self._topics.values() if each.subscriptions.all]
        return found

    def _observers(self) -> list[Observer[Any]]:
        return [observer for topic in self._topics.values() for observer in topic.observers]
