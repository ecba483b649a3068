"""A cursor store on a disk that is full keeps the position before."""

import pytest

from nakama_client import FileCursorStore
from tests.full_disk.conftest import FullDisk

BIG = "x" * 50_000


@pytest.mark.asyncio
async def test_save_raises_and_keeps_the_text_before_when_the_disk_is_full(disk: FullDisk) -> None:
    store = FileCursorStore(disk.folder)
    await store.save("ada", "first")
    disk.fill()
    with pytest.raises(OSError, match=r"space|large"):
        await store.save("ada", BIG)
    assert await store.load("ada") == "first"
    assert [path.name for path in disk.folder.iterdir() if path.name != "filler"] == ["ada.json"]
    disk.make_room()
    await store.save("ada", BIG)
    assert await store.load("ada") == BIG
