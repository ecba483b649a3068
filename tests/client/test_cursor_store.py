"""Where positions are kept: each store keeps the last one, whole."""

import asyncio
import os
import stat
import subprocess
import sys
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
async def test_a_failed_save_keeps_the_text_before(tmp_path: Path) -> None:
    store = FileCursorStore(tmp_path)
    await store.save("player", "good")
    (tmp_path / "player.new").mkdir()
    with pytest.raises(OSError, match=r"player\.new"):
        await store.save("player", "bad")
    assert await store.load("player") == "good"


@pytest.mark.asyncio
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that blocks")
async def test_a_cancelled_save_is_not_overtaken(tmp_path: Path) -> None:
    """The cancelled one ends before the call returns, so that it can't overwrite a later one."""
    store = FileCursorStore(tmp_path)
    draft = tmp_path / "player.new"
    os.mkfifo(draft)
    assert stat.S_ISFIFO(draft.stat().st_mode)
    saving = asyncio.create_task(store.save("player", "cancelled"))
    await asyncio.sleep(0)
    saving.cancel()
    await asyncio.sleep(0)
    assert not saving.done()
    reader = os.open(draft, os.O_RDONLY | os.O_NONBLOCK)  # now the writer goes on
    try:
        await asyncio.gather(saving, return_exceptions=True)
    finally:
        os.close(reader)
    assert saving.cancelled()
    draft.unlink(missing_ok=True)
    (tmp_path / "player.json").unlink(missing_ok=True)
    await store.save("player", "later")
    assert await store.load("player") == "later"


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
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that blocks")
async def test_a_save_that_is_cancelled_twice_is_not_overtaken(tmp_path: Path) -> None:
    store = FileCursorStore(tmp_path)
    draft = tmp_path / "player.new"
    os.mkfifo(draft)
    saving = asyncio.create_task(store.save("player", "first"))
    for _ in range(3):
        await asyncio.sleep(0)
        saving.cancel()
    await asyncio.sleep(0)
    assert not saving.done()
    assert await asyncio.to_thread(draft.read_text) == "first"
    with pytest.raises(asyncio.CancelledError):
        await saving
    draft.unlink(missing_ok=True)
    (tmp_path / "player.json").unlink(missing_ok=True)


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
