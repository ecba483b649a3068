import asyncio

import pytest

from server_kit import Entry, Journal


def entry(name: str, **more: str) -> Entry:
    return Entry(kind="http", name=name, time=0.0, **more)


def test_it_keeps_the_newest_entries() -> None:
    journal = Journal(size=2)
    for name in ("a", "b", "c"):
        journal.write(entry(name))
    assert [each.name for each in journal] == ["b", "c"]
    assert [each.name for each in journal.find("c")] == ["c"]


def test_problems_are_what_found_no_answer_and_what_failed() -> None:
    journal = Journal()
    journal.write(entry("fine"))
    journal.write(entry("unknown", unmatched="known"))
    journal.write(entry("broken", error="Traceback"))
    assert [each.name for each in journal.problems()] == ["unknown", "broken"]
    journal.clear()
    assert len(journal) == 0


@pytest.mark.asyncio
async def test_a_waiter_gets_the_entry_that_comes_later() -> None:
    journal = Journal()
    waiting = asyncio.create_task(journal.wait_for(lambda each: each.name == "b"))
    await asyncio.sleep(0)
    journal.write(entry("a"))
    journal.write(entry("b"))
    assert (await waiting).name == "b"


@pytest.mark.asyncio
async def test_a_waiter_is_told_what_came_instead() -> None:
    journal = Journal()
    journal.write(entry("a"))
    with pytest.raises(TimeoutError, match="came in: a"):
        await journal.wait_for(lambda each: each.name == "b", timeout=0.01)
