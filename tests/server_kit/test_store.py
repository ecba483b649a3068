import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from server_kit import Store

SCHEMA = "CREATE TABLE thing (name TEXT PRIMARY KEY); INSERT INTO thing VALUES ('first');"


def names(store: Store) -> list[str]:
    return [row["name"] for row in store.all("SELECT name FROM thing ORDER BY name")]


def test_reset_goes_back_to_the_schema() -> None:
    store = Store(SCHEMA)
    store.run("INSERT INTO thing VALUES (?)", "second")
    store.reset()
    assert names(store) == ["first"]
    store.close()


def test_reset_keeps_references_and_counts_from_the_schemas_rows_on() -> None:
    store = Store(
        "CREATE TABLE owner (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);"
        "CREATE TABLE owned (id INTEGER REFERENCES owner (id));"
        "INSERT INTO owner (name) VALUES ('first'); INSERT INTO owned VALUES (1);"
    )
    for _ in range(2):
        store.run("INSERT INTO owner (name) VALUES ('second')")
        store.run("INSERT INTO owned VALUES (2)")
        store.run("UPDATE owner SET name = 'changed'")
        before = store.replacements
        store.reset()
        assert store.replacements == before + 1
        assert [tuple(row) for row in store.all("SELECT * FROM owner")] == [(1, "first")]
        assert [tuple(row) for row in store.all("SELECT * FROM owned")] == [(1,)]
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            store.run("INSERT INTO owned VALUES (2)")
    store.close()


def test_restore_brings_back_what_the_snapshot_saw() -> None:
    store = Store(SCHEMA)
    store.run("INSERT INTO thing VALUES (?)", "second")
    image = store.snapshot()
    store.run("DELETE FROM thing")
    store.restore(image)
    assert names(store) == ["first", "second"]
    store.close()


def test_a_failing_transaction_writes_nothing() -> None:
    store = Store(SCHEMA)

    def write_twice() -> None:
        with store.transaction():
            store.run("INSERT INTO thing VALUES ('second')")
            store.run("INSERT INTO thing VALUES ('first')")

    with pytest.raises(sqlite3.IntegrityError):
        write_twice()
    assert names(store) == ["first"]
    store.close()


def test_an_inner_transaction_fails_alone() -> None:
    store = Store(SCHEMA)

    def write_inner() -> None:
        with store.transaction():
            store.run("INSERT INTO thing VALUES ('inner')")
            store.run("INSERT INTO thing VALUES ('first')")

    with store.transaction():
        store.run("INSERT INTO thing VALUES ('outer')")
        with pytest.raises(sqlite3.IntegrityError):
            write_inner()
    assert names(store) == ["first", "outer"]
    store.close()


@pytest.mark.slow
def test_a_file_survives_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    program = (
        "import os, signal, pathlib; from server_kit import Store;"
        f"store = Store({SCHEMA!r}, pathlib.Path({str(path)!r}));"
        "store.run('INSERT INTO thing VALUES (?)', 'kept');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode < 0
    store = Store(SCHEMA, path)
    assert names(store) == ["first", "kept"]
    store.close()


def test_reset_and_restore_of_a_file_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = Store(SCHEMA, path)
    store.run("INSERT INTO thing VALUES ('second')")
    image = store.snapshot()
    store.reset()
    store.close()
    store = Store(SCHEMA, path)
    assert names(store) == ["first"]
    store.restore(image)
    store.close()
    store = Store(SCHEMA, path)
    assert names(store) == ["first", "second"]
    store.close()


def test_keep_newest_removes_the_oldest_rows_and_says_so() -> None:
    store = Store("CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT);")
    assert not store.keep_newest("notes", 2)
    store.run_many("INSERT INTO notes (text) VALUES (?)", [("a",), ("b",)])
    assert not store.keep_newest("notes", 2)
    store.run("INSERT INTO notes (text) VALUES ('c')")
    assert store.keep_newest("notes", 2)
    assert [row["text"] for row in store.all("SELECT text FROM notes")] == ["b", "c"]
    store.close()
