"""Which files a store takes: its own, whole, and no other server's."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_kit import Store, UnusableDataFile

SCHEMA = """
CREATE TABLE thing (name TEXT PRIMARY KEY, owner INTEGER REFERENCES owner (number));
CREATE TABLE owner (number INTEGER PRIMARY KEY, name TEXT);
CREATE INDEX of_owner ON thing (owner);
"""


def make(path: Path, rows: int = 0) -> bytes:
    """A data file with some rows; returns its bytes."""
    store = Store(SCHEMA, path)
    with store.transaction():
        for number in range(rows):
            store.run("INSERT INTO owner VALUES (?, ?)", number, f"owner {number}")
            store.run("INSERT INTO thing VALUES (?, ?)", f"thing {number}", number)
    store.close()
    return path.read_bytes()


def test_a_file_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    before = make(path)
    with pytest.raises(UnusableDataFile, match="another version"):
        Store(SCHEMA + "CREATE TABLE more (name TEXT);", path)
    assert path.read_bytes() == before
    Store(SCHEMA, path).close()


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as theirs:
        theirs.execute("CREATE TABLE precious (name TEXT)")
    theirs.close()
    path.chmod(0o644)
    before = (path.read_bytes(), path.stat())
    with pytest.raises(UnusableDataFile, match=r"theirs\.db: is no data file of this server"):
        Store(SCHEMA, path)
    assert (path.read_bytes(), path.stat()) == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("precious")
    with pytest.raises(UnusableDataFile, match="no data file"):
        Store(SCHEMA, path)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_file_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    Store(SCHEMA, path).close()


def test_a_second_store_is_refused_and_says_who_has_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = Store(SCHEMA, path)
    with pytest.raises(UnusableDataFile, match=rf"in use by process {os.getpid()} \("):
        Store(SCHEMA, path)
    store.run("INSERT INTO thing VALUES ('kept', NULL)")
    store.close()
    store = Store(SCHEMA, path)
    assert [row["name"] for row in store.all("SELECT name FROM thing")] == ["kept"]
    store.close()


def test_a_file_is_free_again_when_the_process_that_has_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    program = (
        "import pathlib, sys; from server_kit import Store;"
        f"store = Store({SCHEMA!r}, pathlib.Path({str(path)!r})); print('open', flush=True);"
        "sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"open"
        with pytest.raises(UnusableDataFile, match=f"in use by process {other.pid} "):
            Store(SCHEMA, path)
        other.kill()
    Store(SCHEMA, path).close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_only_its_owner_can_read_a_data_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    before = os.umask(0)
    try:
        path.touch(0o666)
        store = Store(SCHEMA, path)
        store.run("INSERT INTO thing VALUES ('secret', NULL)")
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes.keys() == {"state.db", "state.db-wal", "state.db-shm", "state.db.lock"}
    assert set(modes.values()) == {0o600}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a data file with some rows."""
    return make(tmp_path_factory.mktemp("whole") / "state.db", rows=200)


@given(
    position=st.integers(0, 1 << 16),
    damage=st.one_of(st.just(None), st.binary(min_size=1, max_size=600)),
)
def test_a_damaged_file_is_refused_or_can_be_read_wholly(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, position: int, damage: bytes | None
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "state.db"
    position %= len(whole)
    rest = b"" if damage is None else damage + whole[position + len(damage) :]
    path.write_bytes(whole[:position] + rest)
    try:
        store = Store(SCHEMA, path)
    except UnusableDataFile as error:
        message = str(error)
    else:
        require_usable(store)
        message = f"{path}"
    assert message.startswith(str(path))
    assert "\n" not in message


def require_usable(store: Store) -> None:
    """Read everything, and write."""
    for table in ("thing", "owner"):
        for row in store.all(f"SELECT * FROM {table}"):
            tuple(row)
    with store.transaction():
        store.run("DELETE FROM thing")
        store.run("INSERT INTO owner VALUES (NULL, 'later')")
    store.close()


def test_a_damaged_index_is_refused(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "state.db"
    at = whole.rindex(b"thing 100")  # the unique index behind the primary key
    path.write_bytes(whole[:at] + b"thing 1x0" + whole[at + 9 :])
    with pytest.raises(UnusableDataFile, match=r"state\.db: is damaged \("):
        Store(SCHEMA, path)


def test_a_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    lock = tmp_path / "state.db.lock"
    lock.write_text("no database")
    with pytest.raises(UnusableDataFile, match=r"state\.db\.lock"):
        Store(SCHEMA, path)
    assert lock.read_text() == "no database"
