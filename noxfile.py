"""Run the tests on every supported Python that is installed: `python -m nox`."""

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
