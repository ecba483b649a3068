"""What a delivery log remembers, and for how long."""

import json

import pytest

from nakama_client import ArgumentError
from nakama_client.protocol.delivery_log import CAPACITY, AcknowledgementState, DeliveryLog

OVERLAP_WINDOW = 30.0


def new_log(
    saved: str | None = None, *, state: AcknowledgementState = AcknowledgementState.DONE
) -> DeliveryLog:
    return DeliveryLog(saved, overlap_window=OVERLAP_WINDOW, state=state)


def handle(log: DeliveryLog, *ids: str, now: float = 0.0) -> None:
    for each in ids:
        log.deliver(each, now)
        log.move(each, AcknowledgementState.DONE)


def backfill(log: DeliveryLog, *pages: list[str], now: float) -> list[str]:
    """List these pages, each with the cursor "after <last id>"."""
    log.begin_backfill(now)
    again = []
    for page in pages:
        again += log.list_page(page, f"after {page[-1]}")
    log.list_page([], "the end")
    log.end_backfill()
    return again


def test_the_position_follows_after_the_window_has_passed() -> None:
    log = new_log()
    handle(log, "a", "b", now=100.0)
    backfill(log, ["a", "b"], now=129.9)
    assert (log.cursor, len(log)) == ("", 2)
    backfill(log, ["a", "b"], now=130.0)
    assert (log.cursor, len(log)) == ("after b", 0)
    assert "a" in log, "a frame of it may still be on its way"


def test_the_last_item_of_a_page_decides() -> None:
    log = new_log()
    handle(log, "a", now=100.0)
    handle(log, "b", now=120.0)
    backfill(log, ["a", "b"], now=140.0)
    assert log.cursor == ""
    backfill(log, ["a"], ["b"], now=140.0)
    assert log.cursor == "after a"
    assert len(log) == 1


def test_what_is_not_handled_holds_the_position() -> None:
    log = new_log()
    log.deliver("a", 0.0)
    handle(log, "b")
    backfill(log, ["a", "b"], now=1000.0)
    assert (log.cursor, log.delivered) == ("", 1)
    log.move("a", AcknowledgementState.ACKNOWLEDGED)
    assert (log.cursor, log.delivered) == ("", 0)
    log.move("a", AcknowledgementState.DONE)
    assert log.cursor == "after b"


def test_what_was_never_delivered_holds_the_position() -> None:
    log = new_log()
    handle(log, "b")
    backfill(log, ["a", "b"], now=1000.0)
    assert log.cursor == ""


def test_a_long_list_does_not_fill_the_memory() -> None:
    log = new_log()
    log.begin_backfill(0.0)
    for number in range(50):
        ids = [f"{number}/{each}" for each in range(100)]
        log.list_page(ids, f"page {number}")
        handle(log, *ids)
        assert len(log) <= CAPACITY + 100
    assert log.cursor == "page 39"
    assert len(log) == CAPACITY


def test_what_was_deleted_is_forgotten_in_time() -> None:
    log = new_log()
    handle(log, "a", "b", now=100.0)
    backfill(log, ["b"], now=110.0)
    assert len(log) == 2, "it may be too young to be visible"
    assert log.unlisted == 1
    backfill(log, ["b"], now=131.0)
    assert len(log) == 0
    assert log.unlisted == 0


def test_a_restart_goes_on() -> None:
    log = new_log()
    handle(log, "a", "b", now=100.0)
    log.deliver("c", 100.0)
    log.move("unknown", AcknowledgementState.DONE)
    again = new_log(log.save())
    assert ("a" in again, "b" in again, "c" in again) == (True, True, False)
    assert again.unlisted == 2
    assert backfill(again, ["a", "b"], now=131.0) == ["a", "b"]
    assert json.loads(again.save()) == {"cursor": "after b", "seen": {}}
    assert new_log(again.save()).cursor == "after b"


def test_what_a_work_queue_left_undone_is_met_again() -> None:
    log = new_log(state=AcknowledgementState.ACKNOWLEDGED)
    log.deliver("a", 0.0)
    log.move("a", AcknowledgementState.ACKNOWLEDGED)
    again = new_log(log.save(), state=AcknowledgementState.ACKNOWLEDGED)
    assert backfill(again, ["a"], now=1000.0) == ["a"]
    assert again.cursor == ""
    again.move("a", AcknowledgementState.DONE)
    assert again.cursor == "after a"


@pytest.mark.parametrize("text", ["", "[]", '{"cursor": 5}', '{"seen": ["a"]}', "\x00", "{" * 9999])
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ArgumentError, match="stored position"):
        new_log(text)
