"""The feed's decisions against a model of the server, in any order of events."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

import pytest
from attrs import define, field, frozen
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nakama_client.protocol.catchup import CatchUp, Deliver, Fetch, WaitForEvent
from nakama_client.protocol.delivery_log import AcknowledgementState, DeliveryLog

pytestmark = pytest.mark.slow

OVERLAP_WINDOW = 30.0
CHECK = 60.0
PAGE = 3
SENDERS = ("ann", "ben", "")

Position = tuple[float, str]


@frozen
class Sent:
    """A notification; `turn` counts what its sender did."""

    id: str
    sender_id: str
    turn: int
    persistent: bool = True


@define
class Transaction:
    began: float
    items: list[Sent]


@define
class Server:
    """Stores notifications as Nakama's database does, and sends frames to one connection."""

    now: float = 1000.0
    is_connected: bool = False
    rows: dict[Position, Sent] = field(factory=dict)
    open: dict[str, Transaction] = field(factory=dict)
    wire: list[list[Sent]] = field(factory=list)

    def commit(self, sender: str) -> None:
        transaction = self.open.pop(sender)
        for item in transaction.items:
            self.rows[transaction.began, item.id] = item
        self.push(transaction.items)

    def push(self, items: list[Sent]) -> None:
        if self.is_connected:
            self.wire.append(items)

    def page(self, cursor: str) -> tuple[list[Sent], str]:
        after: Position = (0.0, "")
        if cursor:
            time, _, last = cursor.partition("/")
            after = (float(time), last)
        positions = sorted(each for each in self.rows if each > after)[:PAGE]
        end = f"{positions[-1][0]!r}/{positions[-1][1]}" if positions else cursor or "0.0/"
        return [self.rows[each] for each in positions], end


class Feed(RuleBasedStateMachine):
    """One feed of one user; each rule is something that may happen next."""

    mode: ClassVar[str] = "auto"

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.random = Random(0)
        self.turns = dict.fromkeys(SENDERS, 0)
        self.saved: str | None = None
        self.sent: dict[str, Sent] = {}
        self.deleted: set[str] = set()
        self.unacknowledged: list[Sent] = []
        self.delivered: list[Sent] = []
        self.this_life: list[str] = []
        self.may_repeat: set[str] = set()
        self.may_be_late: set[str] = set()
        self.start()

    def start(self) -> None:
        state = (
            AcknowledgementState.ACKNOWLEDGED
            if self.mode == "delete"
            else AcknowledgementState.DONE
        )
        log = DeliveryLog(self.saved, overlap_window=OVERLAP_WINDOW, state=state)
        self.feed: CatchUp[Sent] = CatchUp(
            log,
            limit=100,
            check_interval=CHECK,
            random=self.random.random,
            pause=lambda backfills: min(8.0, 0.25 * 2.0**backfills) * self.random.random(),
        )
        self.answer: tuple[Fetch, list[Sent], str] | None = None

    @rule(sender=st.sampled_from(SENDERS), count=st.integers(1, 3))
    def begin(self, sender: str, count: int) -> None:
        if sender in self.server.open:
            self.server.commit(sender)
        self.turns[sender] += 1
        ids = [f"{self.random.getrandbits(32):08x}" for _ in range(count)]
        items = [Sent(each, sender, self.turns[sender]) for each in ids]
        self.sent |= {item.id: item for item in items}
        self.server.now += 0.001
        self.server.open[sender] = Transaction(self.server.now, items)

    @rule(sender=st.sampled_from(SENDERS), count=st.integers(1, 3))
    def send(self, sender: str, count: int) -> None:
        self.begin(sender, count)
        self.server.commit(sender)

    @precondition(lambda self: self.server.open)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        self.server.commit(data.draw(st.sampled_from(sorted(self.server.open))))

    @rule(sender=st.sampled_from(SENDERS))
    def send_transient(self, sender: str) -> None:
        turn = self.turns[sender]
        self.server.push([Sent(f"{self.random.getrandbits(32):08x}", sender, turn, False)])

    @precondition(lambda self: self.server.wire)
    @rule()
    def arrive(self) -> None:
        for item in self.server.wire.pop(0):
            self.feed.received(item)

    @precondition(lambda self: self.server.wire)
    @rule()
    def arrive_twice(self) -> None:
        frame = self.server.wire[0]
        if all(item.persistent for item in frame):
            self.server.wire.insert(0, frame)
        self.arrive()

    @precondition(lambda self: self.server.wire)
    @rule()
    def garble(self) -> None:
        frame = self.server.wire.pop(0)
        if not self.feed.is_live:
            # The backfill goes on to its end; what it has passed is found by the next one. What it
            # has not passed has no place among those that wait for its end.
            self.may_be_late |= {item.id for item in frame}
        self.feed.missed()

    @precondition(lambda self: self.server.is_connected)
    @rule()
    def drop(self) -> None:
        self.server.is_connected = False
        self.server.wire.clear()
        self.feed.disconnected()

    @precondition(lambda self: not self.server.is_connected)
    @rule()
    def connect(self) -> None:
        self.server.is_connected = True
        self.feed.connected()

    @precondition(lambda self: self.server.rows)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        position = data.draw(st.sampled_from(sorted(self.server.rows)))
        self.deleted.add(self.server.rows.pop(position).id)

    @rule(seconds=st.sampled_from([0.5, 10.0, 29.0, 90.0]))
    def pass_time(self, seconds: float) -> None:
        for sender, transaction in list(self.server.open.items()):
            if self.server.now + seconds - transaction.began >= OVERLAP_WINDOW:
                self.server.commit(sender)
        self.server.now += seconds

    @precondition(lambda self: self.mode == "manual" or not self.unacknowledged)
    @rule()
    def step(self) -> None:
        self.take_step()

    @precondition(lambda self: self.mode == "manual" or not self.unacknowledged)
    @rule()
    def some_steps(self) -> None:
        for _ in range(5):
            self.answer_arrives()
            self.take_step()
            if self.unacknowledged and self.mode != "manual":
                self.handle(0)

    def take_step(self) -> bool:
        step = self.feed.next(self.server.now)
        if isinstance(step, Deliver):
            self.see(step.item)
        elif isinstance(step, Fetch):
            if step.cursor != self.feed.log.cursor:
                # A backfill of several pages relies on that what was sent before a page was read
                # has arrived when the page comes.
                while self.server.wire:
                    self.arrive()
            self.answer = (step, *self.server.page(step.cursor))
        return not isinstance(step, WaitForEvent)

    def see(self, item: Sent) -> None:
        if item.persistent:
            assert item.id not in self.this_life, "delivered twice"
            assert item.id not in {each.id for each in self.delivered} - self.may_repeat
            self.this_life.append(item.id)
            self.unacknowledged.append(item)
            self.check_order(item)
        self.delivered.append(item)

    def check_order(self, item: Sent) -> None:
        if item.id in self.deleted | self.may_repeat | self.may_be_late:
            return
        for each in self.delivered:
            if each.sender_id == item.sender_id and each.id not in self.may_be_late:
                assert each.turn <= item.turn, "out of order"

    @precondition(lambda self: self.answer)
    @rule()
    def answer_arrives(self) -> None:
        if self.answer is not None:
            fetch, items, cursor = self.answer
            self.answer = None
            again = self.feed.fetched(fetch, items, cursor, self.server.now)
            if self.mode == "delete":
                for each in again:
                    self.delete_handled(each)

    @precondition(lambda self: self.answer)
    @rule()
    def answer_is_lost(self) -> None:
        assert self.answer is not None
        self.feed.failed(self.answer[0], self.server.now)
        self.answer = None

    @precondition(lambda self: self.unacknowledged)
    @rule(data=st.data(), is_deleted=st.booleans())
    def handle_one(self, data: st.DataObject, is_deleted: bool) -> None:
        self.handle(data.draw(st.integers(0, len(self.unacknowledged) - 1)), is_deleted)

    def handle(self, index: int, is_deleted: bool = True) -> None:
        item = self.unacknowledged.pop(index)
        if self.mode == "delete":
            self.feed.log.move(item.id, AcknowledgementState.ACKNOWLEDGED)
            self.saved = self.feed.log.save()
            if is_deleted:
                self.delete_handled(item.id)
        else:
            self.feed.log.move(item.id, AcknowledgementState.DONE)
            self.saved = self.feed.log.save()

    def delete_handled(self, item_id: str) -> None:
        self.server.rows = {
            position: item for position, item in self.server.rows.items() if item.id != item_id
        }
        self.deleted.add(item_id)
        self.feed.log.move(item_id, AcknowledgementState.DONE)

    @rule()
    def restart(self) -> None:
        self.server.is_connected = False
        self.server.wire.clear()
        self.may_repeat |= {item.id for item in self.unacknowledged}
        self.unacknowledged.clear()
        self.this_life.clear()
        self.start()

    @invariant()
    def memory_is_bounded(self) -> None:
        assert self.feed.log.delivered == len(self.unacknowledged)
        assert 0 <= self.feed.log.unlisted <= len(self.feed.log)

    def teardown(self) -> None:
        for sender in list(self.server.open):
            self.server.commit(sender)
        if not self.server.is_connected:
            self.connect()
        for _ in range(2):
            while self.server.wire:
                self.arrive()
            self.run_dry()
            self.server.now += 2 * CHECK
        seen = {item.id for item in self.delivered}
        assert set(self.sent) - self.deleted <= seen, "lost"
        if self.mode == "delete":
            assert not self.server.rows, "not deleted"
        # With nothing new, two checks bring the position to the end of the list.
        self.run_dry()
        self.server.now += 2 * CHECK
        self.run_dry()
        assert len(self.feed.log) == 0, "remembers more than it needs"

    def run_dry(self) -> None:
        for _ in range(10_000):
            while self.unacknowledged:
                self.handle(0)
            self.answer_arrives()
            if not self.take_step():
                return
        raise AssertionError("the feed never waits")


class ManualFeed(Feed):
    mode = "manual"


class WorkQueue(Feed):
    mode = "delete"


def case(machine: type[Feed]) -> Callable[..., Any]:
    test = machine.TestCase
    test.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
    return test


TestFeed = case(Feed)
TestManualFeed = case(ManualFeed)
TestWorkQueue = case(WorkQueue)
