"""`nk.file_read` and `nk.get_config`: what is around the modules."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mock_server.runtime.arguments import Arguments, to_text
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import PureFunctions


class SurroundingsFunctions(PureFunctions):
    """Read files and settings.

    Args:
        path: `runtime.path`, the folder of the modules; empty where there is none.
        settings: What `get_config` returns.
    """

    def __init__(self, path: str, settings: Mapping[str, Any]) -> None:
        self._path = path
        self._settings = settings

    def file_read(self, path: Any = None) -> str:
        """Read a file of the modules' folder; as in Nakama, `..` leads out of it.

        Raises:
            ModuleError: A bad argument, or the file cannot be read.
        """
        name = Arguments("file_read", path).filled_text(1, "expects relative path string")
        file = Path(os.path.normpath(f"{self._path or '.'}/{name}"))
        try:
            return to_text(file.read_bytes())
        except (OSError, ValueError) as error:
            if _is_folder(file):
                raise ModuleError(f"failed to read file: read {file}: is a directory") from None
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise ModuleError(f"failed to open file: open {file}: {reason}") from None

    def get_config(self) -> dict[str, Any]:
        """The settings of the server as modules see them, under Nakama's names."""
        return dict(self._settings)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False
