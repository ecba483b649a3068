"""What is acknowledged is kept, also when the disk was full in between."""

import contextlib
import sqlite3

import pytest

from server_kit import Store
from server_kit.store import RolledBack
from tests.full_disk.conftest import FullDisk

SCHEMA = "CREATE TABLE thing (name TEXT PRIMARY KEY, filling TEXT);"
FILLING = "x" * 3000


def write(store: Store, name: str) -> None:
    with store.transaction():
        store.run("INSERT INTO thing VALUES (?, ?)", name, FILLING)


def write_until_refused(store: Store, prefix: str) -> list[str]:
    """Write things, until one is refused; returns those that were acknowledged."""
    kept: list[str] = []
    try:
        while True:
            write(store, name := f"{prefix}{len(kept)}")
            kept.append(name)
    except sqlite3.OperationalError:
        return kept


def names(store: Store) -> set[str]:
    return {row["name"] for row in store.all("SELECT name FROM thing")}


def test_a_store_keeps_each_acknowledged_write_when_the_disk_was_full(disk: FullDisk) -> None:
    store = Store(SCHEMA, disk.folder / "state.db")
    write(store, "first")
    disk.fill()
    kept = {"first", *write_until_refused(store, "while full ")}
    for number in range(20):
        with pytest.raises(sqlite3.OperationalError):
            write(store, f"refused {number}")
    assert names(store) == kept
    disk.make_room()
    for number in range(50):
        write(store, f"later {number}")
        kept.add(f"later {number}")
    store.close()
    store = Store(SCHEMA, disk.folder / "state.db")
    assert names(store) == kept
    store.close()


def test_a_statement_by_itself_is_kept_or_refused_when_the_disk_is_full(disk: FullDisk) -> None:
    store = Store(SCHEMA, disk.folder / "state.db")
    kept: set[str] = set()
    disk.fill()
    with contextlib.suppress(sqlite3.OperationalError):
        while True:
            store.run("INSERT INTO thing VALUES (?, ?)", name := f"{len(kept)}", FILLING)
            kept.add(name)
    disk.make_room()
    store.run("INSERT INTO thing VALUES ('later', '')")
    store.close()
    store = Store(SCHEMA, disk.folder / "state.db")
    assert names(store) == {*kept, "later"}
    store.close()


def test_a_nested_block_that_is_refused_takes_the_whole_transaction_with_it(
    disk: FullDisk,
) -> None:
    store = Store(SCHEMA, disk.folder / "state.db")
    disk.fill()
    write_until_refused(store, "while full ")
    before = names(store)

    def write_on_after_an_error() -> None:
        with store.transaction():
            store.run("INSERT INTO thing VALUES ('outer', '')")
            # More than SQLite's cache holds, so that it is written before the commit.
            with pytest.raises(sqlite3.OperationalError), store.transaction():
                store.run_many(
                    "INSERT INTO thing VALUES (?, ?)", ((f"{n}", FILLING) for n in range(2000))
                )
            store.run("INSERT INTO thing VALUES ('after', ?)", FILLING)

    with pytest.raises((sqlite3.OperationalError, RolledBack)):
        write_on_after_an_error()
    assert names(store) == before
    disk.make_room()
    write(store, "later")
    assert names(store) == {*before, "later"}
    store.close()


def test_after_commit_is_not_called_when_the_commit_fails(disk: FullDisk) -> None:
    store = Store(SCHEMA, disk.folder / "state.db")
    done: list[str] = []

    def write_and_announce(name: str) -> None:
        with store.transaction():
            store.after_commit(lambda: done.append(name))
            store.run("INSERT INTO thing VALUES (?, ?)", name, FILLING)
            assert name not in done

    write_and_announce("first")
    disk.fill()
    write_until_refused(store, "while full ")
    with pytest.raises(sqlite3.OperationalError):
        write_and_announce("refused")
    disk.make_room()
    write_and_announce("later")
    assert done == ["first", "later"]
    store.close()
