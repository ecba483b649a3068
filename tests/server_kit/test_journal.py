import asyncio

import pytest

from server_kit import Entry, Journal


def entry(name: str, **more: str) -> Entry:
    return Entry(kind="http", name=name, time=0.0, **more)


def test_write_keeps_the_newest_entries() -> None:
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
async def test_wait_for_returns_the_entry_that_comes_later() -> None:
    journal = Journal()
    waiting = asyncio.create_task(journal.wait_for(lambda each: each.name == "b"))
    await asyncio.sleep(0)
    journal.write(entry("a"))
    journal.write(entry("b"))
    assert (await waiting).name == "b"


@pytest.mark.asyncio
async def test_wait_for_names_what_came_instead_when_time_is_up() -> None:
    journal = Journal()
    journal.write(entry("a"))
    with pytest.raises(TimeoutError, match="came in: a"):
        await journal.wait_for(lambda each: each.name == "b", timeout=0.01)


@pytest.mark.asyncio
async def test_wait_for_looks_at_each_entry_once() -> None:
    journal, looked_at = Journal(size=100), list[str]()

    def is_last(each: Entry) -> bool:
        looked_at.append(each.name)
        return each.name == "last"

    journal.write(entry("before"))
    waiting = asyncio.create_task(journal.wait_for(is_last))
    names = [str(number) for number in range(1000)]
    for name in names:
        await asyncio.sleep(0)
        journal.write(entry(name))
    journal.write(entry("last"))
    assert (await waiting).name == "last"
    assert looked_at == ["before", *names, "last"]


@pytest.mark.asyncio
async def test_wait_for_finds_what_is_written_after_clear() -> None:
    journal = Journal()
    journal.write(entry("a"))
    waiting = asyncio.create_task(journal.wait_for(lambda each: each.name == "b"))
    await asyncio.sleep(0)
    journal.clear()
    journal.write(entry("b"))
    assert (await waiting).name == "b"


@pytest.mark.asyncio
async def test_wait_for_says_how_many_entries_were_dropped() -> None:
    journal = Journal(size=30)
    for number in range(35):
        journal.write(entry(f"r{number}"))
    with pytest.raises(
        TimeoutError, match=r": r15, .*, r34 \(and 10 before these\) \(and 5 that were dropped\)$"
    ):
        await journal.wait_for(lambda each: False, timeout=0)


def test_dropped_counts_entries_and_problems_until_clear() -> None:
    journal = Journal(size=2)
    journal.write(entry("unknown", unmatched="known"))
    for name in ("a", "b", "c"):
        journal.write(entry(name))
    assert (journal.dropped, journal.dropped_problems) == (2, 1)
    journal.clear()
    assert (journal.dropped, journal.dropped_problems) == (0, 0)


def test_an_entry_keeps_a_bounded_part_of_each_text() -> None:
    text = "x" * 1_000_000
    kept = Entry(
        kind="http",
        name=text,
        time=0.0,
        query=((text, text),) * 1000,
        body=text,
        ignored=(text,) * 1000,
        error=text + "ValueError: why",
    )
    assert len(kept.name) == len(kept.body) == 2000
    assert [len(each) for pair in kept.query for each in pair] == [2000] * 200
    assert [len(each) for each in kept.ignored] == [2000] * 100
    assert kept.error is not None
    assert kept.error.endswith("ValueError: why")
    assert len(kept.error) == 20_000


def test_a_watcher_gets_each_entry_from_then_on() -> None:
    journal, watched = Journal(), list[str]()
    journal.write(entry("before"))
    journal.watch(lambda each: watched.append(each.name))
    journal.write(entry("a"))
    journal.write(entry("b"))
    assert watched == ["a", "b"]
