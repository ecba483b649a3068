"""Folders that are really full: a small file system, or a limit on the size of files."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from attrs import frozen

_CHUNKS = (1 << 18, 1 << 12)  # bytes


@frozen
class FullDisk:
    """A folder, and what fills it and makes room again."""

    folder: Path
    fill: Callable[[], None]
    make_room: Callable[[], None]


@contextlib.contextmanager
def small_file_system(folder: Path) -> Iterator[FullDisk]:
    """A file system of its own that holds eight megabytes; skips where it can't be mounted."""
    if sys.platform != "linux":
        pytest.skip("only Linux mounts a tmpfs")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("this machine does not let us mount a file system")
    filler = folder / "filler"

    def fill() -> None:
        for chunk in _CHUNKS:
            with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(chunk))

    try:
        yield FullDisk(folder, fill, filler.unlink)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def limited_files(folder: Path) -> Iterator[FullDisk]:
    """A folder in which no file can grow beyond the largest that is there."""
    if sys.platform == "win32":
        pytest.skip("Windows has no limit on the size of a process' files")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    def fill() -> None:
        limit(max((path.stat().st_size for path in folder.iterdir()), default=0))

    try:
        yield FullDisk(folder, fill, lambda: limit(before[0]))
    finally:
        limit(before[0])


@pytest.fixture(params=[small_file_system, limited_files], ids=["small disk", "file size limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FullDisk]:
    """A folder that can be filled."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with ExitStack() as stack:
        yield stack.enter_context(request.param(folder))
