"""Server modules in Python: a folder of files, each with an `init_module(nk)`."""

from __future__ import annotations

import runpy
import traceback
from pathlib import Path

from mock_server.runtime.nk import Nakama


class ModuleLoadError(Exception):
    """A server module could not be loaded; the server does not start."""


def load_python_modules(folder: Path, nk: Nakama) -> list[Path]:
    """Run every `.py` file of a folder, in the order of names, and call its `init_module`.

    Args:
        folder: Where the modules are; files that begin with `_` are left alone.
        nk: What `init_module` is given.

    Returns:
        The files that were loaded.

    Raises:
        ModuleLoadError: A file fails, or has no `init_module`; the message has file and line.
    """
    files = [path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]
    for path in files:
        try:
            init_module = runpy.run_path(str(path))["init_module"]
            init_module(nk)
        except KeyError as error:
            if error.args != ("init_module",):
                raise _failed(path, error) from error
            raise ModuleLoadError(
                f"{path}: a server module defines `def init_module(nk)`, which registers its "
                "functions; this file has none"
            ) from None
        except Exception as error:
            raise _failed(path, error) from error
    return files


def _failed(path: Path, error: Exception) -> ModuleLoadError:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path
    ]
    where = f"{path}:{lines[-1]}" if lines else str(path)
    return ModuleLoadError(f"{where}: {type(error).__name__}: {error}")
