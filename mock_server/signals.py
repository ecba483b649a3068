"""What features tell whoever cares: who sends a signal knows none of its receivers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

if TYPE_CHECKING:
    from mock_server.features.notifications.core import Notification

T = TypeVar("T")


@frozen
class DirectMessage:
    """A chat message that was written in a channel of two users.

    Attributes:
        message_id: The message's id.
        channel_id: The channel's id.
        sender_id: Who wrote it.
        sender_username: His name.
        recipient_id: The other one.
        content: JSON text, as it was stored.
    """

    message_id: str
    channel_id: str
    sender_id: str
    sender_username: str
    recipient_id: str
    content: str


class Signal(Generic[T]):
    """One kind of happening. Receivers run at once, in the order in which they were connected.

    They are plain functions that neither block nor raise: what they have to do they do later.
    """

    def __init__(self) -> None:
        self._receivers: list[Callable[[T], None]] = []

    def connect(self, receiver: Callable[[T], None]) -> None:
        """Call `receiver` with each value from now on."""
        self._receivers.append(receiver)

    def send(self, value: T) -> None:
        """Tell every receiver."""
        for receiver in self._receivers:
            receiver(value)


class Signals:
    """The signals of one server.

    Attributes:
        notification_sent: A notification went to one user; it was stored, if it is persistent, and
            has reached his sockets. Those to whoever is connected, and the last words to a socket
            that is closed (-7, -8), are not told.
        direct_message_sent: A message was written in a channel of two users, and has reached those
            who are in it.
    """

    def __init__(self) -> None:
        self.notification_sent: Signal[Notification] = Signal()
        self.direct_message_sent: Signal[DirectMessage] = Signal()
