"""The command line of the mock: Nakama's flags and its configuration file, and the mock's own.

Flags are read as Go reads them: `--flag=value` or `--flag value`, a boolean one as `--flag` or
`--flag=false`; the first argument that is none ends them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import Factory, define

from mock_server.config import Config
from mock_server.nakama_flags import nakama_flags
from server_kit.nearest import nearest

_log = logging.getLogger("mock_server")

VERSION = "3.40.0"
LEVELS = {"debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}

# Nakama's own ports; in-process servers take free ones.
_PORTS = {"socket.port": 7350, "console.port": 7351}
_OWN = {  # flags of the mock that are no settings, by their defaults
    "onesignal.port": 8890,
    "data": "",
    "log.stdout": False,
    "logger.level": "info",
    "version": False,
    "help": False,
}
_LISTS = (
    "control.allow_host",
    "database.address",
    "runtime.env",
    "runtime.allow_http",
    "purchases.accept",
)


class BadCommandLine(Exception):
    """An argument, or a line of the configuration file, that the mock does not start with."""


@define
class Options:
    """The options of a command line.

    Attributes:
        settings: The settings of the mock, by dotted names.
        own: The flags that are no settings: `data`, `onesignal.port`, `logger.level` and so on.
        warnings: What the log should say of them.
    """

    settings: dict[str, Any]
    own: dict[str, Any]
    warnings: list[str] = Factory(list)


def read_arguments(arguments: Iterable[str]) -> Options:
    """Read a command line, with the files of its `--config`.

    Raises:
        BadCommandLine: A flag is unknown, or a value is none of its kind.
        OSError: A configuration file can't be read.
    """
    kinds = flag_kinds()
    warnings: list[str] = []
    given = list(_flags(list(arguments), kinds, warnings))
    files = [value for name, value in given if name == "config"]
    from_files = [pair for path in files for pair in _settings_of(Path(path), kinds, warnings)]
    settings = dict(Config.names()) | _PORTS
    own = dict(_OWN)
    ignored: list[str] = []
    for values in (_collected(from_files, kinds), _collected(given, kinds)):
        for name, value in values.items():
            if name in settings:
                settings[name] = value
            elif name in own:
                own[name] = value
            elif name != "config":
                ignored.append(name)
    if ignored:
        names = ", ".join(dict.fromkeys(ignored))
        warnings.append(f"settings of Nakama that mean nothing in this mock: {names}")
    return Options(settings, own, warnings)


def flag_kinds() -> dict[str, str]:
    """Every flag with its kind: `bool`, `int`, `float`, `str` or `list`."""
    kinds = nakama_flags() | {"config": "list"}
    for name, default in (*Config.names(), *_OWN.items()):
        kind = type(default).__name__
        kinds[name] = "list" if name in _LISTS else "str" if kind == "tuple" else kind
    return kinds


def _flags(
    arguments: list[str], kinds: Mapping[str, str], warnings: list[str]
) -> Iterator[tuple[str, Any]]:
    while arguments:
        argument = arguments.pop(0)
        if not argument.startswith("-") or argument in ("-", "--"):
            rest = " ".join([argument, *arguments])
            warnings.append(
                f"{argument!r} ends the flags, as in Nakama, so this is not read: {rest} "
                "(a boolean flag is --flag=true)"
            )
            return
        flag, has_value, text = argument.partition("=")
        name = flag.removeprefix("-").removeprefix("-")
        kind = kinds.get(name)
        if kind is None:
            near = nearest(name, kinds)
            raise BadCommandLine(f"unknown flag {flag}; the nearest is --{near}")
        if not has_value and kind != "bool":
            if not arguments:
                raise BadCommandLine(f"{flag} needs a value")
            text = arguments.pop(0)
        yield name, _value(flag, kind, text if has_value or kind != "bool" else "true")


def _value(flag: str, kind: str, text: str) -> Any:
    try:
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
    except ValueError:
        raise BadCommandLine(f"{flag}: expected a number, got {text!r}") from None
    if kind == "bool":
        if text.lower() not in ("true", "false", "t", "f", "1", "0"):
            raise BadCommandLine(f"{flag}: expected true or false, got {text!r}")
        return text.lower() in ("true", "t", "1")
    return text


def _collected(given: Iterable[tuple[str, Any]], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Of each flag the last value, or all of one that may be repeated."""
    values: dict[str, Any] = {}
    for name, value in given:
        if kinds[name] == "list":
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values


def _settings_of(
    path: Path, kinds: Mapping[str, str], warnings: list[str]
) -> Iterator[tuple[str, Any]]:
    """The settings in a file of Nakama's configuration (YAML), by dotted names."""
    import yaml  # most starts have no such file

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = " ".join(str(error).split())
        raise BadCommandLine(f"{path}: cannot be read as YAML: {where}") from None
    if document is None:
        return
    if not isinstance(document, dict):
        raise BadCommandLine(f"{path}: expected settings, as `session:`, got {document!r:.60}")
    for name, value in _leaves(document, "", kinds):
        kind = kinds.get(name)
        if kind is None:
            near = nearest(name, kinds)
            warnings.append(f"{path}: there is no setting {name}; the nearest is {near}")
        elif kind == "list":
            for each in value if isinstance(value, list) else [value]:
                yield name, str(each)
        elif value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield name, _value(f"{path}: {name}", kind, text)


def _leaves(document: Mapping[Any, Any], prefix: str, kinds: Any) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name not in kinds:
            yield from _leaves(value, f"{name}.", kinds)
        else:
            yield name, value
