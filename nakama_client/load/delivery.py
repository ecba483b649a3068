"""Counts whether messages arrive: to whom, how late, once, and in the order of sending.

The sender puts a marker into the message; whoever receives the message hands its content in.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from attrs import define, frozen

from nakama_client.errors import ArgumentError

MARKER = "nakama_load"  # the name of the marker in a message's content

# How far behind the newest message of a sender an older one is still known from a repetition.
_WINDOW = 1024
_SENDERS = 1024  # for each recipient; those that are silent for longest are forgotten

DeliveryOutcome = Literal["delivered", "repeated", "out of order", "unexpected"]


@define
class DeliveryCounts:
    """What became of the messages of one kind; a message to three players counts as three.

    Attributes:
        expected: Those whose arrival was expected.
        delivered: Those of them that arrived, however late.
        repeated: Further arrivals of the same message at the same player.
        out_of_order: Arrivals after a later message of the same sender.
        uncertain: Those whose sending failed; they are not expected, and may have arrived.
        left: Those whose recipient stopped playing before they arrived; they are not expected.
    """

    expected: int = 0
    delivered: int = 0
    repeated: int = 0
    out_of_order: int = 0
    uncertain: int = 0
    left: int = 0

    @property
    def missed(self) -> int:
        """Those that were expected and did not arrive."""
        return max(0, self.expected - self.delivered)

    def add(self, other: DeliveryCounts) -> None:
        """Add another process' counts."""
        self.expected += other.expected
        self.delivered += other.delivered
        self.repeated += other.repeated
        self.out_of_order += other.out_of_order
        self.uncertain += other.uncertain
        self.left += other.left


@frozen
class Arrival:
    """A message with a marker that arrived.

    Attributes:
        kind: What kind of message it is, as its sender called it.
        latency: Seconds from sending to arrival; None when the sender is on another machine, whose
            clock differs.
        outcome: Whether it is the first, a repetition, or overtaken by a later one; `unexpected`
            when this player was not named as a recipient.
    """

    kind: str
    latency: float | None
    outcome: DeliveryOutcome


class _Arrivals:
    """Which messages of one sender have arrived at one player: a window of bits."""

    __slots__ = ("_bits", "_newest")

    def __init__(self) -> None:
        self._newest = -1
        self._bits = 0

    def add(self, number: int) -> DeliveryOutcome:
        """Note a number; say whether it is new, old or known."""
        behind = self._newest - number
        if behind < 0:
            self._bits = ((self._bits << -behind) | 1) & ((1 << _WINDOW) - 1)
            self._newest = number
            return "delivered"
        if behind >= _WINDOW or self._bits >> behind & 1:
            return "repeated"
        self._bits |= 1 << behind
        return "out of order"


class _Recipient:
    """One player who listens."""

    __slots__ = ("arrivals", "expected")

    def __init__(self) -> None:
        # Plain dicts: empty ones are small, and there are thousands of players.
        self.arrivals: dict[tuple[str, str], _Arrivals] = {}  # who was heard last is the last
        self.expected: dict[tuple[str, str, int], None] = {}

    def arrived(self, kind: str, sender: str, number: int) -> DeliveryOutcome:
        arrivals = self.arrivals.pop((kind, sender), None) or _Arrivals()
        self.arrivals[kind, sender] = arrivals
        if len(self.arrivals) > _SENDERS:
            del self.arrivals[next(iter(self.arrivals))]
        return arrivals.add(number)


class DeliveryTracker:
    """Counts the messages between the players of one process, and those of other processes to them.

        tracker = DeliveryTracker()
        tracker.listen(bob.user_id)
        content = tracker.send("gift", ada.user_id, [bob.user_id])   # goes into the message
        ...
        arrival = tracker.received(bob.user_id, notification.content)

    Args:
        run: The name of this run; markers of other runs, such as of notifications that an earlier
            run left stored, are ignored.
        clock: Returns the seconds since 1970.
        machine: Names the machine whose clock that is.

    Attributes:
        counts: The counts of each kind.
    """

    def __init__(
        self,
        run: str = "",
        *,
        clock: Callable[[], float] = time.time,
        machine: str = platform.node(),
    ) -> None:
        self.counts: dict[str, DeliveryCounts] = {}
        self._run = run
        self._clock = clock
        self._machine = machine
        self._numbers: dict[tuple[str, str], int] = {}
        self._recipients: dict[str, _Recipient] = {}

    @property
    def outstanding(self) -> int:
        """How many messages are expected and have not arrived, of all kinds."""
        return sum(each.missed for each in self.counts.values())

    def reset(self) -> None:
        """Forget all counts, what is under way, and who listens."""
        self.counts.clear()
        self._recipients.clear()

    def listen(self, recipient: str) -> None:
        """A player of this process listens from now on."""
        self._recipients.setdefault(recipient, _Recipient())

    def leave(self, recipient: str) -> None:
        """A player of this process has stopped; what still was to arrive is no longer expected."""
        left = self._recipients.pop(recipient, None)
        for kind, _, _ in () if left is None else left.expected:
            counts = self._counts(kind)
            counts.expected -= 1
            counts.left += 1

    def send(self, kind: str, sender: str, recipients: Iterable[str]) -> dict[str, object]:
        """A message is about to be sent: expect it at each of the recipients.

        The messages of one kind that a sender sends one after another count as ordered.

        Args:
            kind: What kind of message it is; statistics go by it.
            sender: The sender's user id.
            recipients: The user ids of all who should receive it, each once.

        Returns:
            The marker, for the message's content.

        Raises:
            ArgumentError: The kind is empty.
        """
        if not kind:
            raise ArgumentError("a kind of messages has a name")
        number = self._numbers[kind, sender] = self._numbers.get((kind, sender), -1) + 1
        counts = self._counts(kind)
        for recipient in set(recipients):
            counts.expected += 1
            listener = self._recipients.get(recipient)
            if listener is not None:
                listener.expected[kind, sender, number] = None
        return {
            MARKER: {
                "run": self._run,
                "kind": kind,
                "sender": sender,
                "number": number,
                "sent": self._clock(),
                "machine": self._machine,
            }
        }

    def failed(self, content: Mapping[str, object], recipients: Iterable[str]) -> None:
        """The sending of a message failed: it is no longer expected where it has not arrived."""
        marker = self._marker(content)
        if marker is None:
            return
        kind, sender, number = marker
        for recipient in set(recipients):
            listener = self._recipients.get(recipient)
            if listener is not None:
                if (kind, sender, number) not in listener.expected:
                    continue
                del listener.expected[kind, sender, number]
            self._counts(kind).expected -= 1
            self._counts(kind).uncertain += 1

    def received(self, recipient: str, content: Mapping[str, object]) -> Arrival | None:
        """A player of this process has received a message.

        Args:
            recipient: The player's user id.
            content: The message's content.

        Returns:
            What it was; None for a message without a marker of this run, and for a player who does
            not listen.
        """
        listener = self._recipients.get(recipient)
        key = self._marker(content)
        if listener is None or key is None:
            return None
        kind, sender, number = key
        outcome = listener.arrived(kind, sender, number)
        counts = self._counts(kind)
        if outcome == "repeated":
            counts.repeated += 1
            return Arrival(kind, None, outcome)
        is_ours = (kind, sender) in self._numbers
        if is_ours and key not in listener.expected:
            return Arrival(kind, None, "unexpected")
        listener.expected.pop(key, None)
        counts.delivered += 1
        if outcome == "out of order":
            counts.out_of_order += 1
        return Arrival(kind, self._latency(content), outcome)

    def _counts(self, kind: str) -> DeliveryCounts:
        return self.counts.setdefault(kind, DeliveryCounts())

    def _latency(self, content: Mapping[str, object]) -> float | None:
        marker = content[MARKER]
        assert isinstance(marker, dict)
        sent = marker.get("sent")
        if marker.get("machine") != self._machine or not isinstance(sent, int | float):
            return None
        return max(0.0, self._clock() - sent)

    def _marker(self, content: Mapping[str, object]) -> tuple[str, str, int] | None:
        """Kind, sender and number of a marker of this run."""
        match content.get(MARKER):
            case {
                "run": self._run,
                "kind": str(kind),
                "sender": str(sender),
                "number": int(number),
            }:
                return (kind, sender, number) if kind and number >= 0 else None
        return None
