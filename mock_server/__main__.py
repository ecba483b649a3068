"""`python -m mock_server` and `nakama-mock`: Nakama and OneSignal on one command line."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sqlite3
import sys
from pathlib import Path
from typing import Any

import attrs

from mock_server.config import Config
from mock_server.runtime.errors import ModuleLoadError
from mock_server.server import MockServer
from onesignal_stub import OneSignalStub
from server_kit import UnusableDataFile, cli
from server_kit.nearest import nearest

# Nakama's own ports; in-process servers take free ones.
_PORTS = {"socket.port": 7350, "console.port": 7351}
_ONESIGNAL_PORT = 8890
_REPEATED = ("control.allow_host", "runtime.env", "runtime.allow_http")
_LEVELS = {"debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit status."""
    options = _parse(arguments)
    settings = {name: getattr(options, name) for name, _ in Config.names()}
    logging.basicConfig(
        level=_LEVELS[getattr(options, "logger.level")],
        stream=sys.stdout if getattr(options, "log.stdout") else sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        config = Config.from_settings(settings)
    except OSError as error:
        print(f"nakama-mock: {error}", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"nakama-mock: {error.args[0]}", file=sys.stderr)  # attrs adds what it has checked
        return 2
    stub = None if settings["onesignal.url"] else _stub(options, settings)
    try:
        cli.run(_serve(config, stub, options.data))
    except (OSError, ModuleLoadError, UnusableDataFile) as error:
        print(f"nakama-mock: {error}", file=sys.stderr)
        return 1
    except sqlite3.DatabaseError as error:
        print(f"nakama-mock: {options.data}: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(config: Config, stub: OneSignalStub | None, data: Path | None) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if stub is not None:
            await stack.enter_async_context(stub)
            config = attrs.evolve(config, onesignal=attrs.evolve(config.onesignal, url=stub.url))
        server = await stack.enter_async_context(MockServer(config, data=data))
        stop = cli.stop_signal()
        print(f"Nakama client API: {server.http_url}")
        print(f"Nakama socket: {server.socket_url}")
        if server.grpc_address is not None:
            print(f"Nakama gRPC: {server.grpc_address}")
        print(f"Nakama console API and /_control: {server.console_url}")
        print(f"OneSignal: {config.onesignal.url}", flush=True)
        await stop.wait()


def _stub(options: argparse.Namespace, settings: dict[str, Any]) -> OneSignalStub:
    return OneSignalStub(
        port=getattr(options, "onesignal.port"),
        app_id=settings["onesignal.app_id"],
        rest_key=settings["onesignal.rest_key"],
        allow_host=settings["control.allow_host"],
    )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="nakama-mock",
        description="A mock of Nakama 3.40 with a OneSignal stub beside it.",
        allow_abbrev=False,
    )
    for name, default in Config.names():
        _add_setting(parser, name, _PORTS.get(name, default))
    parser.add_argument(
        "--onesignal.port",
        type=int,
        default=_ONESIGNAL_PORT,
        metavar="INT",
        help=f"port of the OneSignal stub; not with --onesignal.url (default {_ONESIGNAL_PORT})",
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="keep Nakama's state in a file")
    parser.add_argument("--log.stdout", action="store_true", help="log to standard output")
    parser.add_argument("--logger.level", choices=_LEVELS, default="info", help="what is logged")
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        flags = [flag for action in parser._actions for flag in action.option_strings]
        given = unknown[0].partition("=")[0]
        near = nearest(given, flags)
        parser.error(f"unknown flag {given}; the nearest is {near}")
    return options


def _add_setting(parser: argparse.ArgumentParser, name: str, default: Any) -> None:
    if isinstance(default, bool):
        parser.add_argument(
            f"--{name}", type=_boolean, nargs="?", const=True, default=default, metavar="BOOL"
        )
    elif name in _REPEATED:
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="STR", help="may be repeated"
        )
    else:
        kind = str if isinstance(default, tuple) else type(default)  # a file with its items
        parser.add_argument(
            f"--{name}",
            type=kind,
            default=default,
            metavar=kind.__name__.upper(),
            help=f"default {default}" if default not in ("", ()) else None,
        )


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise argparse.ArgumentTypeError(f"expected true or false, got {text!r}")


if __name__ == "__main__":
    sys.exit(main())
