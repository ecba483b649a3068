"""The health check, without authentication."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Route


def _check(call: Call) -> dict[str, Any]:
    return {}


def routes() -> tuple[Route, ...]:
    """The routes of health."""
    return (Route("Healthcheck", "GET", "/healthcheck", Auth.NONE, _check),)
