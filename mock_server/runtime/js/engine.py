"""Where the bundle is, and the engine that runs it: quickjs-ng, or a word of what is missing."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from mock_server.runtime.errors import ModuleLoadError

_BUNDLE = "index.js"
_INSTALL = "pip install 'nakama-client[js]'"


def load_engine(bundle: object) -> Any:
    """The module of quickjs-ng.

    Args:
        bundle: The file that needs it, for the error's text.

    Raises:
        ModuleLoadError: It is missing, or the unmaintained package `quickjs` is in its place.
    """
    try:
        engine = importlib.import_module("quickjs")
        for name in ("tree_sitter", "tree_sitter_javascript"):
            importlib.import_module(name)
    except ImportError as error:
        raise ModuleLoadError(
            f"{bundle}: JavaScript modules need quickjs-ng and tree-sitter: {_INSTALL}"
        ) from error
    # quickjs-ng knows findLast, the last release of `quickjs` (2021) does not.
    if engine.Context().eval("typeof Array.prototype.findLast") != "function":
        raise ModuleLoadError(
            f"{bundle}: the installed package `quickjs` is an unmaintained one of the same name as "
            f"the module of quickjs-ng: pip uninstall quickjs, then {_INSTALL} --force-reinstall"
        )
    return engine


def find_bundle(folder: Path, entrypoint: str) -> Path | None:
    """The bundle of a folder: `runtime.js_entrypoint`, or `index.js` if there is one.

    Raises:
        ModuleLoadError: The entrypoint does not exist.
    """
    if entrypoint:
        path = folder / entrypoint
        if not path.is_file():
            raise ModuleLoadError(f"{path}: runtime.js_entrypoint is no file")
        return path
    path = folder / _BUNDLE
    return path if path.is_file() else None
