"""Finding Lua modules: every `.lua` file of a folder and its subfolders."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from mock_server.runtime.errors import ModuleLoadError


@frozen
class LuaModule:
    """A Lua module.

    Attributes:
        name: What `require` calls it, as `sub.folder.name`.
        path: Its file.
        source: The file's bytes.
    """

    name: str
    path: Path
    source: bytes


def find_lua_modules(folder: Path) -> list[LuaModule]:
    """The Lua modules of a folder in Nakama's order: each folder by name, its subfolders within.

    Raises:
        ModuleLoadError: A file can't be read.
    """
    modules = []
    for path in folder.rglob("*"):
        if path.suffix.lower() != ".lua" or not path.is_file():
            continue
        name = path.relative_to(folder).with_suffix("").as_posix().replace("/", ".")
        try:
            modules.append(LuaModule(name, path, path.read_bytes()))
        except OSError as error:
            raise ModuleLoadError(f"{path}: {error.strerror}") from error
    return sorted(modules, key=lambda module: module.path.relative_to(folder).as_posix().split("/"))
