"""Run what CI runs, in parts: `python -m nox`. The definitions are in `.ci`."""

import nox

nox.options.error_on_missing_interpreters = False


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
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


@nox.session(python=["3.11", "3.13"])
def picows(session: nox.Session) -> None:
    """Run the SDK's tests over picows."""
    session.install("-e", ".[dev,speedups]")
    session.run("python", "-m", "pytest", "tests/client", "--transport=picows", *session.posargs)


@nox.session
def checks(session: nox.Session) -> None:
    """Run the linters and the type checker."""
    session.install("-e", ".[dev]")
    session.run(".ci/checks", external=True)


@nox.session
def site(session: nox.Session) -> None:
    """Build the site of the docs."""
    session.run(".ci/site", external=True)


@nox.session(venv_backend="none")
def package(session: nox.Session) -> None:
    """Build and check the release, and install it into empty environments."""
    session.run(".ci/package", external=True)


@nox.session(venv_backend="none")
def pythons(session: nox.Session) -> None:
    """Run the fast tests on the other interpreters and with the lowest versions."""
    session.run(".ci/pythons", external=True)
