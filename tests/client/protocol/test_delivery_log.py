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


def test_position_moves_after_the_overlap_window() -> None:
    log = new_log()
    handle(log, "a", "b", now=100.0)
    backfill(log, ["a", "b"], now=129.9)
    assert (log.cursor, len(log)) == ("", 2)
    backfill(log, ["a", "b"], now=130.0)
    assert (log.cursor, len(log)) == ("after b", 0)
    assert "a" in log, "a frame of it may still be on its way"


def test_position_moves_past_a_page_by_its_last_item() -> None:
    log = new_log()
    handle(log, "a", now=100.0)
    handle(log, "b", now=120.0)
    backfill(log, ["a", "b"], now=140.0)
    assert log.cursor == ""
    backfill(log, ["a"], ["b"], now=140.0)
    assert log.cursor == "after a"
    assert len(log) == 1


def test_unacknowledged_items_hold_the_position() -> None:
    log = new_log()
    log.deliver("a", 0.0)
    handle(log, "b")
    backfill(log, ["a", "b"], now=1000.0)
    assert (log.cursor, log.delivered) == ("", 1)
    log.move("a", AcknowledgementState.ACKNOWLEDGED)
    assert (log.cursor, log.delivered) == ("", 0)
    log.move("a", AcknowledgementState.DONE)
    assert log.cursor == "after b"


def test_undelivered_items_hold_the_position() -> None:
    log = new_log()
    handle(log, "b")
    backfill(log, ["a", "b"], now=1000.0)
    assert log.cursor == ""


def test_log_is_bounded_in_a_long_list() -> None:
    log = new_log()
    log.begin_backfill(0.0)
    for number in range(50):
        ids = [f"{number}/{each}" for each in range(100)]
        log.list_page(ids, f"page {number}")
        handle(log, *ids)
        assert len(log) <= CAPACITY + 100
    assert log.cursor == "page 39"
    assert len(log) == CAPACITY


def test_deleted_items_are_forgotten_after_the_window() -> None:
    log = new_log()
    handle(log, "a", "b", now=100.0)
    backfill(log, ["b"], now=110.0)
    assert len(log) == 2, "it may be too young to be visible"
    assert log.unlisted == 1
    backfill(log, ["b"], now=131.0)
    assert len(log) == 0
    assert log.unlisted == 0


def test_saved_log_resumes_after_a_restart() -> None:
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


def test_acknowledged_items_are_listed_again_until_done() -> None:
    log = new_log(state=AcknowledgementState.ACKNOWLEDGED)
    log.deliver("a", 0.0)
    log.move("a", AcknowledgementState.ACKNOWLEDGED)
    again = new_log(log.save(), state=AcknowledgementState.ACKNOWLEDGED)
    assert backfill(again, ["a"], now=1000.0) == ["a"]
    assert again.cursor == ""
    again.move("a", AcknowledgementState.DONE)
    assert again.cursor == "after a"


@pytest.mark.parametrize("text", ["", "[]", '{"cursor": 5}', '{"seen": ["a"]}', "\x00", "{" * 9999])
def test_log_raises_for_text_that_it_cannot_read(text: str) -> None:
    with pytest.raises(ArgumentError, match="stored position"):
        new_log(text)
