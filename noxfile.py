"""Run what CI runs, in sessions: `python -m nox`. The definitions are in `.ci`."""

import nox

nox.options.error_on_missing_interpreters = False


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Install the project with its development extra and run the tests."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def picows(session: nox.Session) -> None:
    """Run the tests of the SDK's sockets over picows."""
    session.install("-e", ".[dev]")
    session.run(".ci/picows", external=True)


@nox.session
def checks(session: nox.Session) -> None:
    """Run the linters, the type checker and the comparison of the public API."""
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
