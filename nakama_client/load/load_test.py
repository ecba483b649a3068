"""The objects that the players of a process share: loop, clients, delivery tracker."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol
from weakref import WeakKeyDictionary

import gevent
from locust.env import Environment

from nakama_client.client import Client
from nakama_client.disconnect import DisconnectReason
from nakama_client.events.flag import Flag
from nakama_client.load.delivery import DeliveryTracker
from nakama_client.load.loop import GreenletLoop
from nakama_client.load.numbers import PlayerNumbers
from nakama_client.load.operations import operation_name
from nakama_client.session import Session

if TYPE_CHECKING:
    from nakama_client.events.exchanges import Exchange

_POLL_SECONDS = 0.05
_QUIET_SECONDS = 1.0
_SETTLE_SECONDS = 10.0  # the SDK's timeout of a call


class DeliveryProblem(Exception):
    """A message was missed, repeated or out of order; Locust lists it among the failures."""


class ConnectedPlayer(Protocol):
    """A player whose socket is open, as the others of the process know them.

    Attributes:
        session: Their session.
        rooms: The ids of the chat rooms that they have joined, by their names.
        up_to_date: Set while their feed has listed all that came.
    """

    session: Session
    rooms: dict[str, str]
    up_to_date: Flag

    def lose_connection(self) -> None:
        """Cut the socket, as a network that fails does."""


class LoadTest:
    """The shared part of a process, one for each Locust environment.

    Args:
        environment: Locust's.

    Attributes:
        loop: Runs the coroutines of all players.
        deliveries: Counts the messages.
        players: Those who are connected.
        sending: How many messages are being sent.
        is_settling: Whether the test ends, and only what is under way may still arrive.
    """

    _all: ClassVar[WeakKeyDictionary[Environment, LoadTest]] = WeakKeyDictionary()

    def __init__(self, environment: Environment) -> None:
        self.loop = GreenletLoop()
        self.deliveries = DeliveryTracker(_run_name(environment))
        self.players: list[ConnectedPlayer] = []
        self.sending = 0
        self.is_settling = False
        self._slowest = 0.0  # seconds that a message took
        self._environment = environment
        self._clients: dict[object, Client] = {}
        self._numbers = PlayerNumbers.of(environment)

    @classmethod
    def of(cls, environment: Environment) -> LoadTest:
        """The shared part of an environment, made when it is first asked for."""
        found = cls._all.get(environment)
        if found is None:
            found = cls._all[environment] = cls(environment)
        return found

    @classmethod
    def existing(cls, environment: Environment) -> LoadTest | None:
        """The shared part of an environment, if one of its players was made."""
        return cls._all.get(environment)

    def begin(self) -> None:
        """Another test begins in this process, as in Locust's web page: count from zero."""
        self.is_settling = False
        self._slowest = 0.0
        self.deliveries.reset()

    @property
    def worker(self) -> str:
        """Names this process among those of this run."""
        index = getattr(self._environment.runner, "worker_index", 0)
        return f"{_run_name(self._environment)}-{max(0, index)}"

    def next_number(self) -> int:
        """The number of a new player, which no other has, in no worker."""
        return self._numbers.next()

    def share(self, key: object, client: Client) -> Client:
        """Measure a client's calls, and keep it for all players of a class."""
        client.on_exchange(self._exchanged)
        self._clients[key] = client
        return client

    def shared(self, key: object) -> Client | None:
        """The client of a class of players."""
        return self._clients.get(key)

    def record(
        self, kind: str, name: str, seconds: float | None, error: BaseException | None = None
    ) -> None:
        """Add a line to Locust's statistics.

        Args:
            kind: Locust's type: HTTP, SOCKET, DELIVERY or TASK.
            name: The line's name.
            seconds: How long it took; None when it has no duration: it is counted only.
            error: What failed.
        """
        self._environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=None if seconds is None else seconds * 1000,
            response_length=0,
            exception=error,
            context={},
        )

    def received(self, recipient: str, content: dict[str, object]) -> None:
        """A player has received something; count it when it has a marker of this run."""
        receipt = self.deliveries.received(recipient, content)
        if receipt is None or receipt.outcome == "unexpected":
            return
        is_good = receipt.outcome == "delivered"
        self._slowest = max(self._slowest, receipt.latency or 0.0)
        error = None if is_good else DeliveryProblem(receipt.outcome)
        self.record("DELIVERY", receipt.kind, receipt.latency, error)

    def leave(self, recipient: str) -> None:
        """A player has stopped. At the end all do, and what has not arrived by then is missed."""
        if not self.is_settling:
            self.deliveries.leave(recipient)

    def disconnected(self, reason: DisconnectReason) -> None:
        """A player's socket has closed."""
        is_wanted = reason.closed_by == "client" and reason.cause == "closed"
        text = f"{reason.cause} (by the {reason.closed_by})"
        self.record("SOCKET", "close", None, None if is_wanted else DisconnectProblem(text))

    def settle(self) -> None:
        """Expect nothing new, and wait until what is under way has arrived.

        That is until all has, or all is sent and nothing came for a second, or for as long as the
        slowest message took; after ten seconds in any case.
        """
        self.is_settling = True
        waited = quiet = 0.0
        arrived = self._arrived()
        longest = max(_QUIET_SECONDS, self._slowest)
        while self.deliveries.outstanding and waited < _SETTLE_SECONDS and quiet < longest:
            gevent.sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS
            is_quiet = self._arrived() == arrived and not self.sending
            quiet = quiet + _POLL_SECONDS if is_quiet else 0.0
            arrived = self._arrived()

    def close(self) -> None:
        """Close the clients and the loop; calling it again does nothing."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            self.loop.run(client.close())
        self.loop.close()

    def _arrived(self) -> int:
        return sum(each.delivered for each in self.deliveries.counts.values())

    def _exchanged(self, exchange: Exchange) -> None:
        if exchange.method == "socket":
            self.record("SOCKET", exchange.path, exchange.seconds, exchange.error)
        elif exchange.path == "/ws":
            self.record("SOCKET", "connect", exchange.seconds, exchange.error)
        else:
            name = operation_name(exchange.method, exchange.path)
            self.record("HTTP", name, exchange.seconds, exchange.error)


class DisconnectProblem(Exception):
    """A socket was closed by someone else; Locust lists it among the failures."""


def _run_name(environment: Environment) -> str:
    return str(getattr(environment.parsed_options, "delivery_run", ""))
