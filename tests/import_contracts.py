"""A contract for import-linter: the modules of a package import each other in no circle.

Its own `acyclic_siblings` compares whole packages, where `channels` and `groups` need each other:
a group has a channel, and a channel's history asks who is in the group.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AcyclicModules(Contract):
    """No module imports itself, over however many others; annotations count.

    Attributes:
        package: Whose modules are looked at.
    """

    type_name = "acyclic_modules"

    package: Any = fields.ModuleField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look for a circle."""
        package = self.package.name
        modules = {package} | graph.find_descendants(package)
        imports = {each: graph.find_modules_directly_imported_by(each) for each in modules}
        try:
            TopologicalSorter(imports).prepare()
        except CycleError as error:
            return ContractCheck(kept=False, metadata={"circle": list(reversed(error.args[1]))})
        return ContractCheck(kept=True)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the circle that was found."""
        output.print_error(" -> ".join(check.metadata["circle"]))
