"""`python -m mock_server` and `nakama-mock`: Nakama and OneSignal on one command line."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import importlib.util
import logging
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from mock_server.config import Config
from mock_server.runtime.errors import ModuleLoadError
from server_kit import UnusableDataFile, cli
from server_kit.port import Port

_log = logging.getLogger("mock_server")

_PACKAGES = ("bcrypt", "jwt", "re2", "sortedcontainers", "yaml")  # some are imported late
_INSTALL = "nakama-mock needs more packages: pip install 'nakama-client[mock]'"
_HELP = """usage: nakama-mock [--FLAG=VALUE ...]

A mock of Nakama 3.40 with a OneSignal stub beside it. Flags are Nakama's, and:

  --config FILE            Nakama's configuration file (YAML); flags win over it
  --data FILE              keep Nakama's state in a file
  --onesignal.port PORT    port of the OneSignal stub; not with --onesignal.url
  --logger.level LEVEL     debug, info, warn or error
  --log.stdout             log to standard output
  --version                print the version of Nakama that is mocked

Settings, with their defaults:
"""


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit status."""
    try:
        return _main(sys.argv[1:] if arguments is None else arguments)
    finally:
        gc.unfreeze()  # the process of a caller may go on


def _main(arguments: list[str]) -> int:
    try:
        with _without_collections():
            import mock_server.server  # noqa: F401 - is the extra installed?
            from mock_server.command_line import LEVELS, VERSION, BadCommandLine, read_arguments
    except ModuleNotFoundError as error:
        print(f"{_INSTALL} ({error})", file=sys.stderr)
        return 1
    if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
        print(f"{_INSTALL} (there is no {missing[0]})", file=sys.stderr)
        return 1
    try:
        options = read_arguments(arguments)
        own = options.own
        if own["version"] or own["help"]:
            print(VERSION if own["version"] else _help(read_arguments([]).settings))
            return 0
        own["logger.level"] = own["logger.level"].lower()  # Nakama takes both cases
        if own["logger.level"] not in LEVELS:
            raise BadCommandLine(f"--logger.level: expected one of {', '.join(LEVELS)}")
        config = Config.from_settings(options.settings)
    except (BadCommandLine, OSError) as error:
        print(f"nakama-mock: {error}", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"nakama-mock: {error.args[0]}", file=sys.stderr)  # attrs adds what it has checked
        return 2
    logging.basicConfig(
        level=LEVELS[own["logger.level"]],
        stream=sys.stdout if own["log.stdout"] else sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for warning in options.warnings:
        _log.warning("%s", warning)
    return _run(config, own)


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """Collect no garbage while modules are imported: they stay, and looking at them takes long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _run(config: Config, own: dict[str, Any]) -> int:
    data = Path(own["data"]) if own["data"] else None
    try:
        cli.run(_serve(config, own["onesignal.port"], data))
    except (OSError, ModuleLoadError, ModuleNotFoundError, UnusableDataFile) as error:
        print(f"nakama-mock: {_explained(error, config, own)}", file=sys.stderr)
        return 1
    except sqlite3.DatabaseError as error:
        print(f"nakama-mock: {data}: {error}", file=sys.stderr)
        return 1
    return 0


def _explained(error: Exception, config: Config, own: dict[str, Any]) -> str:
    """An error's text; for a port that is in use the flag that changes it."""
    found = re.search(r"(?:', |:)(\d+)", str(error))
    if not isinstance(error, OSError) or error.errno != errno.EADDRINUSE or found is None:
        return str(error)
    ports = {
        "socket.port": config.socket.port,
        "console.port": config.console.port,
        "grpc.port": config.grpc.port,
        "onesignal.port": own["onesignal.port"],
    }
    port = int(found[1])
    flags = [f"--{name}" for name, given in ports.items() if given == port]
    return f"port {port} is in use; {' or '.join(flags) or 'another flag'} takes another one"


def _help(defaults: Mapping[str, Any]) -> str:
    lines = [
        f"  --{name} {default}" if default not in ("", ()) else f"  --{name}"
        for name, default in defaults.items()
    ]
    return _HELP + "\n".join(lines)


async def _serve(config: Config, onesignal_port: int, data: Path | None) -> None:
    from mock_server.server import MockServer

    async with contextlib.AsyncExitStack() as stack:
        if not config.onesignal.url:
            url = await stack.enter_async_context(_stub(config, onesignal_port))
            config = attrs.evolve(config, onesignal=attrs.evolve(config.onesignal, url=url))
        server = await stack.enter_async_context(MockServer(config, data=data))
        stop = cli.stop_signal()
        print(f"Nakama client API: {server.http_url}")
        print(f"Nakama socket: {server.socket_url}")
        if server.grpc_address is not None:
            print(f"Nakama gRPC: {server.grpc_address}")
        print(f"Nakama console API and /_control: {server.console_url}")
        print(f"OneSignal: {config.onesignal.url}", flush=True)
        await stop.wait()


@contextlib.asynccontextmanager
async def _stub(config: Config, port: int) -> AsyncIterator[str]:
    """The URL of a OneSignal stub, which is made when somebody connects to it."""
    opened = await Port.open("127.0.0.1", port)
    serving = asyncio.create_task(_serve_stub(config, opened), name="OneSignal stub")
    try:
        yield opened.url
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        opened.close()


async def _serve_stub(config: Config, port: Port) -> None:
    await port.wanted()
    try:
        from onesignal_stub import OneSignalStub  # a seventh of the start, and few games push

        stub = OneSignalStub(
            app_id=config.onesignal.app_id,
            rest_key=config.onesignal.rest_key,
            allow_host=config.control.allow_host,
        )
        await stub.start_at(port)
    except Exception:
        _log.exception("the OneSignal stub can't be served")
        port.close()
        return
    async with stub:
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
