"""Run the tests on every supported Python that is installed: `python -m nox`."""

from pathlib import Path

import nox

nox.options.error_on_missing_interpreters = False


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Install the project with its development extra and run the tests."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=["3.12", "3.13"])
@nox.parametrize("loop", ["eager", "uvloop"])
def loops(session: nox.Session, loop: str) -> None:
    """Run the SDK's tests under eager tasks and uvloop."""
    session.install("-e", ".[dev,speedups]")
    session.run("python", "-m", "pytest", "tests/client", f"--loop={loop}", *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions that pyproject.toml allows."""
    versions = session.run("python", "tests/lowest_versions.py", silent=True)
    constraints = Path(session.create_tmp()) / "lowest.txt"
    constraints.write_text(str(versions))
    session.install("-c", str(constraints), "-e", ".[dev]")
    session.run("python", "-m", "pytest", *session.posargs)
