"""The command `nakama-client`: a player's calls from a terminal or a shell script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; exits with the code of how it went."""
    try:
        import click  # noqa: F401 - the extra is there or not
        import rich  # noqa: F401
    except ImportError as error:
        hint = "pip install 'nakama-client[cli]'"
        sys.exit(f"the command needs {error.name}: {hint}")
    from nakama_client.cli.app import app

    app.main(prog_name="nakama-client")
