"""The command `nakama-client` and its options."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import get_completion_class

from nakama_client.cli.accounts import account, login, logout
from nakama_client.cli.calls import register_push, rpc
from nakama_client.cli.notifications import notifications
from nakama_client.cli.ping import ping
from nakama_client.cli.running import Settings
from nakama_client.cli.send import send
from nakama_client.cli.storage import storage

_EPILOG = (
    "Exit codes: 0 done, 1 the server refused or a check failed, 2 wrong usage, 3 not logged "
    "in, 4 the server cannot be reached, 130 interrupted."
)


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--url",
    envvar="NAKAMA_URL",
    metavar="URL",
    help="The server, as http://127.0.0.1:7350; by default that of the login. [env: NAKAMA_URL]",
)
@click.option(
    "--server-key",
    envvar="NAKAMA_SERVER_KEY",
    metavar="KEY",
    help="The server's key (socket.server_key). [env: NAKAMA_SERVER_KEY]",
)
@click.option(
    "--config",
    "folder",
    envvar="NAKAMA_CLIENT_CONFIG",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    default=lambda: Path(click.get_app_dir("nakama-client")),
    help="Where the login is saved; by default the user's configuration folder. "
    "[env: NAKAMA_CLIENT_CONFIG]",
)
@click.version_option(package_name="nakama-client", prog_name="nakama-client")
@click.pass_context
def app(context: click.Context, url: str | None, server_key: str | None, folder: Path) -> None:
    """Talk to a Nakama server as a player.

    Log in once; the session is saved, and refreshed in time:

    \b
      nakama-client --url http://127.0.0.1:7350 login --device my-device-id
      nakama-client notifications tail
    """  # noqa: D301 - click reads the backspace
    context.obj = Settings(folder, url, server_key)


@app.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that completes commands and options.

    \b
      eval "$(nakama-client completion bash)"      # in ~/.bashrc
      eval "$(nakama-client completion zsh)"       # in ~/.zshrc
      nakama-client completion fish | source       # in ~/.config/fish/config.fish
    """  # noqa: D301 - click reads the backspace
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(found(app, {}, "nakama-client", "_NAKAMA_CLIENT_COMPLETE").source())


for command in (login, logout, account, notifications, rpc, register_push, storage, send, ping):
    app.add_command(command)
