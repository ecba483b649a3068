"""Prints the lowest versions that pyproject.toml allows, as constraints for pip.

python tests/lowest_versions.py > lowest.txt
python -m pip install -c lowest.txt -e '.[dev]'
"""

import re
import tomllib
from pathlib import Path

_LOWEST = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*])?\s*[>=]=\s*([0-9][^,;\s]*)")


def lowest_versions() -> list[str]:
    """One line `name==version` for each package that the project asks for itself."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(each for extra in extras for each in extra)]
    found = (_LOWEST.match(each) for each in asked)
    return sorted({f"{match[1]}=={match[2]}" for match in found if match is not None})


if __name__ == "__main__":
    print("\n".join(lowest_versions()))
