"""Where positions are kept: each store keeps the last one, whole."""

import asyncio
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    CursorStore,
    FileCursorStore,
    MemoryCursorStore,
    Session,
)

KEYS = [
    "40857c06-2b8f-4d5f-9d2b-5a6f0d1c2e3f",
    "../outside",
    "a/b\\c:d*",
    "ключ",
    "",
    "CON",
    "nul.x",
    "com1",
]

KILLED_WHILE_WRITING = """
import asyncio, os, signal, sys
from nakama_client import FileCursorStore

async def main():
    store = FileCursorStore(sys.argv[1])
    number = 0
    while True:
        number += 1
        await store.save("player", f"{number}:" + "x" * 50_000)
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CursorStore:
    if request.param == "memory":
        return MemoryCursorStore()
    return FileCursorStore(tmp_path / "not" / "there yet")


def names(directory: Path) -> list[str]:
    return [each.name for each in directory.iterdir()]


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.asyncio
@pytest.mark.parametrize("key", KEYS)
async def test_load_returns_the_last_text(store: CursorStore, key: str) -> None:
    assert await store.load(key) is None
    await store.save(key, "first")
    await store.save(key, "second ☃")
    await store.save("another", "other")
    assert await store.load(key) == "second ☃"
    await store.delete(key)
    await store.delete(key)
    assert await store.load(key) is None
    assert await store.load("another") == "other"


def test_files_survive_the_store_and_stay_inside(tmp_path: Path) -> None:
    directory = tmp_path / "cursors"
    for key in KEYS:
        asyncio.run(FileCursorStore(directory).save(key, key))
    for key in KEYS:
        assert asyncio.run(FileCursorStore(str(directory)).load(key)) == key
    assert list(tmp_path.iterdir()) == [directory]
    assert len(list(directory.iterdir())) == len(KEYS)


@pytest.mark.asyncio
async def test_a_failed_save_keeps_the_text_before_and_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileCursorStore(tmp_path)
    await store.save("player", "good")

    def full(_: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk is full"):
        await store.save("player", "bad")
    assert await store.load("player") == "good"
    assert names(tmp_path) == ["player.json"]


@pytest.mark.asyncio
async def test_two_stores_save_and_load_one_player_side_by_side(tmp_path: Path) -> None:
    texts = {letter * 50_000 for letter in "abcd"}

    async def work(text: str) -> None:
        store = FileCursorStore(tmp_path)
        for _ in range(25):
            await store.save("player", text)
            assert await store.load("player") in texts

    await asyncio.gather(*map(work, texts))
    assert names(tmp_path) == ["player.json"]


@pytest.mark.asyncio
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
async def test_save_makes_files_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "player.json"
    file.touch(0o644)
    await FileCursorStore(tmp_path).save("player", "secret")
    assert mode(file) == 0o600


@pytest.mark.asyncio
async def test_load_removes_the_draft_of_a_killed_program_and_keeps_a_fresh_one(
    tmp_path: Path,
) -> None:
    old, fresh = tmp_path / "player.old.new", tmp_path / "player.fresh.new"
    old.touch()
    fresh.touch()
    os.utime(old, (1000, 1000))
    assert await FileCursorStore(tmp_path).load("player") is None
    assert names(tmp_path) == [fresh.name]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A disk that writes nothing until it is set."""
    ready = threading.Event()
    sync = os.fsync

    def wait(descriptor: int) -> None:
        ready.wait()
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", wait)
    yield ready
    ready.set()


@pytest.mark.asyncio
@pytest.mark.parametrize("cancellations", [1, 3])
async def test_a_cancelled_save_is_not_overtaken(
    tmp_path: Path, disk: threading.Event, cancellations: int
) -> None:
    """The cancelled one ends before the call returns, so that it can't overwrite a later one."""
    store = FileCursorStore(tmp_path)
    saving = asyncio.create_task(store.save("player", "cancelled"))
    for _ in range(cancellations):
        await asyncio.sleep(0)
        saving.cancel()
    await asyncio.sleep(0)
    assert not saving.done()
    disk.set()
    await asyncio.gather(saving, return_exceptions=True)
    assert saving.cancelled()
    await store.save("player", "later")
    assert await store.load("player") == "later"


@pytest.mark.slow
def test_kill_during_save_leaves_a_whole_text(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_WHILE_WRITING, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        reported = [int(writer.stdout.readline()) for _ in range(20)]
        writer.kill()
        reported += [int(line) for line in writer.stdout]
    text = asyncio.run(FileCursorStore(tmp_path).load("player"))
    assert text is not None
    number, _, rest = text.partition(":")
    assert rest == "x" * 50_000
    assert int(number) >= reported[-1], "what was saved is gone"


@pytest.mark.asyncio
@pytest.mark.parametrize("damage", [b"\xff\xfe\x00", b"", b"{", b"[]", b'{"cursor": 1}', b"null"])
async def test_load_raises_for_a_damaged_file_until_it_is_deleted(
    client: Client, server: MockServer, alice: Session, tmp_path: Path, damage: bytes
) -> None:
    (tmp_path / f"{alice.user_id}.json").write_bytes(damage)
    await server.notifications.send(alice.user_id, "still there")
    feed = client.notifications(alice, store=FileCursorStore(tmp_path))
    with pytest.raises(ArgumentError, match=r"forget\(\) helps"):
        await feed.open()
    await feed.forget()
    async with feed:
        assert (await anext(feed)).subject == "still there"
