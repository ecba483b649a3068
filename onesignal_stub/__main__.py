"""`python -m onesignal_stub` and `onesignal-stub`: the stub as a server of its own."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from pathlib import Path

from onesignal_stub.seed import SeedError
from onesignal_stub.server import OneSignalStub
from server_kit import UnusableDataFile, cli

DEFAULT_PORT = 8890


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit status."""
    options = _parser().parse_args(arguments)
    stub = OneSignalStub(
        host=options.host,
        port=options.port,
        app_id=options.app_id,
        rest_key=options.rest_key,
        user_key=options.user_key,
        data=options.data,
        seed=options.seed,
        strict_keys=options.strict_keys,
        allow_host=getattr(options, "control.allow_host"),
    )
    try:
        cli.run(_serve(stub))
    except (OSError, SeedError, UnusableDataFile) as error:
        print(f"onesignal-stub: {error}", file=sys.stderr)
        return 1
    except sqlite3.DatabaseError as error:
        print(f"onesignal-stub: {options.data}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="onesignal-stub", description="OneSignal's REST API on loopback."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to bind")
    parser.add_argument("--port", type=port_number, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--data", type=Path, metavar="FILE", help="keep everything in this file")
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="JSON with players, users, segments to start with"
    )
    parser.add_argument(
        "--strict-keys", action="store_true", help="require a key on every route of an app"
    )
    parser.add_argument("--app-id", default="someappid", help="id of the first app")
    parser.add_argument("--rest-key", default="someapikey", help="that app's REST API key")
    parser.add_argument("--user-key", default="user-auth-key", help="the account's key")
    parser.add_argument(
        "--control.allow_host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name under which /_control and the inbox are reached; may be repeated",
    )
    return parser


def port_number(text: str) -> int:
    """The port that an argument names.

    Raises:
        ValueError: It is not a number.
        ArgumentTypeError: There is no such port.
    """
    port = int(text)
    if not 0 <= port < 65536:
        raise argparse.ArgumentTypeError(f"{port} is no port")
    return port


async def _serve(stub: OneSignalStub) -> None:
    async with stub:
        stop = cli.stop_signal()
        print(f"OneSignal stub: {stub.url}", flush=True)
        print(f"  app id {stub.app_id}; open the address to see what was sent", flush=True)
        await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
