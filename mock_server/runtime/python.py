"""Server modules in Python: a folder of files, each with an `init_module(nk)`."""

from __future__ import annotations

import inspect
import itertools
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from mock_server.runtime.errors import ModuleLoadError
from mock_server.runtime.nk import Nakama

InitModule = Callable[[Nakama], Any]

_PREFIX = "server_modules_"
_numbers = itertools.count(1)


class PythonModules:
    """The modules of one load of a folder.

    They are a package with a name of its own, so that they can import each other with
    `from . import name`, and share nothing with what another server, or an earlier load, imported
    from the same folder.

    Args:
        folder: Where they are.

    Attributes:
        files: The `.py` files by name; those that begin with `_` are left to be imported.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files = [path for path in sorted(folder.glob("*.py")) if path.name[0] != "_"]
        self._package = f"{_PREFIX}{next(_numbers)}"

    async def load(self, nk: Nakama) -> None:
        """Run the files and call their `init_module`s, which may be coroutine functions.

        Raises:
            ModuleLoadError: A file fails, or has no `init_module`; the message has file and line.
        """
        package = sys.modules[self._package] = ModuleType(self._package)
        package.__path__ = [str(self._folder)]
        try:
            for path in self.files:
                await self._load(path, nk)
        except BaseException:
            self.unload()
            raise

    def find(self, module: str, function: str) -> Callable[..., Any] | None:
        """A function of a module that was loaded, or of one that others may import; or None.

        Raises:
            ModuleLoadError: The file fails, which nobody imported until now.
        """
        path = self._folder / f"{module}.py"
        if module[:1] == "_" and module.isidentifier() and path.is_file():
            try:
                self._run(path)
            except (Exception, SystemExit) as error:
                raise self._failed(path, error) from error
        found = getattr(sys.modules.get(f"{self._package}.{module}"), function, None)
        return found if callable(found) else None

    def unload(self) -> None:
        """Forget what was imported; what runs still goes on."""
        for name in [
            name for name in list(sys.modules) if f"{name}.".startswith(f"{self._package}.")
        ]:
            del sys.modules[name]

    async def _load(self, path: Path, nk: Nakama) -> None:
        try:
            module = self._run(path)
            if hasattr(module, "init_module"):
                await initialize(module.init_module, nk)
                return
        except (Exception, SystemExit) as error:  # a module does not end the server
            raise self._failed(path, error) from error
        raise ModuleLoadError(
            f"{path}: a server module defines `def init_module(nk)`, which registers its "
            "functions; this file has none. If others only import it, its name begins with an "
            "underscore"
        )

    def _run(self, path: Path) -> ModuleType:
        name = f"{self._package}.{path.stem.replace('.', '_')}"
        if name not in sys.modules:  # else another one imported it
            spec = spec_from_loader(name, _Loader(name, str(path)))
            assert spec is not None
            assert spec.loader is not None
            module = sys.modules[name] = module_from_spec(spec)
            spec.loader.exec_module(module)
        return sys.modules[name]

    def _failed(self, path: Path, error: BaseException) -> ModuleLoadError:
        places = [
            (frame.f_code.co_filename, line)
            for frame, line in traceback.walk_tb(error.__traceback__)
            if str(frame.f_globals.get("__name__")).startswith(f"{self._package}.")
        ]
        if isinstance(error, SyntaxError) and self._folder in Path(error.filename or "").parents:
            places.append((error.filename or "", error.lineno or 0))
        where = ":".join(map(str, places[-1])) if places else str(path)
        message = f"{where}: {type(error).__name__}: {error}"
        if isinstance(error, ModuleNotFoundError) and (self._folder / f"{error.name}.py").exists():
            message += f"; a file of the folder is imported with `from . import {error.name}`"
        return ModuleLoadError(message)


async def initialize(init_module: InitModule, nk: Nakama) -> None:
    """Let a module register its functions."""
    result = init_module(nk)
    if inspect.isawaitable(result):
        await result


class _Loader(SourceFileLoader):
    """Leaves no `__pycache__`, which would take a file for unchanged within a second."""

    def get_code(self, fullname: str) -> CodeType:
        return _compiled(self.path, self.get_source(fullname) or "")


class _Finder(MetaPathFinder):
    """Finds what server modules import from their folder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None or not fullname.startswith(_PREFIX):
            return None
        return FileFinder(path[0], (_Loader, [".py"])).find_spec(fullname, target)


@lru_cache(maxsize=256)
def _compiled(path: str, source: str) -> CodeType:
    return compile(source, path, "exec", dont_inherit=True)


sys.meta_path.insert(0, _Finder())  # before the one that would use `__pycache__`
