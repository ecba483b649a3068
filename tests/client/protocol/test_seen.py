"""What a feed remembers, and for how long."""

import json

import pytest

from nakama_client import ArgumentError
from nakama_client.protocol.seen import WINDOW, Seen, Stage

LOOK_BACK = 30.0


def seen(saved: str | None = None, *, stage: Stage = Stage.DONE) -> Seen:
    return Seen(saved, look_back=LOOK_BACK, stage=stage)


def handle(memory: Seen, *ids: str, now: float = 0.0) -> None:
    for each in ids:
        memory.deliver(each, now)
        memory.move(each, Stage.DONE)


def walk(memory: Seen, *pages: list[str], now: float) -> list[str]:
    """Go through a list of pages, each with the cursor "after <last id>"."""
    memory.begin_walk(now)
    again = []
    for page in pages:
        again += memory.list_page(page, f"after {page[-1]}")
    memory.list_page([], "the end")
    memory.end_walk()
    return again


def test_the_position_follows_after_the_window_has_passed() -> None:
    memory = seen()
    handle(memory, "a", "b", now=100.0)
    walk(memory, ["a", "b"], now=129.9)
    assert (memory.cursor, len(memory)) == ("", 2)
    walk(memory, ["a", "b"], now=130.0)
    assert (memory.cursor, len(memory)) == ("after b", 0)
    assert "a" in memory, "a frame of it may still be on its way"


def test_the_last_item_of_a_page_decides() -> None:
    memory = seen()
    handle(memory, "a", now=100.0)
    handle(memory, "b", now=120.0)
    walk(memory, ["a", "b"], now=140.0)
    assert memory.cursor == ""
    walk(memory, ["a"], ["b"], now=140.0)
    assert memory.cursor == "after a"
    assert len(memory) == 1


def test_what_is_not_handled_holds_the_position() -> None:
    memory = seen()
    memory.deliver("a", 0.0)
    handle(memory, "b")
    walk(memory, ["a", "b"], now=1000.0)
    assert (memory.cursor, memory.delivered) == ("", 1)
    memory.move("a", Stage.HANDLED)
    assert (memory.cursor, memory.delivered) == ("", 0)
    memory.move("a", Stage.DONE)
    assert memory.cursor == "after b"


def test_what_was_never_delivered_holds_the_position() -> None:
    memory = seen()
    handle(memory, "b")
    walk(memory, ["a", "b"], now=1000.0)
    assert memory.cursor == ""


def test_a_long_list_does_not_fill_the_memory() -> None:
    memory = seen()
    memory.begin_walk(0.0)
    for number in range(50):
        ids = [f"{number}/{each}" for each in range(100)]
        memory.list_page(ids, f"page {number}")
        handle(memory, *ids)
        assert len(memory) <= WINDOW + 100
    assert memory.cursor == "page 39"
    assert len(memory) == WINDOW


def test_what_was_deleted_is_forgotten_in_time() -> None:
    memory = seen()
    handle(memory, "a", "b", now=100.0)
    walk(memory, ["b"], now=110.0)
    assert len(memory) == 2, "it may be too young to be visible"
    assert memory.unlisted == 1
    walk(memory, ["b"], now=131.0)
    assert len(memory) == 0
    assert memory.unlisted == 0


def test_a_restart_goes_on() -> None:
    memory = seen()
    handle(memory, "a", "b", now=100.0)
    memory.deliver("c", 100.0)
    memory.move("unknown", Stage.DONE)
    again = seen(memory.save())
    assert ("a" in again, "b" in again, "c" in again) == (True, True, False)
    assert again.unlisted == 2
    assert walk(again, ["a", "b"], now=131.0) == ["a", "b"]
    assert json.loads(again.save()) == {"cursor": "after b", "seen": {}}
    assert seen(again.save()).cursor == "after b"


def test_what_a_work_queue_left_undone_is_met_again() -> None:
    memory = seen(stage=Stage.HANDLED)
    memory.deliver("a", 0.0)
    memory.move("a", Stage.HANDLED)
    again = seen(memory.save(), stage=Stage.HANDLED)
    assert walk(again, ["a"], now=1000.0) == ["a"]
    assert again.cursor == ""
    again.move("a", Stage.DONE)
    assert again.cursor == "after a"


@pytest.mark.parametrize("text", ["", "[]", '{"cursor": 5}', '{"seen": ["a"]}', "\x00", "{" * 9999])
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ArgumentError, match="stored position"):
        seen(text)
