"""Server modules in Python: a folder of files, each with an `init_module(nk)`."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from mock_server.runtime.errors import ModuleLoadError
from mock_server.runtime.nk import Nakama

InitModule = Callable[[Nakama], Any]


def find_python_modules(folder: Path) -> list[Path]:
    """The `.py` files of a folder by name; those that begin with `_` are left out."""
    return [path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]


async def load_python_module(path: Path, nk: Nakama) -> None:
    """Run a file and call its `init_module`, which may be a coroutine function.

    Raises:
        ModuleLoadError: The file fails, or has no `init_module`; the message has file and line.
    """
    try:
        module = _run(path)
        if hasattr(module, "init_module"):
            await initialize(module.init_module, nk)
            return
    except Exception as error:
        raise _failed(path, error) from error
    raise ModuleLoadError(
        f"{path}: a server module defines `def init_module(nk)`, which registers its functions; "
        "this file has none"
    )


async def initialize(init_module: InitModule, nk: Nakama) -> None:
    """Let a module register its functions."""
    result = init_module(nk)
    if inspect.isawaitable(result):
        await result


def _run(path: Path) -> ModuleType:
    module = ModuleType(f"server_module_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up there
    exec(_compiled(str(path), path.read_text(encoding="utf-8")), vars(module))
    return module


@lru_cache(maxsize=256)
def _compiled(path: str, source: str) -> CodeType:
    return compile(source, path, "exec", dont_inherit=True)


def _failed(path: Path, error: Exception) -> ModuleLoadError:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path
    ]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines.append(error.lineno)
    where = f"{path}:{lines[-1]}" if lines else str(path)
    return ModuleLoadError(f"{where}: {type(error).__name__}: {error}")
