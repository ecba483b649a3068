"""The contract about circles finds one, and only where there is one."""

from __future__ import annotations

import pytest
from grimp import ImportGraph

from tests.import_contracts import AcyclicModules


def _contract() -> AcyclicModules:
    return AcyclicModules("no circles", {}, {"package": "game"})


def _graph(*imports: tuple[str, str]) -> ImportGraph:
    graph = ImportGraph()
    for name in ("game", "game.chat", "game.chat.history", "game.groups", "game.groups.members"):
        graph.add_module(name)
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported)
    return graph


def test_check_keeps_packages_that_need_each_other_without_a_circle_of_modules() -> None:
    graph = _graph(("game.chat.history", "game.groups"), ("game.groups.members", "game.chat"))
    assert _contract().check(graph, verbose=False).kept


def test_check_breaks_and_names_the_circle(capsys: pytest.CaptureFixture[str]) -> None:
    circle = (
        ("game.chat", "game.groups"),
        ("game.groups", "game.groups.members"),
        ("game.groups.members", "game.chat"),
    )
    check = _contract().check(_graph(*circle), verbose=False)
    assert not check.kept
    _contract().render_broken_contract(check)
    printed = "".join(capsys.readouterr().out.split())
    assert all(f"{importer}->{imported}" in printed for importer, imported in circle)
