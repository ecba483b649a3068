"""The engine: quickjs-ng, or a clear word about what is missing."""

from __future__ import annotations

import importlib
from typing import Any

from mock_server.runtime.errors import ModuleLoadError

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
