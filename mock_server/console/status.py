"""The console's view of the server itself: status, settings, modules, operators."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from mock_server.console.forms import not_found
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.realtime.stream import StreamMode
from mock_server.runtime.settings import runtime_settings
from mock_server.wire.output import timestamp

_INSECURE = "Insecure default parameter value, change this for production!"
_SECRETS = (
    "console.signing_key",
    "socket.server_key",
    "session.encryption_key",
    "session.refresh_encryption_key",
    "runtime.http_key",
    "console.username",
    "console.password",
)
_VERSION = "3.40.0+mock"


def status(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """How busy the server is at the moment."""
    now = timestamp(services.clock.time_ns(), digits=9)
    sessions = services.registry.all()
    tracker = services.tracker
    presences = sum(len(tracker.streams_of(session.id)) for session in sessions)
    node = {
        "name": services.config.name,
        "health": 0,
        "session_count": len(sessions),
        "presence_count": presences,
        "match_count": len(tracker.streams(StreamMode.MATCH_RELAYED)) + len(services.matches),
        "goroutine_count": 0,
        "avg_latency_ms": 0,
        "avg_rate_sec": 0,
        "avg_input_kbs": 0,
        "avg_output_kbs": 0,
        "party_count": len(tracker.streams(StreamMode.PARTY)),
        "create_time": now,
    }
    return {"nodes": [node], "timestamp": now}


def config(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The settings as server modules see them, without what is secret, and those left insecure."""
    defaults, given = dict(type(services.config).names()), services.config
    warnings = []
    for name in _SECRETS:
        section, _, field = name.partition(".")
        if getattr(getattr(given, section), field) == defaults[name]:
            warnings.append({"field": name, "message": _INSECURE})
    settings = json.dumps(_masked(runtime_settings(services.config)))
    return {"config": settings, "warnings": warnings, "server_version": _VERSION}


def _masked(settings: Any) -> Any:
    """Settings without keys, passwords and the like."""
    if not isinstance(settings, dict):
        return settings
    return {
        name: "" if name.endswith(("key", "secret", "password")) else _masked(value)
        for name, value in settings.items()
        if name != "env"
    }


def modules(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The files of the server modules and their RPC functions; Python stands where Go does."""
    files: dict[str, list[dict[str, str]]] = {"lua": [], "js": [], "go": []}
    for file in services.runtime.state.files:
        language = {".lua": "lua", ".js": "js"}.get(file.suffix, "go")
        changed = datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
        files[language].append({"path": str(file), "mod_time": f"{changed:%Y-%m-%dT%H:%M:%SZ}"})
    names = services.runtime.rpc_ids
    owner = next((language for language in ("lua", "js") if files[language]), "go")
    return {
        **{f"{each}_rpc_functions": names if each == owner else [] for each in ("lua", "go", "js")},
        **{f"{each}_modules": files[each] for each in ("go", "lua", "js")},
    }


def extensions(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """What else Heroic Labs offers: nothing of it."""
    return {"hiro": False, "hiro_systems": None, "satori": False}


def console_settings(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The settings of the console's pages."""
    return {"settings": [_utc_toggle()], "acl_resources": []}


def console_setting(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """One setting of the console's pages."""
    if request.match_info["name"] != "utc_toggle":
        raise not_found("Setting not found.")
    return _utc_toggle()


def delete_all(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete all users and all content."""
    services.moderation.delete_everything()
    return {}


def _utc_toggle() -> dict[str, Any]:
    return {"name": "utc_toggle", "value": "false", "update_time_sec": "0"}


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/status", status),
    ("GET", "/config", config),
    ("GET", "/runtime", modules),
    ("GET", "/extensions", extensions),
    ("GET", "/setting", console_settings),
    ("GET", "/setting/{name}", console_setting),
    ("DELETE", "/all", delete_all),
)
"""What is served under `/v2/console`."""
