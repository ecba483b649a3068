"""What the package shows, and who imports whom inside of it."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

import nakama_client

PACKAGE = Path(nakama_client.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
ALIASES = {"Acknowledge", "Function", "Progress"}  # of types, for annotations


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@cache
def roots(path: Path) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in imports_of(path))


def importers(paths: list[Path], packages: set[str]) -> list[Path]:
    """Which files import one of the packages."""
    return [path for path in paths if roots(path) & packages]


def test_all_is_sorted_and_complete() -> None:
    public = {
        name
        for name, value in vars(nakama_client).items()
        if not name.startswith("_") and not hasattr(value, "__path__") and hasattr(value, "mro")
    }
    assert nakama_client.__all__ == sorted(nakama_client.__all__)
    assert set(nakama_client.__all__) == public | ALIASES | {"__version__"}


def test_every_error_is_exported() -> None:
    errors = {
        name
        for name, value in vars(nakama_client.errors).items()
        if isinstance(value, type) and issubclass(value, nakama_client.NakamaError)
    }
    assert errors <= set(nakama_client.__all__)


def test_the_tree_of_errors_is_drawn_in_full() -> None:
    drawing = nakama_client.errors.__doc__ or ""
    for name, value in vars(nakama_client.errors).items():
        if isinstance(value, type) and issubclass(value, nakama_client.NakamaError):
            assert name in drawing


def test_the_version_is_that_of_the_distribution() -> None:
    assert nakama_client.__version__ == version("nakama-client")


def test_public_names_are_documented() -> None:
    names = sorted(set(nakama_client.__all__) - ALIASES)
    assert [name for name in names if not getattr(nakama_client, name).__doc__] == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "protocol").glob("*.py")), ids=lambda p: p.name)
def test_protocol_does_no_io(path: Path) -> None:
    forbidden = {"asyncio", "aiohttp", "websockets", "socket", "time", "random", "datetime"}
    assert not roots(path) & forbidden
    for name in imports_of(path):
        if name.startswith("nakama_client."):
            part = name.split(".")[1]
            assert part in {"protocol", "config", "errors", "disconnect", "redaction"}


def test_only_transport_knows_the_libraries() -> None:
    others = [path for path in FILES if path.parent.name != "transport"]
    assert importers(others, {"aiohttp", "websockets", "yarl"}) == []


def test_no_server_is_imported() -> None:
    others = [path for path in FILES if path.name != "pytest_plugin.py"]  # it starts the servers
    assert importers(others, {"mock_server", "onesignal_stub", "server_kit", "tests"}) == []
